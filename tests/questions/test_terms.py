"""Terms that a document defines, and passages that speak of the same."""

import pytest

from core.questions.terms import MOST_TERMS, defined_terms, links, terms_in


@pytest.mark.parametrize(
    ("text", "term", "meaning"),
    [
        ("A red tag is a mark on what must not be started.", "red tag", "a mark on what must not be started"),
        ("The term relief valve means the valve at the boiler.", "relief valve", "the valve at the boiler"),
        ("Load line: The mark to which a ship may be loaded.", "Load line", "The mark to which a ship may be loaded"),
        ("Eine Sperrkarte ist eine Karte für gesperrte Geräte.", "Sperrkarte", "eine Karte für gesperrte Geräte"),
        ("The Central Repair Depot (CRD) opens at six.", "CRD", "Central Repair Depot"),
    ],
)  # fmt: skip
def test_a_definition_gives_its_term(text, term, meaning):
    assert defined_terms(text)[term] == meaning


@pytest.mark.parametrize(
    "text", ["This is a test.", "It is the last one.", "The filter must be replaced.", "There is a pump.", "", "x" * 5000]
)
def test_what_defines_nothing_gives_no_term(text):
    assert defined_terms(text) == {}


def test_terms_are_found_as_words_also_in_the_plural_and_not_where_they_are_defined():
    terms = {"red tag": "a mark", "pump": "a machine", "rump": "no", "CRD": "Central Repair Depot"}
    assert list(terms_in("Red tags lie at the CRD near the pumps.", terms)) == ["red tag", "pump", "CRD"]
    assert terms_in("Red tags lie near.", terms, own=["red tag"]) == {}
    assert terms_in("The pumped oil is hot.", terms) == {}


def test_few_terms_are_given_to_a_model():
    terms = {f"term{number}": "x" for number in range(30)}
    assert len(terms_in(" ".join(terms), terms)) == MOST_TERMS


def test_passages_that_share_a_rare_term_or_code_are_linked():
    texts = [
        "The KV-2231 is green.",
        "Nothing here.",
        "Grease the KV-2231 daily.",
        "A red tag hangs.",
        "Remove the red tag.",
    ]
    assert links(texts, ["red tag"]) == {0: (2, "KV-2231"), 3: (4, "red tag")}


def test_what_stands_in_every_passage_links_nothing():
    assert links(["The KV-2231 again."] * 20, []) == {}
    assert links([], ["red tag"]) == links(["alone: KV-2231"], []) == {}
