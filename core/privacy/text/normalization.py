r"""Text in another form whose positions map back to the original: as detectors read it, and as values are compared.

`normalize_for_detection` drops invisible characters and replaces odd forms of letters: "Jo\u200bhn Smi\u00adth" reads
"John Smith", full-width digits read as digits, a no-break space as a space. `normalize_for_matching` also ignores case,
turns any run of white space into one space, and makes typographic quotes and dashes plain: NFKC and case folding as in
Unicode's default caseless matching (The Unicode Standard, section 3.13). Offsets are code points.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain

Change = tuple[int, int, str]  # bounds in the original, and their replacement

# Zero-width characters, soft hyphen, marks and controls of writing direction, variation selectors: Unicode 15.0, 23.2.
_INVISIBLE = r"\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
_CONTROL = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_SPACES = r"\x1c-\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_BREAKS = r"\x85\u2028\u2029"
_HYPHENS = r"\u2010\u2011\ufe63\uff0d"
# Variant forms of letters, digits and signs: ligatures, full width, mathematical letters.
_FORMS = r"\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff"
_MARKED = r"[A-Za-z\u00c0-\u024f][\u0300-\u036f]+"  # a letter followed by separate accents
_ODD_TO_READ = re.compile(
    rf"\r\n?|[{_INVISIBLE}{_CONTROL}]+|[{_SPACES}{_BREAKS}{_HYPHENS}{_FORMS}\ud800-\udfff]|{_MARKED}"
    r"|[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]"
)
_HIDDEN, _SPACE = re.compile(rf"[{_INVISIBLE}{_CONTROL}]+"), re.compile(rf"[{_SPACES}]")
_BREAK, _HYPHEN = re.compile(rf"\r\n?|[{_BREAKS}]"), re.compile(rf"[{_HYPHENS}]")

_ODD_TO_COMPARE = re.compile(r"[A-Za-z]?[^\x00-\x7f]+|\s{2,}|[^\S ]|[\x00-\x08\x0e-\x1b\x7f]+")
_WORD = re.compile(r"\w+")
_PLAIN = str.maketrans(dict.fromkeys("‘’ʼ′", "'") | dict.fromkeys("‐‑‒–—−", "-"))


class NormalizedText:
    """A text in which stretches of the original are replaced; `bounds` maps positions in `text` back to the original."""

    __slots__ = ("_changes", "_starts", "text")

    def __init__(self, original: str, changes: Iterable[Change]) -> None:
        """Apply the changes, which must be sorted and must not overlap."""
        self._changes = list(changes)
        parts: list[str] = []
        at = 0
        for start, end, new in self._changes:
            parts += (original[at:start], new)
            at = end
        self.text = "".join([*parts, original[at:]]) if self._changes else original
        shifts = accumulate((end - start - len(new) for start, end, new in self._changes), initial=0)
        # where each change begins in `text`
        self._starts = [start - shift for (start, _, _), shift in zip(self._changes, shifts, strict=False)]

    @property
    def is_changed(self) -> bool:
        """Whether anything was replaced."""
        return bool(self._changes)

    def bounds(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's bounds of `text[start:end]`, which must not be empty; changes are included whole."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, position: int) -> tuple[int, int]:
        """Return the bounds in the original of the character at `position` of `text`."""
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return position, position + 1
        start, end, new = self._changes[index]
        behind = position - self._starts[index] - len(new)
        return (start, end) if behind < 0 else (end + behind, end + behind + 1)


def normalize_for_detection(text: str) -> NormalizedText:
    """Return a text as detectors read it; what is found maps back to the original, invisible characters included."""
    return NormalizedText(text, _to_read(text))


def normalize_for_matching(text: str, *, is_cased: bool = False) -> NormalizedText:
    """Return a text in the form in which values are compared; with `is_cased`, capital letters stay capital letters."""
    made = NormalizedText(text, _single_spaced(text, _to_compare(text, is_cased=is_cased)))
    if not is_cased:
        made.text = made.text.casefold()  # foldings that change the length are among the changes
    return made


def fold(text: str) -> str:
    """Return a text in the form in which values are compared, without surrounding white space."""
    if text.isascii() and text.isprintable():
        return " ".join(text.casefold().split())
    return normalize_for_matching(text).text.strip()


def words_of(text: str) -> set[str]:
    """Return every word of a text as detectors read it."""
    return set(_WORD.findall(normalize_for_detection(text).text))


def _to_read(text: str) -> Iterator[Change]:
    for match in _ODD_TO_READ.finditer(text):
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


def _to_compare(text: str, *, is_cased: bool) -> Iterator[Change]:
    for match in _ODD_TO_COMPARE.finditer(text):
        part, at = match[0], match.start()
        if part.isspace():
            yield at, match.end(), " "
        elif not (part.isalpha() and unicodedata.is_normalized("NFKC", part) and len(part.casefold()) == len(part)):
            for first, end in _clusters(part):
                new = _compared(part[first:end])
                yield at + first, at + end, new if is_cased else new.casefold()


def _single_spaced(text: str, changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes, adjusted so that no space follows a space."""
    at, is_spaced = 0, False
    for start, end, new in chain(changes, [(len(text), len(text), "")]):
        if at < start:
            if is_spaced and text[at] == " ":
                yield at, at + 1, ""
            is_spaced = text[start - 1] == " "
        new = new.removeprefix(" ") if is_spaced else new
        is_spaced = new.endswith(" ") if new else is_spaced
        if text[start:end] != new or end - start > 1:  # a letter and its marks stay one unit
            yield start, end, new
        at = end


def _clusters(part: str) -> list[tuple[int, int]]:
    """Return the bounds of each character with its combining marks; Hangul vowels and finals belong to their syllable."""
    starts = [
        index
        for index, character in enumerate(part)
        if not index or not (unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff")
    ]
    return list(zip(starts, [*starts[1:], len(part)], strict=True))


def _compared(cluster: str) -> str:
    if cluster.isspace():
        return " "
    seen = "".join(c for c in cluster if unicodedata.category(c) not in ("Cf", "Cc") and not "\ufe00" <= c <= "\ufe0f")
    plain = " ".join(unicodedata.normalize("NFKC", seen).translate(_PLAIN).split())
    return str(unicodedata.decimal(plain)) if len(plain) == 1 and plain.isdecimal() else plain
