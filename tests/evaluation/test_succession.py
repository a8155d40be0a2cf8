"""Whether a run may take the place of another, at the borders of the rule."""

import pytest

from core.evaluation.bootstrap import LEAST_QUESTIONS, Interval
from core.evaluation.succession import Succession, beside_base, beside_run, has_become_worse, succession_words
from tests.graded import graded

ROWS = [{"input": f"What is term {i}?", "output": f"Term {i} is a tool for the job."} for i in range(12)]
RIGHT = [row["output"] for row in ROWS]
WRONG = ["Bananas grow quickly."] * len(ROWS)


def answered(tuned, *, rows=ROWS, base=WRONG, **more):
    return graded(rows, base[: len(rows)], tuned[: len(rows)], resamples=500, **more)


@pytest.mark.parametrize(
    ("before", "after", "ruling"),
    [
        (RIGHT, RIGHT, "not worse"),
        (WRONG, RIGHT, "not worse"),
        (RIGHT, WRONG, "worse"),
        (RIGHT, [*RIGHT[:11], WRONG[0]], "not worse"),  # one answer of twelve may be chance
        (RIGHT, [*RIGHT[:6], *WRONG[:6]], "worse"),
        ([*RIGHT[:6], *WRONG[:6]], [*WRONG[:6], *RIGHT[6:]], "not worse"),  # as many, other ones
    ],
)
def test_a_run_that_is_not_shown_to_be_worse_may_take_the_place(before, after, ruling):
    assert beside_run(answered(before), answered(after)).ruling == ruling


def test_answers_that_are_no_longer_right_count_also_where_their_words_stay_the_same():
    numbers = [{"input": f"How long is rope {i}?", "output": f"The rope is {i} meters long."} for i in range(12)]
    right, off = ([f"The rope is {i + more} meters long." for i in range(12)] for more in (0, 50))
    found = beside_run(answered(right, rows=numbers), answered(off, rows=numbers))
    assert found.ruling == "worse" and found.good == Interval(-1.0, -1.0, -1.0)


@pytest.mark.parametrize(("count", "ruling"), [(LEAST_QUESTIONS - 1, "too few questions"), (LEAST_QUESTIONS, "not worse")])
def test_few_questions_tell_nothing(count, ruling):
    found = beside_run(answered(RIGHT, rows=ROWS[:count]), answered(RIGHT, rows=ROWS[:count]))
    assert (found.question_count, found.ruling) == (count, ruling)


def test_only_questions_count_that_both_were_asked_and_neither_was_trained_on():
    trained = [row | {"was_trained_on": number < 3} for number, row in enumerate(ROWS)]
    found = beside_run(answered(RIGHT, rows=trained), answered(RIGHT, rows=ROWS[1:10]))
    assert found.question_count == 7
    assert beside_run(answered(RIGHT, rows=ROWS[:6]), answered(RIGHT, rows=ROWS[6:])) == Succession(question_count=0)


def test_without_a_run_before_the_base_model_is_what_it_is_compared_with():
    assert beside_base(answered(RIGHT)).ruling == "not worse"
    assert beside_base(answered(WRONG, base=RIGHT)).ruling == "worse"


def test_the_same_run_has_become_worse_if_only_its_answers_with_the_passage_are():
    before = answered(RIGHT, tuned_with_passage=RIGHT)
    assert has_become_worse(before, answered(RIGHT, tuned_with_passage=WRONG))
    assert not has_become_worse(before, before)
    assert not has_become_worse(answered(RIGHT, has_passages=False), before)


def test_what_was_found_is_told_in_words():
    worse = beside_run(answered(RIGHT), answered(WRONG))
    words = succession_words(worse, run="run 3", before="run 2")
    assert words.startswith(
        "Run 3 answers worse than run 2 on the same 12 questions: good answers -100 points (-100 to -100"
    )
    assert "too few to tell" in succession_words(Succession(question_count=2), run="run 3", before="run 2")
