"""Small facts about a text: how many words, and whether it is English."""

import re

_WORD = re.compile(r"\w\S*")
_LETTERS = re.compile(r"[^\W\d_]+")
_SAMPLE_CHARACTERS = 20_000
_ENGLISH_SHARE = (
    0.1  # of the words below; five English manuals have 0.18 to 0.23, sentences in four other languages 0 to 0.04
)
_FUNCTION_WORDS = frozenset("the of and to that with are this by from or which have not it".split())


def word_count(text: str) -> int:
    """Words in `text`: runs without white space that hold a letter or a digit, as word processors count."""
    return sum(1 for _ in _WORD.finditer(text))


def guess_language(text: str) -> str:
    """The code "en" where English function words are frequent, else "": not known is an honest answer.

    Only the beginning, the middle and the end are looked at (20,000 characters each), so this takes
    the same time for any length.
    """
    middle = len(text) // 2
    sample = " ".join((text[:_SAMPLE_CHARACTERS], text[middle : middle + _SAMPLE_CHARACTERS], text[-_SAMPLE_CHARACTERS:]))
    words = [match.group().lower() for match in _LETTERS.finditer(sample)]
    found = sum(word in _FUNCTION_WORDS for word in words)
    return "en" if words and found / len(words) >= _ENGLISH_SHARE else ""
