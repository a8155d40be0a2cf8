"""Spans replaced by their surrogates, and where every character of the original went."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.records import Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` of the original became `masked_start` to `masked_end` of the masked text."""

    start: int
    end: int
    masked_start: int
    masked_end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """The masked text and its edits, in order and without overlap."""

    text: str
    edits: tuple[Edit, ...]

    def position(self, offset: int) -> int:
        """Where the original's character `offset` lies in the masked text; inside a surrogate, the surrogate's start.

        The end of an edited stretch maps to the end of its surrogate, so that `[position(start), position(end)]` of a
        passage that ends with a span holds the whole surrogate.
        """
        index = bisect_right(self.edits, offset, key=lambda edit: edit.start) - 1
        if index < 0:
            return offset
        edit = self.edits[index]
        return edit.masked_start if offset < edit.end else edit.masked_end + (offset - edit.end)


def mask(text: str, spans: Sequence[Span]) -> Masked:
    """Replace every span that no reviewer rejected by its surrogate, `<ENTITY>` where it has none.

    Overlapping spans are masked as one stretch with the surrogate of the first. A rejected span uncovers nothing that
    another span covers.

    Raises:
        InputError: a span lies outside the text.
    """
    edits: list[Edit] = []
    parts: list[str] = []
    at = length = 0
    for start, end, surrogate in _stretches(text, spans):
        length += start - at + len(surrogate)
        parts += (text[at:start], surrogate)
        edits.append(Edit(start, end, length - len(surrogate), length))
        at = end
    return Masked("".join([*parts, text[at:]]), tuple(edits))


def _stretches(text: str, spans: Sequence[Span]) -> list[tuple[int, int, str]]:
    merged: list[tuple[int, int, str]] = []
    for span in sorted((s for s in spans if s.state != "rejected"), key=lambda s: (s.start, -s.end)):
        if not 0 <= span.start < span.end <= len(text):
            raise InputError(f"Span {span.id} lies outside the text.", "Search the document for personal data again.")
        surrogate = span.surrogate or f"<{span.entity}>"
        if merged and span.start < merged[-1][1]:
            start, end, first = merged[-1]
            merged[-1] = (start, max(end, span.end), first)
        else:
            merged.append((span.start, span.end, surrogate))
    return merged
