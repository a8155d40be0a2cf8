"""What it means that a masked value survives.

A value is the text of a stretch that was masked. It survives in a string where it stands there as whole words, in any case
and with any white space between its words. Six things are no survival:

* A person left it readable: the value also stands, unmasked, in the anonymized text that was approved, because an occurrence
  was rejected or never marked. What was approved may leave.
* It is too short to tell anything: fewer than four letters and digits. "NG" or "7" stands in many places by chance.
* It is the zone and square of a grid reference ("32U MV"), which the surrogates of grid references keep.
* It is made of the particles of names alone ("van der"), which the surrogates of names keep.
* Another date, age or grid reference was moved onto it: all are moved by one secret offset, so that intervals survive.
* It is part of a longer word: "Anna" in "Annandale".

Apart from this definition, that nothing else changed is tested character by character in `test_masking`.
"""

import re
from collections.abc import Iterable, Iterator

from core.privacy import Masked

_PARTICLE = "(?:van|von|der|den|de|del|della|da|di|dos|du|la|le|al|el|bin|ibn|ben|abu|ter|ten|zu|af|av)"
_EMPTY = re.compile(rf"\d{{1,2}}[a-z] ?[a-z]{{2}}|{_PARTICLE}(?:[ -]{_PARTICLE})*")  # tells nothing by itself


MOVED = frozenset({"DATE_TIME", "DATE_OF_BIRTH", "AGE", "GRID"})


def plain(text: str) -> str:
    """Case and white space made equal."""
    return " ".join(text.casefold().split())


def stands(value: str, text: str) -> bool:
    """Whether `value` stands in `text` as whole words; both plain."""
    before = r"(?<!\w)" if re.match(r"\w", value) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", value) else ""
    return value in text and re.search(f"{before}{re.escape(value)}{after}", text) is not None


def masked_values(text: str, masked: Masked) -> set[str]:
    """The values of a masking that tell something, plain."""
    values = {plain(text[edit.start : edit.end]) for edit in masked.edits}
    return {value for value in values if sum(map(str.isalnum, value)) >= 4 and not _EMPTY.fullmatch(value)}


def unmasked_text(text: str, masked: Masked) -> str:
    """What no edit touched, stretch by stretch, plain; a stretch does not join the next."""
    bounds = [0, *(bound for edit in masked.edits for bound in (edit.start, edit.end)), len(text)]
    return " \0 ".join(plain(text[start:end]) for start, end in zip(bounds[::2], bounds[1::2], strict=True))


def survivors(values: Iterable[str], strings: Iterable[str]) -> Iterator[str]:
    """The values that stand in one of the strings."""
    joined = " \0 ".join(map(plain, strings))
    words = set(re.findall(r"\w+", joined))
    return (value for value in values if words.issuperset(re.findall(r"\w+", value)) and stands(value, joined))
