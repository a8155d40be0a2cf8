"""Judge an evaluation in two parts, better than before and good enough to use, and say so in sentences for everybody.

Questions that the run was trained on do not count here: to know those shows that it learned them by heart.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.evaluation.bootstrap import LEAST_QUESTIONS, Comparison, Interval, paired_intervals
from core.evaluation.comparison import CLOSED, OPEN, Column, EvaluationResult, Row
from core.evaluation.forgetting import forgetting_words
from core.evaluation.outcomes import RIGHT_F1
from core.intervals import wilson
from core.words import counted

REFUSES_FROM = 0.5  # share of the answerable questions; from here on, refusing is what is wrong with a run
WRONG_FROM = 0.8  # share of the answerable questions; so many wrong answers come before what else there is
INVENTS_FROM = 0.5  # share of the unanswerable questions; chosen, like the two around it
KIND_BEHIND = 0.3  # a kind fails whose share of right answers is this much below that of all questions
LEAST_OF_A_KIND = 4  # questions of a kind, from which its share says anything
NO_UNANSWERABLE = (
    "No question of this set is one that the documents do not answer, so nothing is known about what the model says then."
)

Change = Literal["better", "worse", "unclear"]
Fault = Literal["few questions", "trained on", "refuses", "invents", "worse with passage", "forgets", "one kind", "wrong"]
Next = Literal["use", "train longer", "write more questions", "bring other questions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """The weakest point of a run: `count` of `total` answers show it; `kind` is the kind of question that fails."""

    fault: Fault
    count: int
    total: int
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an evaluation says about a run, by the questions that it was not trained on."""

    compared: Comparison | None  # token F1 without a passage; None if no question counts
    right: Interval | None  # share of right answers of those that the documents answer; None if none of them counts
    question_count: int  # that count here
    bound: float  # the share of right answers from which the project takes a model for good enough
    weakness: Weakness | None

    @property
    def change(self) -> Change:
        """Whether the run answers better than the base model."""
        return outcome(self.compared.difference, question_count=self.question_count) if self.compared else "unclear"

    @property
    def is_good_enough(self) -> bool:
        """Whether enough answers are right, of enough questions, and the base model is not better."""
        is_enough = self.question_count >= LEAST_QUESTIONS and self.change != "worse"
        return is_enough and self.right is not None and self.right.mean >= self.bound

    @property
    def next(self) -> Next:
        """What to do next."""
        if self.is_good_enough:
            return "use"
        if self.weakness and self.weakness.fault in ("few questions", "trained on"):
            return "bring other questions"
        return "train longer" if self.change == "better" else "write more questions"


def outcome(difference: Interval, *, question_count: int, lower_is_better: bool = False) -> Change:
    """Return "better" or "worse" if the interval of tuned minus base excludes zero, else "unclear".

    Fewer than `LEAST_QUESTIONS` questions are always "unclear".
    """
    if question_count < LEAST_QUESTIONS or difference.low <= 0 <= difference.high:
        return "unclear"
    return "better" if (difference.low > 0) != lower_is_better else "worse"


def judge(result: EvaluationResult, *, bound: float) -> Judgement:
    """Judge an evaluation; `bound` is the share of right answers from which a model is good enough, 0 to 1."""
    rows = result.fresh_rows
    answerable = [row for row in rows if row.asked.is_answerable]
    return Judgement(
        compared=_compared(result, rows, CLOSED),
        right=right_share(answerable, CLOSED[1]),
        question_count=len(rows),
        bound=bound,
        weakness=_weakness(result, rows, answerable),
    )


def right_share(rows: Sequence[Row], column: Column) -> Interval | None:
    """Return the share of right answers in a column with its 95 % interval; None without a row.

    The interval is Wilson's, not a bootstrap, which has no width where none or all are right.
    """
    if not rows:
        return None
    count = sum(row.answers[column].outcome == "right" for row in rows)
    return Interval(count / len(rows), *wilson(count, len(rows)))


def _compared(result: EvaluationResult, rows: Sequence[Row], sides: tuple[Column, Column]) -> Comparison | None:
    if not rows:
        return None
    if len(rows) == result.question_count:  # the same questions and the same draws
        return (result.scores if sides == CLOSED else result.with_passage)["token_f1"]
    values = ([row.answers[side].token_f1 for row in rows] for side in sides)
    return Comparison(*paired_intervals(*values, seed=result.seed, resamples=result.resamples))


