"""Numbers and units of a text in one form each, so that two texts can be compared: "twenty-four hrs" is 24 hours."""

import re
from collections.abc import Iterator

from core.language.english.numbers import TENS, UP_TO_NINETEEN
from core.language.english.units import UNITS

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WITH_UNIT = re.compile(r"(?<![\w.-])(\d+(?:[.,]\d+)*)\s?(%|°\s?[CF]\b|[^\W\d_]+(?:/[a-z]+)?)")
# "One" is as often a pronoun.
_IN_WORDS = {word: number for number, word in enumerate(UP_TO_NINETEEN, start=1)}
_IN_WORDS |= {word: 10 * number for number, word in enumerate(TENS, start=2)}
_NUMBER_WORD = re.compile(
    rf"(?i)\b(?:(?:{'|'.join(TENS)})[- ](?:{'|'.join(UP_TO_NINETEEN[:9])})|{'|'.join((*UP_TO_NINETEEN[1:], *TENS))})\b"
)


def numbers_in(text: str) -> Iterator[str]:
    """Yield the numbers in digits; "twelve" is 12, "1,000" is 1000 and "2.50" stays."""
    yield from (_plain_number(number) for number in _NUMBER.findall(_in_digits(text)))


def units_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield each number with the unit after it: "90 days" is ("90", "day"), and so is "90 d"."""
    for number, unit in _WITH_UNIT.findall(_in_digits(text)):
        plain = unit.replace(" ", "")
        if known := UNITS.get(plain) or UNITS.get(plain.lower()):
            yield _plain_number(number), known


def _in_digits(text: str) -> str:
    """Write the numbers of a text in digits: "twenty-four" is 24."""
    return _NUMBER_WORD.sub(lambda match: str(sum(_IN_WORDS[part] for part in re.split(r"[- ]", match[0].lower()))), text)


def _plain_number(number: str) -> str:
    return re.sub(r",(?=\d{3}(?!\d))", "", number).lstrip("0") or "0"
