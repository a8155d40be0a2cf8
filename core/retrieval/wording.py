"""What a sentence says, word by word: its content words in order, and those that must not differ."""

import re
from dataclasses import dataclass, replace

from core.language.english.function_words import NEGATIONS, STOP_WORDS
from core.language.english.quantities import numbers_in
from core.language.stems import stem

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*(?:['’](?!s\b)[^\W_]+)?")
_NOT = re.compile(r"(?:n['’]t|cannot)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """A content word or negation: its stem, or a number in digits; characters `start` to `end` of its text."""

    stem: str
    start: int
    end: int
    is_number: bool = False  # or holds one, as "M10" does
    is_name: bool = False  # begins with a capital letter
    is_negation: bool = False

    @property
    def is_decisive(self) -> bool:
        """Whether a sentence says something else if this word differs."""
        return self.is_number or self.is_name


def words_of(text: str) -> list[Word]:
    """Return the content words and negations of a text in order; "twelve" is 12, "valves" is "valve".

    A capital letter makes a name, but not that of the first word alone: "Keep", but "Keel Valley" and "KX4".
    """
    words = [word for match in _WORD.finditer(text) if (word := _word(match))]
    is_first = bool(words) and not _WORD.search(text[: words[0].start])
    if is_first and text[words[0].start + 1 : words[0].end].islower() and not (len(words) > 1 and words[1].is_name):
        words[0] = replace(words[0], is_name=False)
    return words


def _word(match: re.Match[str]) -> Word | None:
    written = match.group()
    plain = written.lower()
    if plain in NEGATIONS or _NOT.search(plain):
        return Word("not", match.start(), match.end(), is_negation=True)
    if numbers := list(numbers_in(written)) if written.replace(",", "").replace(".", "").isalnum() else []:
        is_plain = not plain[-1].isalpha() or plain.isalpha()  # "1,000" and "twelve", but not "12th" or "M10"
        known = numbers[0] if is_plain and (plain[0].isdigit() or plain.isalpha()) else plain
        return Word(known, match.start(), match.end(), is_number=True, is_name=False)
    if plain in STOP_WORDS and not (written.isupper() and len(written) > 1):
        return None
    return Word(stem(plain), match.start(), match.end(), is_name=written[0].isupper())
