"""Names of detectors: the stored text, and that one module alone joins and splits it."""

import re
from pathlib import Path

import pytest

from core import detectors
from core.detectors import LIST, MODELS, PROPAGATION, RAMPART, REVIEWER, RULES, SPACY, detectors_of, joined, split
from core.records import Detection, Span
from core.services.privacy.second_search import other_detector
from core.services.review.risk import span_risks

ROOT = Path(__file__).resolve().parent.parent
# "+" taken apart or put together, a name looked for as a part of the text, a name written out where it is given or compared
STRAY = re.compile(
    r"""detector\w*\)?\.(split|partition)\(|"\+"\.join|\bin [\w.\[\]]+\.detector\b"""
    r"""|detector\w*\s*(==|!=|=|not in|in) \(?"(rules|spacy|rampart|propagation|list|reviewer)"|detector="[a-z]"""
)


def span(detector: str) -> Span:
    return Span(id=detector, document_id="d", start=0, end=4, entity="PERSON", score=0.9, detector=detector)


def test_the_stored_text_stays_as_it_is_in_workspaces_made_before():
    assert joined(["spacy", "rules", "spacy"]) == "rules+spacy"
    assert joined([RAMPART]) == "rampart"
    assert {RULES, SPACY, RAMPART, PROPAGATION, LIST, REVIEWER} == {
        "rules", "spacy", "rampart", "propagation", "list", "reviewer",
    }  # fmt: skip


@pytest.mark.parametrize("names", [{RULES}, {SPACY, RAMPART}, {LIST, PROPAGATION, RULES, SPACY}])
def test_what_is_joined_is_split_again(names: set[str]):
    assert split(joined(names)) == names
    assert detectors_of(Detection(start=0, end=1, entity="PERSON", score=1.0, detector=joined(names))) == names
    assert detectors_of(span(joined(names))) == names


def test_no_name_holds_the_sign_that_joins_them():
    names = [
        value for name, value in vars(detectors).items() if name.isupper() and isinstance(value, str) and name != "_PLUS"
    ]
    assert len(names) == 6
    assert all(split(name) == {name} for name in names)


def test_a_name_is_asked_for_whole_and_not_as_a_part_of_another():
    assert other_detector([span("rampart+rules")]) == SPACY
    assert other_detector([span("rampart-next+rules")]) == RAMPART


def test_only_what_one_model_alone_found_counts_as_lone():
    text = "Vale Vale"  # twice, so that no rare name adds points
    one, two = span(SPACY), span(joined(MODELS))
    assert span_risks(text, [one, two]) == {one.id: 2, two.id: 0}


def test_nothing_else_joins_or_splits_names_or_spells_them_out():
    lines = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("core", "dashboard")
        for path in (ROOT / folder).rglob("*.py")
        if path != ROOT / "core/detectors.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if STRAY.search(line)
    ]
    assert lines == []


@pytest.mark.parametrize(
    "line",
    [
        'names = found.detector.split("+")',
        'detector = "+".join(names)',
        'if "rules" in span.detector:',
        'if span.detector == "spacy":',
        'if span.detector in ("spacy", "rampart"):',
        'Span(detector="reviewer")',
    ],
)
def test_the_search_for_stray_names_sees_what_it_should(line: str):
    assert STRAY.search(line)
