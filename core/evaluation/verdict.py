"""Summarize an evaluation in sentences for non-programmers. Token F1 decides which model is better."""

from typing import Literal

from core.evaluation.bootstrap import Interval
from core.evaluation.comparison import EvaluationResult
from core.words import counted

# With 5 questions, even five improvements out of five are not significant at 5 % in the two-sided sign test
# (p = 2 / 2**5 = 0.0625), whatever a bootstrap of five values says.
LEAST_QUESTIONS = 6

Outcome = Literal["better", "worse", "unclear"]


def outcome(difference: Interval, *, question_count: int, lower_is_better: bool = False) -> Outcome:
    """Return "better" or "worse" if the interval of tuned minus base excludes zero, else "unclear".

    Fewer than `LEAST_QUESTIONS` questions are always "unclear".
    """
    if question_count < LEAST_QUESTIONS or difference.low <= 0 <= difference.high:
        return "unclear"
    return "better" if (difference.low > 0) != lower_is_better else "worse"


def verdict(result: EvaluationResult, *, is_held_out: bool = True) -> str:
    """Say in two or three sentences which model is better by token F1, how often it is exact, and if the loss disagrees.

    Args:
        result: the evaluation.
        is_held_out: whether the questions come from passages held out of training, rather than from a user's file.
    """
    count, score = result.question_count, result.scores["token_f1"]
    reached = outcome(score.difference, question_count=count)
    questions = counted(count, "held-out question" if is_held_out else "question")
    means = f"token F1 {score.tuned.mean:.2f} against {score.base.mean:.2f} on {questions}"
    spread = (
        f"difference {score.difference.mean:+.2f}, 95 % interval {score.difference.low:+.2f} to {score.difference.high:+.2f}"
    )
    if count < LEAST_QUESTIONS:
        first = f"No difference can be shown with {questions}: at least {LEAST_QUESTIONS} are needed ({means})."
    elif reached == "unclear":
        first = f"No difference can be shown between the tuned model and the base model: {means} ({spread})."
    elif reached == "better":
        first = f"The tuned model answers better: {means} ({spread})."
    else:
        first = f"The tuned model is worse: {means} ({spread})."
    return " ".join(part for part in (first, _exact_sentence(result, reached), _loss_sentence(result, reached)) if part)


def _exact_sentence(result: EvaluationResult, reached: Outcome) -> str:
    """Say how often each model gave the reference answer word for word."""
    score, count = result.scores["exact_match"], result.question_count
    tuned, base = round(score.tuned.mean * count), round(score.base.mean * count)
    if tuned == base:
        times = f" {_times(tuned)}" if tuned else ""
        return f"{'Both models' if tuned else 'Neither model'} gave the reference answer word for word{times}."
    who = "The tuned model" if reached == "unclear" else "It"
    if not tuned:
        return f"{who} never gave the reference answer word for word; the base model did {_times(base)}."
    return f"{who} gave the reference answer word for word {_times(tuned)}, the base model {_times(base)}."


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _loss_sentence(result: EvaluationResult, reached: Outcome) -> str:
    """Say that the loss contradicts token F1, or return "" if it does not."""
    loss = result.scores["loss"]
    by_loss = outcome(loss.difference, question_count=result.question_count, lower_is_better=True)
    if by_loss in ("unclear", reached):
        return ""
    change = "fell" if by_loss == "better" else "rose"
    meaning = {
        "better": "the reference answers have become more likely to it",
        "worse": "the reference answers have become less likely to it",
    }[by_loss]
    return f"Its loss {change} from {loss.base.mean:.2f} to {loss.tuned.mean:.2f}, so {meaning} all the same."
