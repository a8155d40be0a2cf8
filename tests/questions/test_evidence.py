"""Where a text says what a quote says."""

import pytest

from core.questions.evidence import find_evidence

PASSAGE = (
    "The commander’s intent is a clear and concise\nexpression of the purpose of the operation. Batteries are re‑\n"
    "charged every 90 days by two technicians. Do not open the valve while the pump is running. Pressure is 2.5 bar."
)


@pytest.mark.parametrize(
    "quote",
    [
        "expression of the purpose of the operation",
        "The commander's intent is a clear and concise expression of the purpose",  # another apostrophe, no line break
        "  every   90 days ",
        "EVERY 90 DAYS",
        '"Do not open the valve while the pump is running."',
        "2.5 bar",
        "by two technicians.",
    ],
)
def test_quote_is_found_word_for_word(quote):
    found = find_evidence(quote, PASSAGE)
    kept = " ".join(PASSAGE[found.start : found.end].split()).casefold().replace("’", "'")
    assert kept == " ".join(quote.strip('"').split()).casefold()


@pytest.mark.parametrize(
    ("quote", "start", "end"),
    [
        ("Batteries are recharged every 90 days by two technicians.", "Batteries", "technicians."),  # hyphen mended
        ("The commanders intent is a clear, concise expression of the purpose", "The commander", "purpose"),
        ("Do not open a valve while the pump is running", "Do not", "running"),
    ],
)
def test_quote_that_differs_a_little_is_found_with_whole_words(quote, start, end):
    found = find_evidence(quote, PASSAGE)
    kept = PASSAGE[found.start : found.end]
    assert kept.startswith(start) and kept.endswith(end)


@pytest.mark.parametrize(
    "quote",
    [
        "",
        " … ",
        "Batteries are recharged every 60 days by two technicians.",  # another number
        "Do open the valve while the pump is running.",  # the negation is gone
        "Pressure is 2.6 bar.",
        "pressure is 25 bar",
        "sure is 2.5 bar",  # begins in the middle of a word
        "every 9",
        "technician",
        "The pump is cooled with sea water from the hull.",
        PASSAGE + PASSAGE,  # longer than the text
    ],
)
def test_what_the_text_does_not_say_is_no_evidence(quote):
    assert find_evidence(quote, PASSAGE) is None


def test_offsets_hold_after_characters_that_grow_when_lowered():
    text = "İzmir, Straße 4, ﬁrst floor: the key hangs beside the door."
    found = find_evidence("the KEY hangs beside the door", text)
    assert text[found.start : found.end] == "the key hangs beside the door"


def test_empty_text_holds_nothing():
    assert find_evidence("every 90 days", "") is None


def test_signs_of_expressions_in_a_quote_are_only_signs():
    text = "Set (A|B).* to [on] before use."
    found = find_evidence("(A|B).* to [on]", text)
    assert text[found.start : found.end] == "(A|B).* to [on]"