def _weakness(result: EvaluationResult, rows: Sequence[Row], answerable: Sequence[Row]) -> Weakness | None:
    """Return the first fault that there is, in the order of how much it spoils."""
    if not rows:
        return Weakness(fault="trained on", count=result.trained_count, total=result.question_count)
    if len(rows) < LEAST_QUESTIONS:
        return Weakness(fault="few questions", count=len(rows), total=LEAST_QUESTIONS)
    unanswerable = [row for row in rows if not row.asked.is_answerable]
    return (
        _share("refuses", [row.tuned.outcome == "refused" for row in answerable], REFUSES_FROM)
        or _share("wrong", [row.tuned.outcome != "right" for row in answerable], WRONG_FROM)
        or _share("invents", [row.tuned.outcome != "refused" for row in unanswerable], INVENTS_FROM)
        or _worse_with_passage(result, rows)
        or _forgets(result)
        or _failing_kind(answerable)
        or _share("wrong", [row.tuned.outcome != "right" for row in answerable], 0.0)
    )


def _share(fault: Fault, shown: Sequence[bool], least: float) -> Weakness | None:
    count = sum(shown)
    return Weakness(fault=fault, count=count, total=len(shown)) if count and count >= least * len(shown) else None


def _worse_with_passage(result: EvaluationResult, rows: Sequence[Row]) -> Weakness | None:
    compared = _compared(result, rows, OPEN) if result.with_passage else None
    if compared is None or outcome(compared.difference, question_count=len(rows)) != "worse":
        return None
    base, tuned = OPEN
    fallen = sum(row.answers[tuned].token_f1 < row.answers[base].token_f1 for row in rows)
    return Weakness(fault="worse with passage", count=fallen, total=len(rows))


def _forgets(result: EvaluationResult) -> Weakness | None:
    found = result.forgetting
    if found is None or not found.is_worse:
        return None
    return Weakness(fault="forgets", count=found.lost_count, total=len(found.answers))


def _failing_kind(answerable: Sequence[Row]) -> Weakness | None:
    """Return the kind of question with the smallest share of right answers, if that is far below the share of all."""
    by_kind: defaultdict[str, list[bool]] = defaultdict(list)
    for row in answerable:
        if row.asked.kind:
            by_kind[row.asked.kind].append(row.tuned.outcome == "right")
    shares = {kind: sum(right) / len(right) for kind, right in by_kind.items() if len(right) >= LEAST_OF_A_KIND}
    of_all = sum(row.tuned.outcome == "right" for row in answerable) / (len(answerable) or 1)
    worst = min(shares, key=lambda kind: (shares[kind], kind), default=None)
    if worst is None or shares[worst] > of_all - KIND_BEHIND:
        return None
    right = by_kind[worst]
    return Weakness(fault="one kind", count=len(right) - sum(right), total=len(right), kind=worst)


def headline(judged: Judgement) -> str:
    """Say in a sentence whether a run is better than the base model, and good enough to use."""
    if judged.is_good_enough:
        return {
            "better": "It answers better than the base model, and well enough to use.",
            "unclear": "It answers well enough to use; whether better than the base model cannot be told.",
        }.get(judged.change, "")
    if judged.weakness and judged.weakness.fault == "trained on":
        return "It was asked nothing but what it was trained on: that tells nothing."
    return {
        "better": "It answers better than the base model, but not well enough to use.",
        "worse": "It answers worse than the base model did before.",
        "unclear": "It does not answer well enough to use, and whether better than the base model cannot be told.",
    }[judged.change]


def right_words(judged: Judgement) -> str:
    """Say how many answers were right, how sure that is, and what the project asks for."""
    asked = f"This project asks for {judged.bound:.0%}."
    if judged.right is None:
        return f"No question tells how many answers are right. {asked}"
    right = judged.right
    share = f"{right.mean:.0%} of its answers are right"
    if judged.question_count < LEAST_QUESTIONS:
        return f"{share}, of too few questions to tell: at least {LEAST_QUESTIONS} are needed. {asked}"
    return f"{share} (of other questions of this kind {right.low:.0%} to {right.high:.0%}, 95 times in 100). {asked}"


def weakness_words(weakness: Weakness, *, kind_words: str = "") -> str:
    """Say the weakest point of a run in plain words; `kind_words` name the kind of question that fails."""
    share = f"{weakness.count} of {weakness.total}"
    return {
        "few questions": f"There are too few questions to judge by: {weakness.count}, and {weakness.total} are needed.",
        "trained on": f"All {weakness.total} questions are among those that it was trained on.",
        "refuses": f"Weakest point: it says that it does not know where the documents do tell: {share} questions.",
        "invents": f"Weakest point: it invents an answer where the documents say nothing: {share} such questions.",
        "worse with passage": f"Weakest point: with the passage before it, it answers worse than the base model: {share} "
        "answers fell.",
        "forgets": "Weakest point: it has become worse at what is in no document.",
        "one kind": f"Weakest point: one kind of question ({(kind_words or weakness.kind or '').lower()}): {share} wrong.",
        "wrong": f"Weakest point: answers that are not right: {share}.",
    }[weakness.fault]


