"""The second detector and the vote: real model, invented texts."""

import json
import sys
from pathlib import Path

import pytest

from core.cli.app import main
from core.errors import SetupError
from core.privacy import Detector, build_detector
from core.privacy.detection.filters import Filter
from core.privacy.detection.networks.candidates import stretches
from core.privacy.detection.networks.rampart import Rampart, load_rampart
from core.privacy.detection.voting import THRESHOLD, vote
from core.records import Detection
from tests.privacy.detection.test_detection import IDENTIFIERS, READABLE, covered

MODELS = Path(sys.prefix) / "share/garrison/models"
# What one model and rules leave open, and the second finds.
ADDED = [
    ("The parcel went to 4 The Paddock, Great Melwick, MK17 0RB.", "4 The Paddock, Great Melwick, MK17 0RB"),
    ("Oyelaran signed; nobody asked Mukherjee-Blythe why.", "Mukherjee-Blythe"),
    ("The key is with Ngozi at Rua das Flores 211, 4050-265 Porto.", "4050-265 Porto"),
    ("nurse ifeoma brought tea to oduya", "ifeoma"),
]
DOCTRINE = [
    "Refer to TM 9-2320-280-20 for the repair.",
    "AR 710-2 and DA PAM 710-2-1 give the rules.",
    "Set the elevation to 3200 mils.",
    *READABLE,
    "Perform task 071-326-5605 and employ hand grenades (071-COM-0502).",
    "LANE TRAINING 4-25. Lane training is a company-level event.",
    "The enemy actively deploys to maximize the effect of fires (also called D3A).",
    "2-29. Each course of action is briefed on land (JP 3-31).",
    "Order bolt 5305-00-068-0508 and fit part number 12009872 to the M240B.",
]


@pytest.fixture(scope="module")
def thorough() -> Detector:
    return build_detector(MODELS / "en-core-web-md", MODELS / "rampart")


@pytest.fixture(scope="module")
def rampart() -> Rampart:
    return load_rampart(MODELS / "rampart")


def detection(start: int, end: int, *, score: float = 0.9, entity: str = "PERSON", detector: str = "rampart") -> Detection:
    return Detection(start=start, end=end, entity=entity, score=score, detector=detector)


@pytest.mark.parametrize(("text", "value"), ADDED, ids=[value for _, value in ADDED])
def test_thorough_covers_what_standard_leaves(text: str, value: str, detector: Detector, thorough: Detector) -> None:
    assert not covered(text, value, detector)
    assert covered(text, value, thorough)


@pytest.mark.parametrize("value", ["121530ZNOV26", "121530Z NOV 26"])
def test_a_date_time_group_is_a_time_and_nobodys_number(value: str, thorough: Detector) -> None:
    found = thorough.detect([f"DTG {value} confirmed."])[0]
    assert [(one.start, one.end, one.entity) for one in found] == [(4, 4 + len(value), "DATE_TIME")]


def test_thorough_covers_all_that_standard_covers(detector: Detector, thorough: Detector) -> None:
    texts = [text for text, _ in IDENTIFIERS]
    for text, before, after in zip(texts, detector.detect(texts), thorough.detect(texts), strict=True):
        marked = {place for found in after for place in range(found.start, found.end)}
        assert all(p in marked for d in before for p in range(d.start, d.end) if text[p].isalnum()), text


def test_doctrine_and_technical_prose_gets_no_further_mask(detector: Detector, thorough: Detector) -> None:
    before, after = detector.detect(DOCTRINE), thorough.detect(DOCTRINE)
    masked = [[text[d.start : d.end] for d in found] for text, found in zip(DOCTRINE, after, strict=True)]
    assert masked == [[text[d.start : d.end] for d in found] for text, found in zip(DOCTRINE, before, strict=True)]


def test_several_texts_give_the_same_as_one_by_one_with_both(thorough: Detector) -> None:
    texts = [text for text, _ in [*ADDED, *IDENTIFIERS[:8]]] + [""]
    places = [[(d.start, d.end, d.entity) for d in found] for found in thorough.detect(texts)]
    assert places == [[(d.start, d.end, d.entity) for d in thorough.detect([text])[0]] for text in texts]


