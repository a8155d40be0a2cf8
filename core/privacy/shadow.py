r"""A text as detectors should read it: without invisible characters and odd forms of common ones, and the way back.

"Jo\u200bhn Smi\u00adth" reads "John Smith", full-width digits read as digits, a no-break space as a space. What is found
is masked in the original whole, with everything invisible inside.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate

from core.records import Detection

# Zero-width characters, soft hyphen, marks and controls of writing direction, variation selectors: Unicode 15.0, 23.2.
_INVISIBLE = r"\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
_CONTROL = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_SPACES = r"\x1c-\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_BREAKS = r"\x85\u2028\u2029"
_HYPHENS = r"\u2010\u2011\ufe63\uff0d"
# Forms of letters, digits and signs that are written otherwise: ligatures, full width, mathematical letters.
_FORMS = r"\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff"
_MARKED = r"[A-Za-z\u00c0-\u024f][\u0300-\u036f]+"  # a letter and its accents apart
_ODD = re.compile(
    rf"\r\n?|[{_INVISIBLE}{_CONTROL}]+|[{_SPACES}{_BREAKS}{_HYPHENS}{_FORMS}\ud800-\udfff]|{_MARKED}"
    r"|[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]"
)
_HIDDEN, _SPACE = re.compile(rf"[{_INVISIBLE}{_CONTROL}]+"), re.compile(rf"[{_SPACES}]")
_BREAK, _HYPHEN = re.compile(rf"\r\n?|[{_BREAKS}]"), re.compile(rf"[{_HYPHENS}]")


class Shadow:
    """`text` is what to search; offsets are code points, and `restored` gives them back in the original."""

    def __init__(self, original: str) -> None:
        changes = [] if original.isascii() and _is_plain(original) else list(_changes(original))
        parts: list[str] = []
        at = 0
        for start, end, new in changes:
            parts += (original[at:start], new)
            at = end
        self.text = "".join([*parts, original[at:]]) if changes else original
        self._changes = changes
        shifts = accumulate((end - start - len(new) for start, end, new in changes), initial=0)
        # where each change begins in the shadow
        self._starts = [start - shift for (start, _, _), shift in zip(changes, shifts, strict=False)]

    def restored(self, found: Iterable[Detection]) -> list[Detection]:
        """Sorted detections in the shadow as detections in the original, still without overlap."""
        if not self._changes:
            return list(found)
        placed: list[Detection] = []
        for detection in found:
            start, end = self._place(detection.start)[0], self._place(detection.end - 1)[1]
            start = max(start, placed[-1].end if placed else 0)  # two may share a ligature
            if start < end:
                placed.append(replace(detection, start=start, end=end))
        return placed

    def _place(self, position: int) -> tuple[int, int]:
        """Bounds in the original of the character at `position` of the shadow."""
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return position, position + 1
        start, end, new = self._changes[index]
        behind = position - self._starts[index] - len(new)
        return (start, end) if behind < 0 else (end + behind, end + behind + 1)


def _is_plain(text: str) -> bool:
    return _ODD.search(text) is None


def _changes(text: str) -> Iterator[tuple[int, int, str]]:
    """Bounds in `text` and what the shadow holds there instead."""
    for match in _ODD.finditer(text):
        value = match[0]
        if _HIDDEN.fullmatch(value):
            yield match.start(), match.end(), ""
        elif _SPACE.fullmatch(value):
            yield match.start(), match.end(), " "
        elif _BREAK.fullmatch(value):
            yield match.start(), match.end(), "\n"
        elif _HYPHEN.fullmatch(value):
            yield match.start(), match.end(), "-"
        elif "\ud800" <= value <= "\udfff":
            yield match.start(), match.end(), "\ufffd"
        elif value.isdecimal():
            yield match.start(), match.end(), str(unicodedata.decimal(value))
        else:
            yield match.start(), match.end(), unicodedata.normalize("NFKC", value)