def next_words(judged: Judgement) -> str:
    """Say why the next step is what it is."""
    return {
        "use": "Enough of its answers are right: try it in a conversation.",
        "train longer": "It has begun to learn: a more thorough training brings more right answers.",
        "write more questions": "Training longer on the same questions would not mend this: write more questions, in more "
        "wordings, then train again.",
        "bring other questions": "Bring a file of questions that it was not trained on, or hold more of them back.",
    }[judged.next]


def verdict(result: EvaluationResult, judged: Judgement, *, is_held_out: bool = True, tested: str = "") -> str:
    """Say in a few sentences which model is better, by how much, how many answers are right, and what is weakest.

    Args:
        result: the evaluation.
        judged: what `judge` found in it.
        is_held_out: whether the questions were held out of training, rather than brought in a user's file.
        tested: what these questions can tell, in a sentence; "" if nothing is known of it.
    """
    count = judged.question_count or result.question_count
    questions = counted(count, "held-out question" if is_held_out else "question")
    parts = (
        f"{_first(judged)}: {_means(judged.compared or result.scores['token_f1'], count, questions)}.",
        tested,
        _right_sentence(judged),
        _exact_sentence(result.fresh_rows or result.rows, judged.change),
        _loss_sentence(result, judged.change),
        weakness_words(judged.weakness) if judged.weakness else "",
        lost_words(result),
        trained_words(result),
        too_long_words(result),
    )
    return " ".join(part for part in parts if part)


def _first(judged: Judgement) -> str:
    if judged.weakness and judged.weakness.fault == "trained on":
        return "Nothing can be told from questions that the model was trained on"
    if judged.question_count < LEAST_QUESTIONS:
        return f"No difference can be shown with so few questions, at least {LEAST_QUESTIONS} are needed"
    use = "and well enough to use" if judged.is_good_enough else "but not well enough to use"
    return {
        "better": f"The tuned model answers better, {use}",
        "worse": "The tuned model is worse",
        "unclear": "No difference can be shown between the tuned model and the base model, "
        + ("though its answers are good enough to use" if judged.is_good_enough else "and its answers are not good enough"),
    }[judged.change]


def _means(score: Comparison, count: int, questions: str) -> str:
    means = f"token F1 {score.tuned.mean:.2f} against {score.base.mean:.2f} on {questions}"
    if count < LEAST_QUESTIONS:
        return means
    difference = score.difference
    return f"{means} (difference {difference.mean:+.2f}, 95 % interval {difference.low:+.2f} to {difference.high:+.2f})"


def _right_sentence(judged: Judgement) -> str:
    if judged.right is None:
        return ""
    rule = f"word for word, or token F1 of {RIGHT_F1} and the same numbers"
    return f"{judged.right.mean:.0%} of its answers are right ({rule}); the project asks for {judged.bound:.0%}."


def lost_words(result: EvaluationResult) -> str:
    """Say what the run has forgotten, with figures; "" if it has become no worse at that, or was not asked."""
    return forgetting_words(result.forgetting) if result.forgetting and result.forgetting.is_worse else ""


def trained_words(result: EvaluationResult) -> str:
    """Say how many questions the run was trained on; "" if it was on none."""
    count = result.trained_count
    if not count:
        return ""
    rest = result.question_count - count
    follows = f"the verdict rests on the other {rest}." if rest else "so that nothing can be told from them."
    return f"The run was trained on {count} of the {result.question_count} questions; {follows}"


def too_long_words(result: EvaluationResult) -> str:
    """Name the questions that do not fit the model; "" if all do."""
    if not result.too_long:
        return ""
    numbers = ", ".join(map(str, result.too_long))
    one = len(result.too_long) == 1
    return f"Question{'' if one else 's'} {numbers} {'is' if one else 'are'} too long for the model and not graded."


def _exact_sentence(rows: Sequence[Row], reached: Change) -> str:
    """Say how often each model gave the reference answer word for word."""
    tuned, base = (sum(bool(row.answers[side].exact_match) for row in rows) for side in reversed(CLOSED))
    if tuned == base:
        times = f" {_times(tuned)}" if tuned else ""
        return f"{'Both models' if tuned else 'Neither model'} gave the reference answer word for word{times}."
    who = "The tuned model" if reached == "unclear" else "It"
    if not tuned:
        return f"{who} never gave the reference answer word for word; the base model did {_times(base)}."
    return f"{who} gave the reference answer word for word {_times(tuned)}, the base model {_times(base)}."


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _loss_sentence(result: EvaluationResult, reached: Change) -> str:
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
