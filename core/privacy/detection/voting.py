"""What two detectors say about one text, made into one list: the second confirms, and adds what it is sure of."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.privacy.detection.filters import Filter, is_technical
from core.records import Detection

# The least score at which the second detector is believed alone, 0 to 1. Measured on the 1,500 synthetic texts, characters
# masked, at a precision of .946 to .948: .5 .955, .7 .953, .8 .951, .9 .945, .95 .937 (without a second detector .916). In
# five field manuals (0.9 million characters) every false mask that the rules below and `rampart.py` leave stood below .8.
THRESHOLD = 0.8


def vote(text: str, first: Sequence[Detection], second: Sequence[Detection], sieve: Filter) -> list[Detection]:
    """Everything in `first`, and what `second` is sure of, each credited to both where the other marks half of it or more.

    Args:
        text: what both have read.
        first: sorted, without overlap.
        second: sorted, without overlap, of any score: weak ones confirm, but add nothing.
        sieve: what the text says about its own words.

    Returns:
        Detections that may overlap. `detector` names everyone who says that personal data stands there, of whatever type
        ("rampart+spacy"), so that what one model alone found stands out in review.
    """
    sure = [part for found in second if found.score >= THRESHOLD for part in _believed(text, found, sieve)]
    return [*_credited(first, second), *_credited(sure, first)]


def _credited(detections: Sequence[Detection], others: Sequence[Detection]) -> Iterator[Detection]:
    starts = [other.start for other in others]
    for found in detections:
        names = {*found.detector.split("+"), *_agreeing(found, others, starts)}
        yield replace(found, detector="+".join(sorted(names)))


def _agreeing(found: Detection, others: Sequence[Detection], starts: Sequence[int]) -> set[str]:
    """The detectors in `others` that together mark half of `found` or more."""
    at, covered = max(0, bisect_right(starts, found.start) - 1), 0
    names: set[str] = set()
    while at < len(others) and others[at].start < found.end:
        shared = min(found.end, others[at].end) - max(found.start, others[at].start)
        if shared > 0:
            covered += shared
            names.update(others[at].detector.split("+"))
        at += 1
    return names if covered * 2 >= found.end - found.start else set()


def _believed(text: str, found: Detection, sieve: Filter) -> Iterator[Detection]:
    """What is left of a finding by what holds for names in prose; one with a digit or an "@" in it is no prose."""
    value = text[found.start : found.end]
    if found.entity == "PHONE_NUMBER" and value[0] not in "+(":
        return  # "071-326-5605" is the form of task and part numbers too; numbers with a word for them have a rule
    if is_technical(text, found.start, found.end):
        return
    if found.entity not in ("PERSON", "LOCATION") and any(character.isdigit() or character in "@." for character in value):
        yield found
    elif any(character.isupper() for character in value):  # the network is blind to case: "actively" looks like a name
        yield from sieve.kept(text, found)