def test_who_found_a_span_is_told(thorough: Detector) -> None:
    text = "Yesterday we met Mr. Graham Ellison there. Nobody asked Mukherjee-Blythe."
    assert [d.detector for d in thorough.detect([text])[0]] == ["rampart+rules+spacy", "rampart+spacy"]


def test_names_are_found_at_every_place_of_a_text_of_many_windows(rampart: Rampart) -> None:
    filler = "the oil was dark and the pump ran warm all night while "  # lower case and without an end: one stretch
    text = "".join(f"{filler * (number % 5)}Oyelaran Mukherjee sat there and " for number in range(40))[:1_990]
    found = next(rampart.analyze([text]))
    marked = {place for d in found for place in range(d.start, d.end)}
    assert text.count("Oyelaran Mukherjee") >= 10
    assert all(text.index("Oyelaran", at) in marked for at in _starts(text, "Oyelaran Mukherjee"))


def _starts(text: str, value: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(value, at)]


@pytest.mark.parametrize(
    "text", ["한" * 1_900 + " A", "\u200bA\u0301\u0301" * 600, "A" * 2_000, "😀 Zoë " * 300, "\x00\ufffdA" * 500, " \n ", ""]
)
def test_hostile_pieces_give_places_inside_them(text: str, rampart: Rampart) -> None:
    [found] = rampart.analyze([text])
    assert all(0 <= d.start < d.end <= len(text) and d.score <= 1 for d in found)


def test_weak_findings_confirm_and_add_nothing() -> None:
    text = "Here is Anna Berg and there is Olof Ek in the yard."
    first = [detection(8, 17, detector="spacy")]
    second = [detection(8, 17, score=THRESHOLD - 0.1), detection(31, 38, score=THRESHOLD - 0.1)]
    assert vote(text, first, second, Filter.of(text)) == [detection(8, 17, detector="rampart+spacy")]


def test_a_finding_of_another_type_counts_as_agreement() -> None:
    text = "Here is Anna Berg."
    voted = vote(text, [detection(8, 17, detector="spacy", entity="ORGANIZATION")], [detection(8, 17)], Filter.of(text))
    assert {d.detector for d in voted} == {"rampart+spacy"}


def test_words_without_a_capital_and_bare_phone_numbers_are_not_added() -> None:
    text = "they actively dial 071-326-5605 or +44 1632 960517 daily"
    second = [detection(5, 13), detection(19, 31, entity="PHONE_NUMBER"), detection(35, 50, entity="PHONE_NUMBER")]
    assert vote(text, [], second, Filter.of(text)) == [second[2]]


def test_only_sentences_that_can_hold_something_are_asked_about() -> None:
    text = "The crew checks the filter. Sgt. Harlow helps. The rifle is clean. Stock 2320 is low.\n\nThe end of the text."
    assert [text[at : at + len(part)] for at, part in stretches(text)] == ["Sgt. Harlow helps.", "Stock 2320 is low."]
    assert list(stretches("no capital here")) == [(0, "no capital here")]


@pytest.mark.model
def test_a_missing_or_damaged_second_model_is_a_setup_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="missing"):
        load_rampart(tmp_path)
    (tmp_path / "config.json").write_text('{"id2label": {"0": "O"}}', encoding="utf-8")
    with pytest.raises(SetupError, match="cannot be loaded"):
        load_rampart(tmp_path)


@pytest.mark.model
def test_the_command_line_takes_a_level_and_thorough_is_the_default(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": 1, "text": ADDED[3][0]}) + "\n", encoding="utf-8")
    found = {}
    for level in ((), ("--level", "standard"), ("--level", "bogus")):
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(tmp_path / "home"), "detect", str(rows), str(tmp_path / "spans.jsonl"), *level])
        found[level] = ended.value.code, (tmp_path / "spans.jsonl").read_text(encoding="utf-8")
    assert [code for code, _ in found.values()] == [0, 0, 2]
    assert "rampart" in found[()][1]
    assert "rampart" not in found["--level", "standard"][1]
