"""Answers that say that the documents do not tell, and those that only look so."""

import pytest

from core.language.refusals import NOT_SAID, is_refusal


@pytest.mark.parametrize("answer", [answer for answers in NOT_SAID.values() for answer in answers])
def test_every_answer_that_pairs_have_is_a_refusal(answer):
    assert is_refusal(answer)
    assert is_refusal(answer.upper().rstrip("."))


@pytest.mark.parametrize(
    "answer",
    [
        "I don't know.",
        "I’m sorry, but I cannot answer that from the passage.",
        "I'm sorry. The passage does not mention a price.",
        "Unfortunately, the text doesn't explicitly state who signs.",
        "According to the passage, it is not specified.",
        "There is no information about the color.",
        "The documents do not say. Ask the manufacturer.",
        "I do not know who signs, but the documents do not say either.",
        "Not mentioned in the passage.",
        "The passage says nothing on that.",
        "I am unable to tell.",
        "Unknown.",
    ],
)
def test_an_answer_that_says_that_nothing_is_told_is_a_refusal(answer):
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Not",
        "No.",
        "Do not lift the load.",
        "I don't know who, but the winch holds 12 tonnes.",
        "The passage does not say it in so many words; however, the winch holds 12 tonnes.",
        "The winch holds 12 tonnes. I don't know more.",
        "The operator does not know the load.",
        "The crew reports that the position is unknown.",
        "It is not the driver but the commander who decides.",
        "Documents are kept for ten years.",
        "The document says that nobody stands inside the angle.",
    ],
)
def test_an_answer_is_no_refusal_because_it_holds_a_not(answer):
    assert not is_refusal(answer)
