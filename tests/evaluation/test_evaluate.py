import json
import math
from typing import Any

import pytest

from core.errors import InputError, ModelError
from core.evaluation import Answers, EvaluationResult, evaluate, judge
from core.evaluation import verdict as verdict_of
from core.evaluation.comparison import METRICS
from core.evaluation.verdict import headline, next_words, right_words, trained_words, weakness_words
from tests.graded import graded, questions_of

QUESTIONS = [{"input": f"What is term {i}?", "output": f"Term {i} is a tool for the job."} for i in range(12)]
REFERENCES = [question["output"] for question in QUESTIONS]
NONSENSE = ["Bananas grow quickly." for _ in QUESTIONS]
REFUSALS = ["I don't know." for _ in QUESTIONS]


def _evaluate(
    base: list[str], tuned: list[str], *, base_loss: float = 3.0, tuned_loss: float = 3.0, **more: Any
) -> EvaluationResult:
    return graded(
        more.pop("rows", QUESTIONS)[: len(base)],
        base,
        tuned,
        base_losses=[base_loss + 0.02 * i for i in range(len(base))],
        tuned_losses=[tuned_loss + 0.02 * i for i in range(len(tuned))],
        resamples=500,
        **more,
    )


def verdict(result: EvaluationResult, *, is_held_out: bool = True) -> str:
    return verdict_of(result, judge(result, bound=0.6), is_held_out=is_held_out)


def test_perfect_answers_against_nonsense_score_one_and_zero() -> None:
    result = _evaluate(NONSENSE, REFERENCES)
    for compared in (result.scores, result.with_passage):
        for metric in ("exact_match", "token_f1", "rouge_l"):
            score = compared[metric]  # type: ignore[index]
            assert (score.base.mean, score.tuned.mean, score.difference.mean) == (0.0, 1.0, 1.0)
    assert result.rows[3].question == "What is term 3?"
    assert result.rows[3].tuned.loss == pytest.approx(3.06)


def test_each_of_four_columns_has_its_own_scores() -> None:
    result = _evaluate(NONSENSE, NONSENSE, base_with_passage=REFERENCES, tuned_with_passage=REFERENCES[:6] + NONSENSE[:6])
    means = {column: result.interval("exact_match", column) for column in result.columns}
    assert {column: interval and interval.mean for column, interval in means.items()} == {
        "base": 0.0, "tuned": 0.0, "base_with_passage": 1.0, "tuned_with_passage": 0.5,
    }  # fmt: skip


def test_result_survives_json() -> None:
    rows = [row | {"kind": "definition", "was_trained_on": i < 3, "passage": "A text."} for i, row in enumerate(QUESTIONS)]
    result = _evaluate(NONSENSE, REFERENCES, rows=rows, too_long=[13])
    assert EvaluationResult.from_json(json.loads(json.dumps(result.as_json(), allow_nan=False))) == result


def test_an_evaluation_stored_before_there_were_four_columns_is_read() -> None:
    """As `as_json` wrote it then: rows with `base` and `tuned`, and no word on the questions' kind or outcome."""
    interval = {"mean": 0.5, "low": 0.4, "high": 0.6}
    compared = {side: interval for side in ("base", "tuned", "difference")}
    told = {"exact_match": 0.0, "token_f1": 0.4, "rouge_l": 0.4, "loss": 2.0}
    row = {"question": "Who?", "reference": "The documents do not say."}
    row |= {"base": told | {"answer": "Ada."}, "tuned": told | {"answer": "I do not know."}}
    metrics = ("exact_match", "token_f1", "rouge_l", "loss")
    scores = {metric: compared for metric in metrics}
    stored = {"question_count": 1, "scores": scores, "rows": [row], "seed": 0, "resamples": 10_000}
    result = EvaluationResult.from_json(stored)
    assert result.columns == ("base", "tuned") and tuple(result.scores) == metrics
    assert [graded.outcome for graded in result.rows[0].answers.values()] == ["wrong", "refused"]
    assert not result.rows[0].asked.is_answerable
    assert judge(result, bound=0.6).right is None


def test_meaning_is_measured_where_there_is_a_network_for_it() -> None:
    def embed(texts: Any) -> list[bytes]:
        return [bytes([100, 0]) if text.startswith("Term") else bytes([0, 100]) for text in texts]

    score = _evaluate(NONSENSE, ["", *REFERENCES[1:]], embed=embed).scores["meaning"]
    assert (score.base.mean, score.tuned.mean) == (0.0, pytest.approx(11 / 12))
    without = _evaluate(NONSENSE, REFERENCES)
    assert "meaning" not in without.scores and without.interval("meaning", "base") is None
    assert set(without.scores) == set(METRICS) - {"meaning"}


