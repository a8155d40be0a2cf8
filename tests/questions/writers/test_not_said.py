"""Questions that a passage does not answer, written by a model."""

import json

import pytest

from core.questions.filters import apply_filters
from core.questions.writers.not_said import ANSWERS, not_said, quota, write_unanswerable
from core.settings import FilterSettings, GenerationSettings

from .conftest import split

SETTINGS = GenerationSettings(per_passage=9)
TEXT = "The fuel tank holds 140 liters of diesel oil."


def questions(*asked: str) -> str:
    return json.dumps({"questions": [{"question": question} for question in asked]})


def write(excerpts, model, settings=SETTINGS):
    return split(list(write_unanswerable(excerpts, model, settings)))


def test_what_the_model_cannot_answer_from_the_passage_is_taken(make_excerpt, replying):
    model = replying(questions("Who filled the fuel tank?"), "<think>Hm.</think>Not said.")
    (candidate,), outcomes = write([make_excerpt(TEXT)], model)
    assert (candidate.kind, candidate.question, candidate.quote) == ("unanswerable", "Who filled the fuel tank?", "")
    assert candidate.answer in ANSWERS["en"] and outcomes == ["answered"]


def test_what_the_passage_answers_after_all_is_not(make_excerpt, replying):
    candidates, _ = write([make_excerpt(TEXT)], replying(questions("What does the tank hold?"), "140 liters"))
    assert candidates == []


@pytest.mark.parametrize("told", ["nothing", "I'm sorry, I cannot."])
def test_an_unusable_reply_is_counted(make_excerpt, replying, told):
    candidates, (outcome,) = write([make_excerpt(TEXT)], replying(told))
    assert candidates == [] and outcome in ("malformed", "refused")


@pytest.mark.parametrize(
    ("per_passage", "share", "expected"),
    [(4, 0.1, (1, 2)), (9, 0.1, (1, 1)), (1, 0.1, (1, 9)), (20, 0.1, (2, 1)), (4, 0.5, (4, 1)), (4, 0.0, (0, 1))],
)
def test_so_many_are_asked_for_that_the_share_comes_out(per_passage, share, expected):
    settings = GenerationSettings(per_passage=per_passage, unanswerable_share=share)
    count, step = quota(settings)
    assert (count, step) == expected
    assert abs(count / step - per_passage * share / (1 - share)) < 0.25


def test_no_share_asks_for_nothing(make_excerpt, replying):
    model = replying("x")
    assert write([make_excerpt(TEXT)], model, GenerationSettings(unanswerable_share=0)) == ([], [])
    assert model.prompts == []


def test_the_answer_is_in_the_language_of_the_document(make_excerpt, replying):
    model = replying(questions("Wer füllt den Tank?"), "not said")
    (candidate,), _ = write([make_excerpt(TEXT, language="de")], model)
    assert candidate.answer in ANSWERS["de"]
    assert write([make_excerpt(TEXT, language="xx")], replying("x")) == ([], [])


@pytest.mark.parametrize("language", ANSWERS)
def test_answers_pass_the_filters_however_often_they_come(make_pair, language):
    asked = [f"Who filled fuel tank number {number} of hall {number + 7}?" for number in range(40)]
    pairs = [make_pair(question, not_said(question, language), kind="unanswerable") for question in asked]
    assert {pair.reason for pair in apply_filters(pairs, FilterSettings())} == {""}
    assert len({pair.output for pair in pairs}) == len(ANSWERS[language])
