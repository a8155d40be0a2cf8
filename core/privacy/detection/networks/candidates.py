"""Choice of the sentences worth running a slow network on: those with anything it could plausibly detect.

Two thirds of the text in four field manuals had nothing of the kind (measured), and a network costs the same for every word.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from core.language.sentences import sentences
from core.privacy.text.vocabulary import WORD, may_be_name

_CODE = re.compile(r"@|\d{4}|\d[\d ()./-]{4,40}\d")
_maybe = lru_cache(maxsize=50_000)(may_be_name)


def stretches(piece: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and text of each run of consecutive sentences that may contain personal data.

    Such a sentence has a word with a capital that may be a name, or a code: "@", four digits in a row, or a longer number
    with separators. A piece without any capital is one stretch, since nothing shows which of its words would have one.
    """
    if not any(character.isupper() for character in piece):
        if piece.strip():
            yield 0, piece
        return
    start = end = -1  # of the current run; `start` is -1 between runs
    for begin, stop in sentences(piece, ended_by="blank line", only_certain=True):
        if _is_worth(piece[begin:stop]):
            start, end = (begin if start < 0 else start), stop
        elif start >= 0:
            yield start, piece[start:end]
            start = -1
    if start >= 0:
        yield start, piece[start:end]


def _is_worth(sentence: str) -> bool:
    if _CODE.search(sentence):
        return True
    return any(
        len(word) > 1 and any(character.isupper() for character in word) and not _has_digit(word) and _maybe(word)
        for word in WORD.findall(sentence)
    )


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