def test_no_questions_is_the_users_matter() -> None:
    with pytest.raises(InputError, match="no questions"):
        evaluate([], {})
    with pytest.raises(InputError, match="All 2 questions are too long"):
        evaluate([], {}, too_long=[1, 2])


def test_a_diverged_model_is_named() -> None:
    with pytest.raises(ModelError, match="tuned model's loss is not a number on 1 of 12"):
        graded(QUESTIONS, NONSENSE, NONSENSE, tuned_losses=[1.0] * 11 + [math.nan])


def test_answers_missing_for_a_question_are_a_defect_not_a_score() -> None:
    with pytest.raises(ValueError, match="shorter"):
        evaluate(
            questions_of(QUESTIONS), {"base": Answers(NONSENSE[:-1], [1.0] * 12), "tuned": Answers(NONSENSE, [1.0] * 12)}
        )


def test_verdict_says_better_with_the_numbers() -> None:
    assert verdict(_evaluate(NONSENSE, REFERENCES)) == (
        "The tuned model answers better, and well enough to use: token F1 1.00 against 0.00 on 12 held-out questions "
        "(difference +1.00, 95 % interval +1.00 to +1.00). "
        "100% of its answers are right (word for word, or token F1 of 0.6 and the same numbers); the project asks for 60%. "
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
    result = _evaluate(NONSENSE[:5], REFERENCES[:5])
    text = verdict(result)
    assert text.startswith("No difference can be shown with so few questions, at least 6 are needed: token F1 1.00")
    judged = judge(result, bound=0.6)
    assert (judged.change, judged.is_good_enough, judged.next) == ("unclear", False, "bring other questions")
    assert "at least 6 are needed" in right_words(judged)


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
    assert sentence in verdict(_evaluate(base, tuned))


def test_verdict_names_a_loss_that_disagrees() -> None:
    text = verdict(_evaluate(NONSENSE, NONSENSE, base_loss=3.0, tuned_loss=2.0))
    assert "No difference can be shown" in text
    assert "Its loss fell from 3.11 to 2.11, so the reference answers have become more likely to it all the same." in text
    assert "Its loss rose from 3.11 to 4.11" in verdict(_evaluate(NONSENSE, REFERENCES, tuned_loss=4.0))


# --- good enough, and the weakest point -----------------------------------------------------------


def test_better_is_not_good_enough_where_few_answers_are_right() -> None:
    """28 % shared words and no answer right was once called better, with a thumbs-up."""
    shared = [f"Term {i} is bananas grow quickly in the sun." for i in range(12)]
    judged = judge(_evaluate(NONSENSE, shared), bound=0.6)
    assert (judged.change, judged.is_good_enough, judged.next) == ("better", False, "train longer")
    assert judged.right and judged.right.mean == 0
    assert headline(judged) == "It answers better than the base model, but not well enough to use."
    assert "0% of its answers are right" in right_words(judged) and "asks for 60%" in right_words(judged)
    assert judged.weakness and weakness_words(judged.weakness) == "Weakest point: answers that are not right: 12 of 12."


@pytest.mark.parametrize(("bound", "is_enough"), [(0.5, True), (0.75, True), (0.76, False)])
def test_the_bound_is_the_projects(bound: float, is_enough: bool) -> None:
    assert judge(_evaluate(NONSENSE, REFERENCES[:9] + NONSENSE[9:]), bound=bound).is_good_enough == is_enough


def test_a_run_that_is_worse_than_its_base_is_never_good_enough() -> None:
    tuned = REFERENCES[:6] + NONSENSE[6:]
    judged = judge(_evaluate(REFERENCES, tuned), bound=0.3)
    assert (judged.change, judged.is_good_enough, judged.next) == ("worse", False, "write more questions")
    assert "write more questions" in next_words(judged)


def test_refusing_everything_is_named_first() -> None:
    judged = judge(_evaluate(NONSENSE, REFUSALS), bound=0.6)
    assert judged.weakness and (judged.weakness.fault, judged.weakness.count) == ("refuses", 12)
    assert "says that it does not know" in weakness_words(judged.weakness)
    assert not judged.is_good_enough


def test_inventing_where_the_documents_do_not_tell_is_named() -> None:
    rows = [*QUESTIONS[:8], *({"input": f"Who made {i}?", "output": "The documents do not say.", "is_answerable": False}
                              for i in range(4))]  # fmt: skip
    tuned = [*REFERENCES[:8], "Ada made it.", "Ben.", "The documents leave that open.", "I do not know."]
    result = _evaluate(NONSENSE, tuned, rows=rows)
    assert result.refusal()["unanswerable"]["tuned"] == {"right": 0, "wrong": 2, "refused": 2}
    assert result.refusal()["answerable"]["tuned"] == {"right": 8, "wrong": 0, "refused": 0}
    judged = judge(result, bound=0.6)
    assert judged.weakness and weakness_words(judged.weakness) == (
        "Weakest point: it invents an answer where the documents say nothing: 2 of 4 such questions."
    )
    assert judged.is_good_enough  # the share of right answers is of those that the documents answer


def test_worse_with_the_passage_than_the_base_is_named() -> None:
    result = _evaluate(NONSENSE, REFERENCES, base_with_passage=REFERENCES, tuned_with_passage=NONSENSE)
    judged = judge(result, bound=0.6)
    assert judged.weakness and (judged.weakness.fault, judged.weakness.count) == ("worse with passage", 12)


def test_one_kind_of_question_that_fails_is_named() -> None:
    rows = [row | {"kind": "number" if i >= 8 else "definition"} for i, row in enumerate(QUESTIONS)]
    judged = judge(_evaluate(NONSENSE, REFERENCES[:8] + NONSENSE[8:], rows=rows), bound=0.6)
    assert judged.weakness and (judged.weakness.fault, judged.weakness.kind) == ("one kind", "number")
    assert weakness_words(judged.weakness, kind_words="Number").endswith("one kind of question (number): 4 of 4 wrong.")


def test_a_run_without_a_fault_has_no_weakest_point() -> None:
    assert judge(_evaluate(NONSENSE, REFERENCES), bound=0.6).weakness is None


def test_questions_that_were_trained_on_do_not_count() -> None:
    rows = [row | {"was_trained_on": i < 4} for i, row in enumerate(QUESTIONS)]
    result = _evaluate(NONSENSE, REFERENCES[:4] + NONSENSE[4:], rows=rows)
    judged = judge(result, bound=0.1)
    assert judged.question_count == 8 and judged.right and judged.right.mean == 0
    assert trained_words(result) == "The run was trained on 4 of the 12 questions; the verdict rests on the other 8."
    assert trained_words(result) in verdict(result)


def test_an_evaluation_on_the_training_file_tells_nothing() -> None:
    """Grading on it once said "answers better, .94 against .03"."""
    rows = [row | {"was_trained_on": True} for row in QUESTIONS]
    result = _evaluate(NONSENSE, REFERENCES, rows=rows)
    judged = judge(result, bound=0.6)
    assert (judged.change, judged.is_good_enough, judged.next) == ("unclear", False, "bring other questions")
    assert "trained on" in headline(judged) and verdict(result).startswith(
        "Nothing can be told from questions that the model"
    )


def test_questions_that_are_too_long_are_named_by_number() -> None:
    assert "Questions 3, 14 are too long for the model and not graded." in verdict(
        _evaluate(NONSENSE, REFERENCES, too_long=[3, 14])
    )


@pytest.mark.parametrize(
    ("right", "low", "high"), [(0, 0.0, 0.2425), (6, 0.2538, 0.7462), (12, 0.7575, 1.0)]
)  # Wilson 1927 with z = 1.96, n = 12: none right gives z² / (n + z²) as the upper end, half 1/2 ± z / (2 √(n + z²))
def test_the_share_of_right_answers_has_an_interval_even_where_none_or_all_are(right: int, low: float, high: float) -> None:
    share = judge(_evaluate(NONSENSE, REFERENCES[:right] + NONSENSE[right:]), bound=0.6).right
    assert share and (share.mean, share.low, share.high) == (pytest.approx(right / 12), *map(_near, (low, high)))


def _near(value: float) -> Any:
    return pytest.approx(value, abs=5e-4)


def test_almost_nothing_right_comes_before_what_else_is_wrong() -> None:
    rows = [row | {"is_answerable": i < 10} for i, row in enumerate(QUESTIONS)]
    weakness = judge(_evaluate(NONSENSE, NONSENSE, rows=rows), bound=0.6).weakness
    assert weakness and (weakness.fault, weakness.count, weakness.total) == ("wrong", 10, 10)
