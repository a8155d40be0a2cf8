"""Count the words of a text, and guess whether it is English."""

import re

from core.language.english.function_words import MOST_FREQUENT

_WORD = re.compile(r"\w\S*")
_LETTERS = re.compile(r"[^\W\d_]+")
_SAMPLE_CHARACTERS = 20_000
_ENGLISH_SHARE = 0.1  # share of the most frequent words from which a text is English


def word_count(text: str) -> int:
    """Count the words in `text` as word processors do: runs without white space that contain a letter or a digit."""
    return sum(1 for _ in _WORD.finditer(text))


def guess_language(text: str) -> str | None:
    """Return "en" if English function words are frequent; None if the language is not known.

    Only the beginning, middle and end are examined (20,000 characters each), so the time does not depend on the length.
    """
    middle = len(text) // 2
    sample = " ".join((text[:_SAMPLE_CHARACTERS], text[middle : middle + _SAMPLE_CHARACTERS], text[-_SAMPLE_CHARACTERS:]))
    words = [match.group().lower() for match in _LETTERS.finditer(sample)]
    known = sum(word in MOST_FREQUENT for word in words)
    return "en" if words and known / len(words) >= _ENGLISH_SHARE else None
