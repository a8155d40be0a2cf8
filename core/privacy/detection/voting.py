"""Two detectors' results for one text combined into one list: the second confirms the first, and adds what it is sure of."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.detectors import detectors_of, joined
from core.privacy.detection.filters import Filter, is_technical
from core.records import Detection

# Minimum score, 0 to 1, at which the second detector is believed alone. Share of characters masked in the 1,500 synthetic
# texts, at a precision of .946 to .948: .955 with a threshold of .5, .953 with .7, .951 with .8, .945 with .9, .937 with .95
# (.916 without a second detector). In five field manuals (0.9 million characters) every false detection that the rules below
# and `rampart.py` let pass scored below .8.
THRESHOLD = 0.8


def vote(text: str, first: Sequence[Detection], second: Sequence[Detection], sieve: Filter) -> list[Detection]:
    """Return all of `first` and what `second` is sure of, crediting both if the other covers at least half of a detection.

    Args:
        text: the text that both have read.
        first: sorted detections without overlap.
        second: sorted detections without overlap, of any score: weak ones confirm, but add nothing.
        sieve: the filter built from what the text says about its own words.

    Returns:
        Detections that may overlap. `detector` names every detector that sees personal data there, of whatever type
        ("rampart+spacy"), so that what one model alone found stands out in review.
    """
    sure = [part for detection in second if detection.score >= THRESHOLD for part in _believed(text, detection, sieve)]
    return [*_credited(first, second), *_credited(sure, first)]


def _credited(detections: Sequence[Detection], others: Sequence[Detection]) -> Iterator[Detection]:
    starts = [other.start for other in others]
    for detection in detections:
        yield replace(detection, detector=joined(detectors_of(detection) | _agreeing(detection, others, starts)))


def _agreeing(detection: Detection, others: Sequence[Detection], starts: Sequence[int]) -> set[str]:
    """Return the detectors in `others` that together cover at least half of `detection`."""
    at, covered = max(0, bisect_right(starts, detection.start) - 1), 0
    names: set[str] = set()
    while at < len(others) and others[at].start < detection.end:
        shared = min(detection.end, others[at].end) - max(detection.start, others[at].start)
        if shared > 0:
            covered += shared
            names |= detectors_of(others[at])
        at += 1
    return names if covered * 2 >= detection.end - detection.start else set()


def _believed(text: str, detection: Detection, sieve: Filter) -> Iterator[Detection]:
    """Yield what the filters for names in prose leave of a detection; one with a digit or "@" is not prose, and stays."""
    value = text[detection.start : detection.end]
    if detection.entity == "PHONE_NUMBER" and value[0] not in "+(":
        return  # task and part numbers look like "071-326-5605" too; a rule finds numbers near a word such as "phone"
    if is_technical(text, detection.start, detection.end):
        return
    if detection.entity not in ("PERSON", "LOCATION") and any(
        character.isdigit() or character in "@." for character in value
    ):
        yield detection
    elif any(character.isupper() for character in value):  # the network is blind to case: "actively" looks like a name
        yield from sieve.kept(text, detection)
