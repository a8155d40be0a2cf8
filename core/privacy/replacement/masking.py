"""Replacement of spans by their surrogates, with a map of where every character of the original went."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.records import Span

_BLANKS = " \t\u00a0"
_CLOSING = ".,;:!?)]}\u2019\u201d\u00bb"
_OPENING = "([{\u2018\u201c\u00ab"


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` of the original became `masked_start` to `masked_end` of the masked text.

    Both masked offsets are the same if the stretch was removed.
    """

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
        """Return where the original's character `offset` is in the masked text; inside a span, the start of its surrogate.

        The end of an edited stretch maps to the end of its surrogate, so that for a passage that ends with a span,
        `[position(start), position(end)]` contains the whole surrogate.
        """
        index = bisect_right(self.edits, offset, key=lambda edit: edit.start) - 1
        if index < 0:
            return offset
        edit = self.edits[index]
        return edit.masked_start if offset < edit.end else edit.masked_end + (offset - edit.end)


def is_masked(span: Span) -> bool:
    """Return whether a span's text is replaced: no reviewer rejected it, and its type is not one that is kept."""
    return span.state != "rejected" and span.treatment != "keep"


def mask(text: str, spans: Sequence[Span]) -> Masked:
    """Replace every span that is neither rejected nor kept with its surrogate, or with `<ENTITY>` if it has none.

    Overlapping spans are masked as one stretch with the surrogate of the first. A rejected or kept span uncovers nothing
    that another span covers. Removing a span also removes one blank beside it where two blanks, or a blank before a comma,
    would be left; that blank is part of the edit.

    Raises:
        InputError: a span lies outside the text.
    """
    edits: list[Edit] = []
    parts: list[str] = []
    at = length = 0
    for start, end, surrogate in _tidied(text, _stretches(text, spans)):
        length += start - at + len(surrogate)
        parts += (text[at:start], surrogate)
        edits.append(Edit(start, end, length - len(surrogate), length))
        at = end
    return Masked("".join([*parts, text[at:]]), tuple(edits))


def _stretches(text: str, spans: Sequence[Span]) -> list[tuple[int, int, str]]:
    """Return start, end and replacement ("" if removed) of each stretch to replace, in order and without overlap."""
    merged: list[tuple[int, int, str]] = []
    for span in sorted((s for s in spans if is_masked(s)), key=lambda s: (s.start, -s.end)):
        if not 0 <= span.start < span.end <= len(text):
            raise InputError(f"Span {span.id} lies outside the text.", "Search the document for personal data again.")
        surrogate = "" if span.treatment == "remove" else span.surrogate or f"<{span.entity}>"
        if merged and span.start < merged[-1][1]:
            start, end, first = merged[-1]
            merged[-1] = (start, max(end, span.end), first)
        else:
            merged.append((span.start, span.end, surrogate))
    return merged


def _tidied(text: str, stretches: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return the stretches with removed ones joined if only blanks separate them, and widened by a spare blank."""
    out: list[tuple[int, int, str]] = []
    for index, (start, end, surrogate) in enumerate(stretches):
        if surrogate:
            out.append((start, end, surrogate))
            continue
        if out and not out[-1][2] and not text[out[-1][1] : start].strip(_BLANKS):
            start = out.pop()[0]
        first_free = out[-1][1] if out else 0
        last_free = stretches[index + 1][0] if index + 1 < len(stretches) else len(text)
        out.append((*_with_blank(text, start, end, free=(first_free, last_free)), ""))
    return out


def _with_blank(text: str, start: int, end: int, *, free: tuple[int, int]) -> tuple[int, int]:
    """Extend the bounds by the blank that would be one too many, if it lies within `free`, the space up to the neighbors."""
    before = text[start - 1] if start > 0 else "\n"
    after = text[end] if end < len(text) else "\n"
    if after in _BLANKS and end < free[1] and (before.isspace() or before in _OPENING):
        return start, end + 1
    if before in _BLANKS and start > free[0] and (after.isspace() or after in _CLOSING):
        return start - 1, end
    return start, end
