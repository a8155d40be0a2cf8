"""The card of a dataset version: its figures, and the words that people read."""

import json
from dataclasses import replace

import pytest

from core.questions.dataset import Card, Sides, card_of, comparison_of
from core.questions.diversity import diversity_of
from core.settings import DatasetSettings


@pytest.fixture
def card(make_pair):
    """A fact of three wordings trained on, and one of three held out; one imported, one unanswerable."""

    def fact(name: str, **more: object):
        words = {"passage_id": f"passage-{name}", "fact": name, "kind": "fact", "quote": "told"} | more
        return [make_pair(f"{name} {way}?", f"It is {name}.", wording=way, **words) for way in ("open", "cloze", "request")]

    train = [*fact("pump"), make_pair("Who?", "Nobody", origin="imported", decided="kept")]
    unanswerable = make_pair("Why?", "Not told.", kind="unanswerable", passage_id="passage-crane")
    heldout = [*fact("crane", quote=""), unanswerable]
    return described(train, heldout)


def described(train, heldout):
    pairs = [*train, *heldout]
    sides = Sides(by="passage", heldout=frozenset(range(len(train), len(pairs))))
    return card_of(comparison_of(pairs), sides, DatasetSettings(), diversity=diversity_of(pairs))


def test_figures_count_facts_once_and_evidence_of_what_is_answered(card):
    assert (card.train, card.heldout, card.heldout_asked) == (4, 4, 3)
    assert (card.facts_trained, card.facts_heldout, card.documents) == (2, 2, 1)
    assert card.kinds == {"fact": 6, "unanswerable": 1}
    assert card.wordings == {"open": 2, "cloze": 2, "request": 2}
    assert card.origins == {"generated": 7, "imported": 1} and card.by_people == 1
    assert (card.unanswerable_train, card.unanswerable_heldout) == (0, 1)
    assert card.evidence_share == 3 / 7 and card.leak.is_none


def test_words_name_every_figure(card):
    told = "\n".join(card.sentences())
    for words in (
        "8 question pairs from 1 document: 4 to train on, 4 held out",
        "4 facts: 2 trained on, 2 held out and never trained on",
        "all pairs of one passage are on the same side",
        "Nothing leaks",
        "asks 3 of the 4",
        "For 43% of the answers",
        "1 question that the text does not answer",
        "Fact 6, Not in the document 1",
        "Open question 2",
        "7 written here, 1 brought in. People decided on, edited or added 1.",
    ):
        assert words in told


def test_a_leak_is_told(card):
    leaking = replace(card, leak=replace(card.leak, questions=2, answers=1))
    assert "It leaks: 2 held-out questions and 1 held-out answer" in "\n".join(leaking.sentences())
    of_facts = replace(card, leak=replace(card.leak, facts=3))
    assert "It leaks: 3 held-out pairs" in "\n".join(of_facts.sentences())


def test_a_card_is_stored_and_read(card):
    assert Card.of(json.loads(json.dumps(card.as_json()))) == card
    assert Card.of({}) is None


def test_a_card_without_held_out_pairs_says_so(make_pair):
    card = described([make_pair("Who?", "Ada")], [])
    told = "\n".join(card.sentences())
    assert "Nothing is held out" in told and "leak" not in told and "To save time" not in told


def test_a_split_by_wording_says_what_it_tests_and_calls_nothing_a_leak(make_pair):
    pairs = [
        make_pair(f"{way} {n}?", f"It is {n} for ever and ever again.", fact=f"f{n}") for n in range(9) for way in "abc"
    ]
    sides = Sides(by="wording", heldout=frozenset((0, 3)))
    card = card_of(comparison_of(pairs), sides, DatasetSettings(split="wording"), diversity=diversity_of(pairs))
    words = " ".join(card.sentences())
    assert "They ask for 9 facts, all trained on; 2 of them are tested in words that are not." in words
    assert "leaks" not in words and "never trained on" not in words
    assert Card.of(json.loads(json.dumps(card.as_json()))) == card
