"""What a document is about, by its first page and the words it uses most."""

import pytest

from core.questions.domain import Domain, domain_of


@pytest.mark.parametrize(
    ("beginning", "body", "expected"),
    [
        (
            "Handbook 7\nHARBOR SAFETY\nIssued in May.",
            "The harbor safety officer rates harbor safety.",
            Domain("harbor safety"),
        ),
        (
            "Care of Long-Range Sonar Buoys, third edition",
            "Crews clean sonar buoys. Long-range sonar buoys (LRSB) last a year.",
            Domain("long-range sonar buoys", "LRSB"),
        ),
        ("WELDING\nA course book", "Welding needs care. When welding, close your eyes.", Domain("welding")),
    ],
)
def test_a_phrase_that_first_page_and_text_share_is_the_domain(beginning, body, expected):
    assert domain_of("\n\n".join((beginning.ljust(1500, "."), *[body] * 9))) == expected


@pytest.mark.parametrize(
    ("beginning", "body"),
    [
        ("Handbook 7\nHARBOR SAFETY", "The valve test comes first. Every valve test is written down."),  # of something else
        ("Pumps, Valves, and Gauges", "Pumps need oil. Valves need care. Gauges need glass."),  # no word stands out
        ("", ""),
    ],
)
def test_without_agreement_there_is_none(beginning, body):
    assert domain_of("\n\n".join((beginning.ljust(1500, "."), *[body] * 9))) is None


def test_a_short_text_has_none():
    assert domain_of("HARBOR SAFETY\n\nHarbor safety comes first.") is None


def test_capitals_that_it_always_has_are_kept():
    assert domain_of(
        "The Elbe Pilots".ljust(1500, ".") + "\n\nAll Elbe Pilots know the river. " + "The Elbe Pilots know it. " * 9
    ) == Domain("Elbe Pilots")
