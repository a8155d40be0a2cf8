"""Split text into sentences by rule: linear in the length of the text, and fast enough for 200 MB."""

import re
from collections.abc import Iterator
from typing import Literal

from core.language.english.abbreviations import ABBREVIATIONS, MAY_END_SENTENCE

Break = Literal["line", "blank line"]

# A mark with what closes a quotation, before white space; or a period without the blank after it ("is shut.The pump").
_MARK = r"[.!?](?:[\"')\]”’]*(?=\s)|(?<=[a-z)]\.)(?=[A-Z][a-z]))"
_END = {"line": re.compile(rf"{_MARK}|\n"), "blank line": re.compile(rf"{_MARK}|\n(?=[^\S\n]*+\n)")}
_CERTAIN = re.compile(r"(?<=[a-z]{4})[.!?](?=\s)")
_LABEL = re.compile(r"(?:\(?[A-Za-z0-9]{1,3}[.)]|(?:\d{1,3}|[A-Z])-\d{1,3}\.|\d+(?:\.\d+)+\.?|[•*+–-])")
_ADDRESS = re.compile(r"[./@:]")
_REST_OF_ADDRESS = re.compile(r"\w+[./@:]\w")
_LONGEST_WORD = 24  # characters before a period that are looked at
_LONGEST_GAP = 40  # characters after it


def sentences(
    text: str, start: int = 0, end: int | None = None, *, ended_by: Break = "line", only_certain: bool = False
) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence of `text[start:end]`, without the white space around it.

    Args:
        text: the text; offsets are those in all of it.
        start: where to begin.
        end: where to stop; None for the end of the text.
        ended_by: the break that ends a sentence even without a period: "line" where a line is a paragraph, as in all text
            that Garrison read from a document; "blank line" where lines may be wrapped.
        only_certain: end a sentence only at a break, or after a word of four lowercase letters or more, so that no name
            such as "J. Ellison" or "Capt. Ellison" is ever cut. Sentences are longer then, and never shorter.
    """
    end = len(text) if end is None else end
    for match in _END[ended_by].finditer(text, start, end):
        is_break = match.group() == "\n"
        if not is_break and not _ends_sentence(text, start, match, only_certain=only_certain):
            continue
        piece = _trimmed(text, start, match.end())
        if piece:
            if not is_break and _LABEL.fullmatch(text, *piece):
                continue  # "1-12." and "a)" belong to the sentence that follows
            yield piece
        start = match.end()
    piece = _trimmed(text, start, end)
    if piece:
        yield piece


def _ends_sentence(text: str, start: int, match: re.Match[str], *, only_certain: bool) -> bool:
    if only_certain and not _CERTAIN.match(text, match.start()):
        return False
    if match.group()[0] != ".":
        return True
    after = text[match.end() : match.end() + _LONGEST_GAP].lstrip()[:1]
    if after.islower():
        return False
    words = text[max(start, match.start() - _LONGEST_WORD) : match.start()].rsplit(None, 1)
    word = words[-1].lstrip("(\"'“‘[").lower() if words else ""
    if word in ABBREVIATIONS:
        return word in MAY_END_SENTENCE and (after.isupper() or not after)
    if len(word) == 1 and word.isalpha():
        return match.start() - start <= 2  # "J. Smith", but "a." at the beginning is a label
    is_glued = match.end() < len(text) and not text[match.end()].isspace()
    return not (is_glued and (_ADDRESS.search(word) or _REST_OF_ADDRESS.match(text, match.end())))  # "www.Example.org"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if end > start else None
