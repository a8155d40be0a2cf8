"""Map a document's text back to the places in its file, so that a copy of the file can be anonymized.

A slot is a place in the file that holds text: a paragraph, a cell, a sheet's name. The document's text contains each slot
as the reader showed it, once or several times (as with a column's title).
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

_STRETCH = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Replacement:
    """A replacement of characters `start` to `end` by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A slot's position: characters `start` to `end` of the document's text are `slot` as shown, from its beginning."""

    start: int
    end: int
    slot: Hashable


def collapsed(raw: str) -> tuple[str, list[int]]:
    """Collapse white space as readers do, and return the result with the index in `raw` of each of its characters.

    White space becomes single blanks and is removed at both ends.
    """
    pieces: list[str] = []
    places: list[int] = []
    for match in _STRETCH.finditer(raw):
        if match[0].isspace():
            if pieces and match.end() < len(raw):
                pieces.append(" ")
                places.append(match.start())
        else:
            pieces.append(match[0])
            places.extend(range(match.start(), match.end()))
    return "".join(pieces), places


def slot_replacements(placed: Sequence[Placed], edits: Iterable[Replacement]) -> dict[Hashable, list[Replacement]]:
    """Turn edits of the text into replacements within each slot, sorted and without overlap.

    Offsets in the result count characters of the slot as the reader showed it. An edit across several slots is written
    into the one that holds most of it and cut out of the others. A slot that occurs in the text several times collects
    the edits of all its occurrences.

    Args:
        placed: the slots' positions, sorted, without overlap.
        edits: with offsets in the document's text.
    """
    starts = [place.start for place in placed]
    by_slot: defaultdict[Hashable, list[Replacement]] = defaultdict(list)
    for edit in edits:
        index = max(0, bisect_right(starts, edit.start) - 1)
        touched: list[tuple[Placed, int, int]] = []
        while index < len(placed) and placed[index].start < edit.end:
            start, end = max(edit.start, placed[index].start), min(edit.end, placed[index].end)
            if start < end:
                touched.append((placed[index], start, end))
            index += 1
        main = max(touched, key=lambda item: item[2] - item[1])[0] if touched else None
        for place, start, end in touched:
            text = edit.text if place is main else ""
            by_slot[place.slot].append(Replacement(start - place.start, end - place.start, text))
    return {slot: merged(parts) for slot, parts in by_slot.items()}


def merged(parts: Iterable[Replacement]) -> list[Replacement]:
    """Merge overlapping `parts` and return them sorted; a merged part keeps the first text that is not empty."""
    out: list[Replacement] = []
    for part in sorted(set(parts), key=lambda part: (part.start, -part.end, part.text == "")):
        if out and part.start < out[-1].end:
            out[-1] = Replacement(out[-1].start, max(out[-1].end, part.end), out[-1].text or part.text)
        else:
            out.append(part)
    return out


def replaced(text: str, parts: Iterable[Replacement]) -> str:
    """Apply `parts` (sorted, without overlap) to `text`."""
    pieces: list[str] = []
    at = 0
    for part in parts:
        pieces += (text[at : part.start], part.text)
        at = part.end
    return "".join([*pieces, text[at:]])


def in_raw(places: Sequence[int], parts: Iterable[Replacement]) -> list[Replacement]:
    """Convert `parts` of a collapsed text to offsets in its raw text; `places` comes from `collapsed`."""
    return [Replacement(places[part.start], places[part.end - 1] + 1, part.text) for part in parts]
