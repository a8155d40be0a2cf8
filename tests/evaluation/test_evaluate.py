import json
import math

import pytest

from core.errors import InputError, ModelError
from core.evaluation import EvaluationResult, evaluate, verdict

QUESTIONS = [{"input": f"What is term {i}?", "output": f"Term {i} is a tool for the job."} for i in range(12)]
REFERENCES = [question["output"] for question in QUESTIONS]
NONSENSE = ["Bananas grow quickly." for _ in QUESTIONS]


def _evaluate(base: list[str], tuned: list[str], *, base_loss: float = 3.0, tuned_loss: float = 3.0) -> EvaluationResult:
    questions = QUESTIONS[: len(base)]
    return evaluate(
        questions,
        base_answers=base,
        tuned_answers=tuned,
        base_losses=[base_loss + 0.02 * i for i in range(len(base))],
        tuned_losses=[tuned_loss + 0.02 * i for i in range(len(tuned))],
        resamples=500,
    )


def test_perfect_answers_against_nonsense_score_one_and_zero() -> None:
    result = _evaluate(NONSENSE, REFERENCES)
    for metric in ("exact_match", "token_f1", "rouge_l"):
        score = result.scores[metric]  # type: ignore[index]
        assert (score.base.mean, score.tuned.mean, score.difference.mean) == (0.0, 1.0, 1.0)
    assert result.rows[3].question == "What is term 3?"
    assert result.rows[3].tuned.loss == pytest.approx(3.06)


def test_result_survives_json() -> None:
    result = _evaluate(NONSENSE, REFERENCES)
    assert EvaluationResult.from_json(json.loads(json.dumps(result.as_json(), allow_nan=False))) == result


def test_no_questions_is_the_users_matter() -> None:
    with pytest.raises(InputError, match="no questions"):
        evaluate([], base_answers=[], tuned_answers=[], base_losses=[], tuned_losses=[])


def test_a_diverged_model_is_named() -> None:
    with pytest.raises(ModelError, match="tuned model's loss is not a number on 1 of 12"):
        evaluate(
            QUESTIONS,
            base_answers=NONSENSE,
            tuned_answers=NONSENSE,
            base_losses=[1.0] * 12,
            tuned_losses=[1.0] * 11 + [math.nan],
        )


def test_answers_missing_for_a_question_are_a_defect_not_a_score() -> None:
    with pytest.raises(ValueError, match="shorter"):
        evaluate(
            QUESTIONS, base_answers=NONSENSE[:-1], tuned_answers=REFERENCES, base_losses=[1.0] * 12, tuned_losses=[1.0] * 12
        )


def test_verdict_says_better_with_the_numbers() -> None:
    assert verdict(_evaluate(NONSENSE, REFERENCES)) == (
        "The tuned model answers better: token F1 1.00 against 0.00 on 12 held-out questions "
        "(difference +1.00, 95 % interval +1.00 to +1.00). "
        "It gave the reference answer word for word 12 times, the base model never."
    )


def test_verdict_calls_questions_held_out_only_where_they_are() -> None:
    assert " on 12 questions (" in verdict(_evaluate(NONSENSE, REFERENCES), is_held_out=False)


def test_verdict_says_worse_when_it_is_worse() -> None:
    assert verdict(_evaluate(REFERENCES, NONSENSE)).startswith("The tuned model is worse: token F1 0.00 against 1.00")


def test_verdict_admits_that_nothing_can_be_shown() -> None:
    half = REFERENCES[:6] + NONSENSE[6:]
    other_half = NONSENSE[:6] + REFERENCES[6:]
    assert verdict(_evaluate(half, other_half)).startswith("No difference can be shown between")
    assert verdict(_evaluate(half, half)).startswith("No difference can be shown between")


def test_five_questions_never_show_a_difference() -> None:
    text = verdict(_evaluate(NONSENSE[:5], REFERENCES[:5]))
    assert text.startswith("No difference can be shown with 5 held-out questions: at least 6 are needed")


@pytest.mark.parametrize(
    ("base", "tuned", "sentence"),
    [
        (NONSENSE, NONSENSE, "Neither model gave the reference answer word for word."),
        (REFERENCES, REFERENCES, "Both models gave the reference answer word for word 12 times."),
        (REFERENCES, NONSENSE, "It never gave the reference answer word for word; the base model did 12 times."),
        (
            [*REFERENCES[:2], *NONSENSE[2:]],
            [*NONSENSE[:2], REFERENCES[2], *NONSENSE[3:]],
            "The tuned model gave the reference answer word for word once, the base model twice.",
        ),
    ],
)
def test_word_for_word_is_said_in_plain_words(base: list[str], tuned: list[str], sentence: str) -> None:
    assert verdict(_evaluate(base, tuned)).endswith(sentence)


def test_verdict_names_a_loss_that_disagrees() -> None:
    text = verdict(_evaluate(NONSENSE, NONSENSE, base_loss=3.0, tuned_loss=2.0))
    assert "No difference can be shown" in text
    assert text.endswith(
        "Its loss fell from 3.11 to 2.11, so the reference answers have become more likely to it all the same."
    )
    assert "Its loss rose from 3.11 to 4.11" in verdict(_evaluate(NONSENSE, REFERENCES, tuned_loss=4.0))
