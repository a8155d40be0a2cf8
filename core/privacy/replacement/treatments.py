"""What happens to a piece of personal data: five treatments, chosen for each type in each project."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import get_args

from core.records import Detection, Treatment

TREATMENTS: tuple[Treatment, ...] = get_args(Treatment)

# What a span holds in place of a surrogate; people see these words beside the original.
BLOCKS = "\u2588" * 5  # always five, so that they do not show how long the original was
REMOVED = "\u27e8removed\u27e9"
KEPT = "\u27e8stays readable\u27e9"
_REPLACED = re.compile(rf"<[A-Z][A-Z_]*_\d+>|{BLOCKS[0]}+")  # labels and blocks in a text that was anonymized before


def outside_replaced(text: str, detections: Iterable[Detection]) -> list[Detection]:
    """Return the detections without what lies on labels and blocks, so that an anonymized text is not masked twice."""
    places = [match.span() for match in _REPLACED.finditer(text)]
    return [rest for detection in detections for rest in _rest(text, detection, places)] if places else list(detections)


def _rest(text: str, detection: Detection, places: Sequence[tuple[int, int]]) -> list[Detection]:
    rest, at = [], detection.start
    first = bisect_right(places, at, key=lambda place: place[1])  # the first that ends after the start
    later = (places[index] for index in range(first, len(places)))  # a slice would copy all of them
    for start, end in chain(later, [(detection.end, detection.end)]):
        stop = min(start, detection.end)
        piece = text[at:stop]
        if any(character.isalnum() for character in piece):
            left = at + len(piece) - len(piece.lstrip(" <>_"))
            rest.append(replace(detection, start=left, end=at + len(piece.rstrip(" <>_"))))
        if stop == detection.end:
            break
        at = end
    return rest


def describe(treatment: Treatment) -> str:
    """Describe the treatment in words for people."""
    return _WORDS[treatment]


_WORDS: dict[Treatment, str] = {
    "surrogate": "invented value of the same kind",
    "tag": "numbered label, such as <PERSON_12>",
    "mask": f"blocks of one length, {BLOCKS}",
    "remove": "nothing: it is taken out",
    "keep": "stays readable",
}
