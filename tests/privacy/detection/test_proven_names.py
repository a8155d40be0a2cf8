"""What a text writes small elsewhere uncovers no name that it proves: the real models, invented people."""

import sys
from pathlib import Path

import pytest

from core.privacy import Detector, build_detector, mask
from core.privacy.detection.networks.engine import build_engine
from core.privacy.detection.proven_names import is_full_name, proven_words
from core.privacy.text.letter_case import capitalized
from core.records import Detection, Span
from core.services.review.second_search import search_again

MODELS = Path(sys.prefix) / "share/garrison/models"
# A text, what must be masked in it wherever it stands, and what must stay readable.
TEXTS = [
    ("Orla Tarkwell took the key. Later orla tarkwell brought it back.", ["orla tarkwell"], ["key"]),
    (
        "Hannah Merrick checked the valve on Monday and signed the sheet. The report of Hannah Merrick was read aloud, and "
        "Hannah Merrick answered.\n\n[10:40] hannah merrick: on my way\n[10:41] duty: thank you",
        ["hannah merrick"],
        ["valve", "duty", "on my way"],
    ),
    ("Hannah Merrick has the key. Merrick left.\n[10:42] duty: ask merrick about it", ["merrick"], ["ask"]),
    (
        "Sgt Pike closed the gate. Pike left. The pike pole lies in the shed.",
        ["Sgt Pike"[4:], "Pike left"[:4]],
        ["pike pole"],
    ),
    (
        "Mark Rose opened it. The pressure rose to 4 bar. Mark the end. Rose left.",
        ["Mark Rose", "Rose"],
        ["rose to", "Mark the"],
    ),
    ("We met Mr Black there. The black cable will be cut. Black took it.", ["Black"], ["black cable"]),
    ("Ask for Tarkwell at o.tarkwell@unit.local. Nobody knew why tarkwell left. Tarkwell knew.", ["Tarkwell"], ["left"]),
    ("Ask Nora O'Brien. O'Brien left. Later nora o'brien came, and o'brien knew.", ["Nora O'Brien", "O'Brien"], ["came"]),
    ("Pieter van der Zyl came. Later pieter van der zyl left.", ["pieter van der zyl"], ["came", "left"]),
    ("No Merrick came, and another Merrick left. Hannah Merrick stayed.", ["Merrick"], ["another", "stayed"]),
    ("THE SHEET OF HANNAH MERRICK IS MISSING. hannah merrick has it.", ["HANNAH MERRICK", "hannah merrick"], ["has it"]),
    (
        "The key is with Hannah\nMerrick now. Later hannah merrick left. Merrick came back.",
        ["Hannah\nMerrick", "Merrick"],
        [],
    ),
    ("Moses Okereke came. Later moses okereke left, and Okereke knew.", ["Moses Okereke", "Okereke"], ["knew"]),
    ("sgt orla tarkwell opened the gate. later tarkwell closed it. Thank you.", ["orla tarkwell", "tarkwell"], ["gate"]),
    ("we met mr mark rose there. rose left. OK.", ["mark rose", "rose"], ["left"]),
]
LEVELS = ["standard", "thorough"]


@pytest.fixture(scope="module")
def detectors(detector: Detector) -> dict[str, Detector]:
    """One of each level."""
    return {"standard": detector, "thorough": build_detector(MODELS / "en-core-web-md", MODELS / "rampart")}


def readable(text: str, detector: Detector) -> str:
    """The text with a "#" on each letter and digit that is masked."""
    masked = {at for found in detector.detect([text])[0] for at in range(found.start, found.end)}
    return "".join("#" if at in masked and letter.isalnum() else letter for at, letter in enumerate(text))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("text", "names", "rest"), TEXTS, ids=[text[:30] for text, _, _ in TEXTS])
def test_a_proven_name_stays_masked_whatever_the_text_writes_small(
    text: str, names: list[str], rest: list[str], level: str, detectors: dict[str, Detector]
) -> None:
    left = readable(text, detectors[level])
    assert [name for name in names if name in left] == []
    assert [part for part in rest if part not in left] == []


@pytest.mark.parametrize("level", LEVELS)
def test_one_line_of_a_chat_leaves_a_hundred_and_twenty_mentions_masked(level: str, detectors: dict[str, Detector]) -> None:
    report = "The report of Hannah Merrick was read aloud, and the valve was closed again.\n\n" * 120
    left = readable(report + "[10:40] hannah merrick: on my way", detectors[level])
    assert "merrick" not in left.casefold() and "hannah" not in left.casefold()


def test_a_capital_elsewhere_does_not_change_how_small_letters_are_read() -> None:
    small = "[10:40] orla tarkwell: thank you\n[10:41] then: ask luis bergmoor"
    assert capitalized(small) == "[10:40] Orla Tarkwell: thank you\n[10:41] then: ask Luis Bergmoor"
    assert capitalized(f"The pump runs.\n{small}\n\nOK") == f"The pump runs.\n{capitalized(small)}\n\nOK"


@pytest.mark.parametrize(
    "text",
    ["The pump runs and\nthe grommet is tight.", "See core/grommet.py and `make grommet`.", "a.grommet@unit.local", ""],
)
def test_ordinary_prose_code_and_addresses_are_read_as_they_are_written(text: str) -> None:
    assert capitalized(text) == text


@pytest.mark.parametrize(
    ("value", "entity", "is_full"),
    [
        ("Hannah Merrick", "PERSON", True),
        ("Orla Tarkwell", "ORGANIZATION", True),
        ("J. Ellison", "PERSON", True),
        ("Mark Field", "LOCATION", True),
        ("Jean-Marc d'Orsay", "PERSON", True),
        ("Merrick", "PERSON", False),
        ("Hydraulic Pump", "PERSON", False),
        ("Tarkwell Workshop", "ORGANIZATION", False),
        ("Contiguous AOs", "PERSON", False),
        ("Green, Amber", "ORGANIZATION", False),
        ("Type 4 Ellison", "PERSON", False),
    ],
)
def test_full_names_are_told_by_their_form(value: str, entity: str, is_full: bool) -> None:
    assert is_full_name(value, entity) is is_full


def test_common_nouns_that_one_model_takes_for_a_name_prove_nothing() -> None:
    text = "Religious Rites are held. The religious rites are many, and a rites book helps. Such religious acts help."
    found = [Detection(start=0, end=15, entity="PERSON", score=0.85, detector="spacy")]
    assert proven_words(text, found) == frozenset()
    again = [*found, Detection(start=0, end=15, entity="PERSON", score=0.9, detector="rampart")]
    assert proven_words(text, again) == {"religious", "rites"}


def test_the_second_search_shows_what_is_left_of_a_masked_name_in_small_letters() -> None:
    text = "Hannah Merrick has the key. Ask merrick about it."
    span = Span(
        id="span-1", document_id="d", start=0, end=14, entity="PERSON", score=1.0, detector="rules", surrogate="Zoe Ash"
    )
    found = search_again(build_engine(MODELS / "en-core-web-md"), text, mask(text, [span]), [span])
    assert [text[start:end] for start, end, _ in found] == ["merrick"]


def test_the_second_search_finds_names_in_a_text_without_capitals() -> None:
    text = "sgt orla tarkwell opened the gate. hannah merrick closed it."
    found = search_again(build_engine(MODELS / "en-core-web-md"), text, mask(text, []), [])
    assert [text[start:end] for start, end, _ in found] == ["orla tarkwell", "hannah merrick"]


pytestmark = pytest.mark.model
