"""Which sentences are worth asking a slow network about: those that hold anything it could be believed in.

Two thirds of four field manuals' text holds nothing of the kind (measured), and a network costs the same for every word.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from core.privacy.text.vocabulary import WORD, may_be_name

# Behind a word of four small letters, so that "Capt. Ellison" and "J. Ellison" stay whole; a blank line always cuts.
_SENTENCE_END = re.compile(r"(?<=[a-z]{4}[.!?])\s+|\n[^\S\n]*\n\s*")
_CODE = re.compile(r"@|\d{4}|\d[\d ()./-]{4,40}\d")
_maybe = lru_cache(maxsize=50_000)(may_be_name)


def stretches(piece: str) -> Iterator[tuple[int, str]]:
    """Offset and text of each run of sentences that hold a capitalized word of no common kind, or a number of four digits.

    A piece without any capital is one stretch: what would be capitalized there cannot be told.
    """
    if not any(character.isupper() for character in piece):
        if piece.strip():
            yield 0, piece
        return
    start = end = -1  # of the run, -1 while there is none
    for begin, stop in _sentences(piece):
        if _is_worth(piece[begin:stop]):
            start, end = (begin if start < 0 else start), stop
        elif start >= 0:
            yield start, piece[start:end]
            start = -1
    if start >= 0:
        yield start, piece[start:end]


def _sentences(piece: str) -> Iterator[tuple[int, int]]:
    start = 0
    for cut in _SENTENCE_END.finditer(piece):
        yield start, cut.start()
        start = cut.end()
    yield start, len(piece)


def _is_worth(sentence: str) -> bool:
    if _CODE.search(sentence):
        return True
    return any(
        len(word) > 1 and any(character.isupper() for character in word) and not _has_digit(word) and _maybe(word)
        for word in WORD.findall(sentence)
    )


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
