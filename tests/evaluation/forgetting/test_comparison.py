"""What counts as forgotten: where the bounds lie, and what is said."""

import json
import math

import pytest

from core.evaluation import EvaluationResult, judge, verdict
from core.evaluation.forgetting import Forgetting, GeneralQuestion, compared, forgetting_words, is_right
from core.evaluation.verdict import lost_words, weakness_words
from tests.graded import graded

CAPITALS = [GeneralQuestion(kind="capitals", question=f"Capital {n}?", accepted=("Rome",)) for n in range(20)]
REPEAT = GeneralQuestion(kind="repeat", question="Repeat: Rome", accepted=("Rome",))
RIGHT, WRONG = ["It is Rome."] * 20, ["It is Oslo."] * 20
LOSSES = [2.0 + 0.1 * n for n in range(20)]


def forgetting(*, tuned: list[str | None] | None = None, rise: float = 0.0) -> Forgetting:
    return compared(CAPITALS, (RIGHT, tuned or RIGHT), (LOSSES, [loss + rise for loss in LOSSES]))


@pytest.mark.parametrize(
    ("answer", "question", "expected"),
    [
        ("The capital is Rome.", CAPITALS[0], True),
        ("rome", CAPITALS[0], True),
        ("Romeo", CAPITALS[0], False),  # a part of a word
        ("Oslo.\nOr Rome.", CAPITALS[0], False),  # only the first line counts
        ("", CAPITALS[0], False),
        ("Rome.", REPEAT, True),
        ("You said Rome.", REPEAT, False),  # nothing but what was asked for
    ],
)
def test_an_answer_is_right_that_holds_the_word(answer, question, expected):
    assert is_right(answer, question) is expected


@pytest.mark.parametrize(("ratio", "is_worse"), [(1.0, False), (1.049, False), (1.051, True), (0.8, False)])
def test_perplexity_is_worse_from_five_percent_on(ratio, is_worse):
    found = forgetting(rise=math.log(ratio))
    assert found.perplexity and found.perplexity.ratio.mean == pytest.approx(ratio)
    assert found.perplexity.base.mean == pytest.approx(math.exp(sum(LOSSES) / 20))  # of the mean loss of a token
    assert found.perplexity.is_worse is found.is_worse is is_worse


def test_a_rise_that_chance_explains_is_not_called_worse():
    tuned = [loss + (3.0 if n == 0 else -0.05) for n, loss in enumerate(LOSSES)]  # one paragraph alone
    found = compared(CAPITALS, (RIGHT, RIGHT), (LOSSES, tuned)).perplexity
    assert found and found.ratio.mean > 1.05 and not found.is_worse


@pytest.mark.parametrize(("lost", "is_worse"), [(0, False), (2, False), (8, True)])
def test_answers_are_worse_where_chance_does_not_explain_the_fall(lost, is_worse):
    found = forgetting(tuned=[*WRONG[:lost], *RIGHT[lost:]])
    assert (found.are_answers_worse, found.is_worse, found.lost_count) == (is_worse, is_worse, lost)
    assert found.by_kind() == {"capitals": (20, 20, 20 - lost)}


def test_what_did_not_fit_a_model_is_left_out_and_too_little_measures_nothing():
    found = forgetting(tuned=[None, *WRONG[1:]])
    assert len(found.answers) == 19
    few = compared(CAPITALS, (RIGHT, [*WRONG[:5], *[None] * 15]), (LOSSES, [*LOSSES[:5], *[None] * 15]))
    assert (len(few.answers), few.right, few.perplexity, few.is_worse) == (5, None, None, False)
    assert forgetting_words(few) == ""


def test_words_give_both_figures():
    assert forgetting_words(forgetting(tuned=[*WRONG[:8], *RIGHT[8:]], rise=math.log(1.25))) == (
        "English that is in no document surprises it 25 % more than before (perplexity 23.9, before 19.1). "
        "Of 20 everyday questions it answers 12 rightly, the base model 20, more of a fall than chance explains."
    )
    assert "surprises it no more than before" in forgetting_words(forgetting())


def evaluated(found: Forgetting | None) -> EvaluationResult:
    rows = [{"input": f"What is term {n}?", "output": f"Term {n} is a tool."} for n in range(8)]
    return graded(rows, ["Bananas."] * 8, [row["output"] for row in rows], forgetting=found, resamples=200)


def test_forgetting_is_the_weakest_point_of_a_run_that_answers_all_rightly():
    result = evaluated(forgetting(rise=0.2))
    judged = judge(result, bound=0.6)
    assert judged.weakness and judged.weakness.fault == "forgets"
    assert "at what is in no document" in weakness_words(judged.weakness) and judged.is_good_enough
    assert "surprises it 22 % more" in verdict(result, judged)


@pytest.mark.parametrize("found", [None, forgetting(rise=0.04)])
def test_nothing_is_said_in_the_verdict_where_nothing_was_forgotten(found):
    result = evaluated(found)
    assert judge(result, bound=0.6).weakness is None and lost_words(result) == ""


def test_it_is_stored_with_the_evaluation_and_older_ones_have_none():
    result = evaluated(forgetting(rise=0.2))
    told = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert EvaluationResult.from_json(told) == result
    del told["forgetting"]  # as it was before
    assert EvaluationResult.from_json(told).forgetting is None
