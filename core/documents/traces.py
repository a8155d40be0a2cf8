"""Where the text of a document lies in the file it was read from, so that a copy of the file can be anonymized.

A slot is a place of the file that holds text: a paragraph, a cell, a sheet's name. The document's text holds what the
reader showed of each slot, once or (the title of a table's column) several times.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

_STRETCH = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Characters `start` to `end` become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Characters `start` to `end` of the document's text are what the reader showed of `slot`, from its first character."""

    start: int
    end: int
    slot: Hashable


def collapsed(raw: str) -> tuple[str, list[int]]:
    """`raw` as readers show it, white space made single blanks, and the index in `raw` of each of its characters."""
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
    """What is to be replaced in each slot, in characters of what the reader showed of it; sorted, without overlap.

    An edit over several slots is written into the one of which it covers most and cut out of the others. A slot that the
    text holds several times is replaced wherever one of these places is.

    Args:
        placed: sorted, without overlap.
        edits: in characters of the document's text.
    """
    starts = [place.start for place in placed]
    found: defaultdict[Hashable, list[Replacement]] = defaultdict(list)
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
            found[place.slot].append(Replacement(start - place.start, end - place.start, text))
    return {slot: merged(parts) for slot, parts in found.items()}


def merged(parts: Iterable[Replacement]) -> list[Replacement]:
    """Sorted replacements without overlap that cover what `parts` cover; the first text that is not empty stays."""
    out: list[Replacement] = []
    for part in sorted(set(parts), key=lambda part: (part.start, -part.end, part.text == "")):
        if out and part.start < out[-1].end:
            out[-1] = Replacement(out[-1].start, max(out[-1].end, part.end), out[-1].text or part.text)
        else:
            out.append(part)
    return out


def replaced(text: str, parts: Iterable[Replacement]) -> str:
    """`text` with `parts` (sorted, without overlap) replaced."""
    pieces: list[str] = []
    at = 0
    for part in parts:
        pieces += (text[at : part.start], part.text)
        at = part.end
    return "".join([*pieces, text[at:]])


def in_raw(places: Sequence[int], parts: Iterable[Replacement]) -> list[Replacement]:
    """`parts` of what `collapsed` gave, in characters of its raw text."""
    return [Replacement(places[part.start], places[part.end - 1] + 1, part.text) for part in parts]
