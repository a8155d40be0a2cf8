"""Trying a model, and the way of writing that its figures lead to."""

import json
import re

import pytest

from core.questions.writers.registry import WRITERS
from core.questions.writers.trial import LEAST, MORE, Trial, choose, choose_unasked, same_answer, trial_excerpts, try_writing
from core.settings import GenerationSettings

SETTINGS = GenerationSettings()
GOOD = {name: 1.0 for name in LEAST}


def first_sentence(content: str) -> str:
    return re.findall(r"Passage: ~~~~\n(.+?[.])\s", content)[0]


def writes_well(prompt) -> str:
    content = prompt.messages[0].content
    quote = first_sentence(content)
    if not prompt.schema:
        return f"<think>Easy.</think>{quote}"
    return json.dumps(
        {"pairs": [{"quote": quote, "kind": "fact", "question": "What is said there?", "answer": quote + " Yes."}]}
    )


def test_ten_passages_ship_for_trials():
    excerpts = trial_excerpts()
    assert len(excerpts) == len({each.passage.id for each in excerpts}) == 10
    assert all(each.title and each.passage.heading and len(each.passage.text) > 150 for each in excerpts)


def test_a_model_that_writes_well_writes_by_itself(scripted):
    trial = try_writing(trial_excerpts(), scripted(writes_well), SETTINGS)
    assert trial == Trial(passages=10, pairs=10, **GOOD)
    choice = choose(trial)
    assert (
        choice.writer in WRITERS and choice.writer != "guided" and "10 test passages" in choice.why and "100 %" in choice.why
    )


def copies(prompt) -> str:
    quote = first_sentence(prompt.messages[0].content)
    return json.dumps({"pairs": [{"quote": quote, "kind": "fact", "question": quote, "answer": quote}]})


def invents(prompt) -> str:
    told = {"quote": "The moon is green.", "kind": "fact", "question": "What color is the moon?", "answer": "Green."}
    return json.dumps({"pairs": [told]})


def contradicts_itself(prompt) -> str:
    return writes_well(prompt) if prompt.schema else "42"


@pytest.mark.parametrize(
    ("write", "failed"),
    [
        (lambda _: "no JSON", "replies"),
        (lambda _: "", "replies"),
        (lambda _: "I'm sorry, I cannot.", "replies"),
        (copies, "own_words"),
        (invents, "proven"),
        (contradicts_itself, "answerable"),
    ],
)
def test_a_model_that_falls_short_is_guided_and_the_reason_is_told(scripted, write, failed):
    trial = try_writing(trial_excerpts(), scripted(write), SETTINGS)
    assert getattr(trial, failed) == 0.0
    choice = choose(trial)
    assert choice.writer == "guided" and choice.trial == trial and "fell short" in choice.why and "0 %" in choice.why


@pytest.mark.parametrize("name", LEAST)
def test_each_figure_alone_decides(name):
    at_least = Trial(passages=10, pairs=30, **LEAST)
    assert choose(at_least).writer == "several"
    below = Trial(passages=10, pairs=30, **(GOOD | {name: LEAST[name] - 0.01}))
    assert choose(below).writer == "guided"
    barely = Trial(passages=10, pairs=30, **(GOOD | {name: MORE[name] - 0.01}))
    assert choose(barely).writer == "several"


def test_a_small_model_needs_no_trial():
    choice = choose_unasked(98_000_000)
    assert choice is not None and choice.writer == "guided" and "98.0 MB" in choice.why
    assert choose_unasked(900_000_000) is None and choose_unasked(None) is None


@pytest.mark.parametrize(
    ("told", "expected", "is_same"),
    [
        ("Every 90 days.", "every 90 days", True),
        ("It holds 140 liters of oil.", "140 liters", True),
        ("not said", "140 liters", False),
        ("", "140 liters", False),
        ("The tank", "The filter must be replaced", False),
    ],
)
def test_answers_are_compared_by_their_words(told, expected, is_same):
    assert same_answer(told, expected) is is_same
