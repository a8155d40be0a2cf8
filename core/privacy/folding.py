"""Text as it is compared: without case, zero-width characters and odd forms of letters; and the way back to its place.

NFKC and case folding as in Unicode's default caseless matching (The Unicode Standard, section 3.13); besides, typographic
quotes and dashes are read as the plain ones, and any run of white space as one space.
"""

import re
import unicodedata
from bisect import bisect_right

_PLAIN = str.maketrans(dict.fromkeys("‘’ʼ′", "'") | dict.fromkeys("‐‑‒–—−", "-"))
_ODD = re.compile(r"[A-Za-z]?[^\x00-\x7f]+|\s{2,}|[^\S ]")


class Folded:
    """`text` in the form in which it is compared, with the bounds of each part in the original."""

    __slots__ = ("_at", "_from", "_parts", "_size", "_until", "text")

    def __init__(self, original: str, *, is_cased: bool = False) -> None:
        """With `is_cased`, capital letters stay capital letters."""
        # stretches: where they begin here, where in the original, and where one that changed ends there (0: unchanged)
        self._at: list[int] = []
        self._from: list[int] = []
        self._until: list[int] = []
        self._parts: list[str] = []
        self._size = 0
        at = 0
        for odd in _ODD.finditer(original):
            self._add(original[at : odd.start()], at, is_cased=is_cased)
            self._add_odd(odd[0], odd.start(), is_cased=is_cased)
            at = odd.end()
        self._add(original[at:], at, is_cased=is_cased)
        self.text = "".join(self._parts)

    def bounds(self, start: int, end: int) -> tuple[int, int]:
        """The original's bounds of characters `start` to `end` of `text`; they are not the same."""
        first, last = bisect_right(self._at, start) - 1, bisect_right(self._at, end - 1) - 1
        begins = self._from[first] + (0 if self._until[first] else start - self._at[first])
        return begins, self._until[last] or self._from[last] + end - self._at[last]

    def _add(self, part: str, start: int, *, is_cased: bool, until: int = 0) -> None:
        if part.startswith(" ") and self._parts and self._parts[-1].endswith(" "):
            part, start = part[1:], start + (0 if until else 1)
        if part:
            self._at.append(self._size)
            self._from.append(start)
            self._until.append(until)
            self._parts.append(part if is_cased else part.casefold())
            self._size += len(self._parts[-1])

    def _add_odd(self, part: str, start: int, *, is_cased: bool) -> None:
        if part.isalpha() and unicodedata.is_normalized("NFKC", part) and len(part.casefold()) == len(part):
            self._add(part, start, is_cased=is_cased)
            return
        for first, end in _clusters(part):
            self._add(_plain(part[first:end]), start + first, is_cased=is_cased, until=start + end)


def folded(text: str) -> str:
    """A text in the form in which it is compared, without white space around it."""
    return Folded(text).text.strip()


def _clusters(part: str) -> list[tuple[int, int]]:
    """Bounds of each character with the marks that stand on it."""
    starts = [index for index, character in enumerate(part) if not index or unicodedata.category(character)[0] != "M"]
    return list(zip(starts, [*starts[1:], len(part)], strict=True))


def _plain(cluster: str) -> str:
    if cluster.isspace():
        return " "
    seen = "".join(c for c in cluster if unicodedata.category(c) != "Cf" and not "\ufe00" <= c <= "\ufe0f")
    return " ".join(unicodedata.normalize("NFKC", seen).translate(_PLAIN).split())
