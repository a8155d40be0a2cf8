"""Questions in the model's words: kept only if they still ask the same."""

import pytest

from core.questions.writers.guided.rewording import asks_the_same
from core.questions.writers.guided.writing import write
from core.settings import GenerationSettings

SENTENCE = "The relief valve must be tested every six months by a certified technician."
QUESTION = "How often must the relief valve be tested by a certified technician?"


@pytest.mark.parametrize(
    "other",
    [
        "At which intervals must a certified technician have the relief valve tested?",
        "What is the interval at which the relief valve must be tested by a certified technician?",
    ],
)
def test_the_same_question_in_other_words_is_kept(other):
    assert asks_the_same(QUESTION, other, SENTENCE)


@pytest.mark.parametrize(
    "other",
    [
        "",
        "The relief valve must be tested.",
        "What is the objective of the evaluator?",  # speaks of something else
        "How often must the valve be?",  # loses what is asked
        "How often must the relief valve be tested by 2 certified technicians?",  # adds a number
        "Who must have the relief valve tested by a certified technician?",  # asks for somebody
    ],
)
def test_another_question_is_not(other):
    assert not asks_the_same(QUESTION, other, SENTENCE)


@pytest.mark.model
def test_wordings_of_the_model_stand_after_the_plain_one(make_excerpt, replying):
    model = replying("<think>Hm.</think> At which intervals must the relief valve be tested by a certified technician? Yes.")
    settings = GenerationSettings(per_passage=1, model_wordings=2)
    pairs = list(write([make_excerpt(SENTENCE)], model, settings))
    assert [pair.wording for pair in pairs][:2] == ["open", "model"]
    assert sum(pair.wording == "model" for pair in pairs) == 1  # the second came back the same
    assert pairs[1].question == "At which intervals must the relief valve be tested by a certified technician?"
    assert pairs[1].answer == pairs[0].answer


@pytest.mark.model
def test_without_a_wish_for_it_the_model_is_not_asked(make_excerpt, replying):
    model = replying("What?")
    assert list(write([make_excerpt(SENTENCE)], model, GenerationSettings()))
    assert model.prompts == []
