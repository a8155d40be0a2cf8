"""Filters of texts written for continued training."""

import pytest

from core.questions.text_filters import TEXT_REASONS, fault_of_text

PASSAGE = (
    "The fuel tank holds 140 liters of diesel oil. The filter must be replaced every 500 operating hours by Mr Ames. "
    "The duty engineer records each replacement in the log within 24 hours."
)
GOOD = (
    "Diesel oil is kept in the fuel tank, which takes 140 liters. After 500 operating hours at the latest, a new filter is "
    "put in, and the engineer on duty writes that replacement into the log before a day has passed."
)

ELSEWHERE = (
    "Cats sleep on sofas all day. They like fish, milk, warm rooms, sun, rain and soft rugs, as dogs do, too, in winter."
)


def names(text: str) -> list[str]:
    return [name for name in ("Ames", "Berglund") if name in text]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD, None),
        (GOOD.replace("the engineer on duty", "Mr Ames"), None),
        (GOOD.replace("the engineer on duty", "Mr Berglund"), "personal data"),
        ("The tank.", "shape"),
        ("The filter of the fuel tank. " * 60, "shape"),
        ("The filter is replaced often.\n" * 8 + "It holds oil.", "shape"),
        (PASSAGE, "copied"),
        (PASSAGE + " So much for that.", "copied"),
        (ELSEWHERE, "off subject"),
    ],
)  # fmt: skip
def test_a_text_is_judged_beside_its_passage(text, reason):
    fault = fault_of_text(text, PASSAGE, names)
    assert (fault.name if fault else None) == reason


def test_every_reason_is_explained():
    assert all(reason.words and reason.description.endswith(".") for reason in TEXT_REASONS.values())


def test_a_search_for_personal_data_is_not_begun_for_what_is_dropped_anyway():
    def fail(_: str) -> list[str]:
        raise AssertionError("searched")

    assert fault_of_text("The tank.", PASSAGE, fail) is not None
