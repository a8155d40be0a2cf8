"""Right, wrong or refused, where the line is."""

import pytest

from core.evaluation.outcomes import is_right, outcome_of


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("The winch holds 12 tonnes.", "winch holds twelve tonnes"),  # articles, punctuation, a number in words
        ("Every 90 days.", "They are charged every 90 days."),  # token F1 .67
        ("every 24 hours", "every 24 hrs"),  # one unit in two forms
        ("Yes.", "yes"),
    ],
)
def test_what_says_the_same_is_right(answer, reference):
    assert is_right(answer, reference=reference)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("The winch holds 13 tonnes.", "The winch holds 12 tonnes."),  # another number
        ("every 90 hours or so", "every 90 days or so"),  # another unit
        ("The driver must not stand there.", "The driver must stand there."),  # a denial
        ("The crew commander.", "The crew commander and the platoon sergeant of the second vehicle"),  # half of it
        ("", "12 tonnes"),
        ("12", "12 tonnes"),  # a unit that nobody named
    ],
)
def test_what_says_something_else_is_wrong(answer, reference):
    assert not is_right(answer, reference=reference)


def test_what_the_question_names_may_be_left_out_or_repeated():
    assert is_right("12", reference="12 tonnes", question="How many tonnes does it hold?")
    assert is_right(
        "The M8 winch holds 12 tonnes", reference="The winch holds 12 tonnes", question="What holds the M8 winch 8?"
    )


@pytest.mark.parametrize(
    ("answer", "is_answerable", "outcome"),
    [
        ("12 tonnes", True, "right"),
        ("I don't know.", True, "refused"),
        ("I don't know who, but 13 tonnes.", True, "wrong"),
        ("not", True, "wrong"),
        ("", True, "wrong"),
        ("The documents do not say.", False, "refused"),
        ("12 tonnes", False, "wrong"),
        ("not", False, "wrong"),
    ],
)
def test_an_answer_is_right_wrong_or_a_refusal(answer, is_answerable, outcome):
    reference = "12 tonnes" if is_answerable else "The documents do not say."
    assert outcome_of(answer, reference=reference, question="How much?", is_answerable=is_answerable) == outcome


def test_what_is_close_to_a_reference_that_refuses_is_a_refusal():
    """The answer of a run that was taught a sentence of its own for this, which is on no list."""
    told = {"reference": "Our handbook keeps quiet on it.", "question": "Who?", "is_answerable": False}
    assert outcome_of("The handbook keeps quiet on it.", **told) == "refused"
    assert outcome_of("Our commander.", **told) == "wrong"
