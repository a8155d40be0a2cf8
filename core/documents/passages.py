"""Split a text into passages that end at sentence ends and know the headings above them."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.documents.layout import is_heading
from core.language.sentences import sentences
from core.records import Page, Passage, new_id
from core.settings import SplitSettings

_MARKDOWN_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_CHAPTER = re.compile(r"(?:Chapter|Appendix|Annex|Part)\s+(?:\d{1,3}|[A-Z]|[IVX]{1,5})\b.{0,80}")
_NUMBERED = re.compile(r"(?:\d{1,3}|[A-Z])-\d{1,3}\.\s")
_CHAPTER_LEVEL, _FLAT_LEVEL = 1, 2
_LONGEST_TOKEN = 8  # upper bound on average characters per token: longer text is cut before its tokens are counted
_HEADING_CHARACTERS = 200
_SMALL_SHARE = 0.25  # share of the token limit: a section shorter than this is merged with the next
_HALF_SHARE = 0.5  # share of the token limit from which a new paragraph begins a new passage


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, or a piece of a sentence that is longer than a passage may be."""

    start: int
    end: int
    tokens: int
    level: int  # heading level, 0 for a sentence
    is_candidate: bool  # a good place to begin a passage


def split_passages(
    document_id: str,
    text: str,
    pages: Sequence[Page],
    *,
    settings: SplitSettings,
    count_tokens: Callable[[str], int],
) -> list[Passage]:
    """Split a text into passages of at most `settings.passage_tokens` tokens, in order.

    A passage begins at a heading, else at a paragraph or a sentence; it ends inside a sentence only if that sentence
    alone exceeds the limit. `text[passage.start:passage.end] == passage.text`.

    Args:
        document_id: the document that the passages belong to.
        text: its text, one paragraph per line, as returned by `read_document`.
        pages: the positions of its pages; may be empty.
        settings: holds the limit in tokens.
        count_tokens: returns the number of tokens in a string; called about once per sentence. A passage's `token_count`
            is the sum over its sentences, which may be off by about one token per sentence.
    """
    starts = [page.start for page in pages]
    passages: list[Passage] = []
    for units, heading in _groups(text, settings.passage_tokens, count_tokens):
        start, end = units[0].start, units[-1].end
        page = bisect_right(starts, start) - 1
        passages.append(
            Passage(
                id=new_id("passage"),
                document_id=document_id,
                index=len(passages),
                start=start,
                end=end,
                heading=heading,
                page=pages[page].label if page >= 0 else "",
                token_count=sum(unit.tokens for unit in units),
                text=text[start:end],
            )
        )
    return passages


def _groups(text: str, limit: int, count_tokens: Callable[[str], int]) -> Iterator[tuple[list[_Unit], str]]:
    """Yield the units of each passage with the headings above it, joined by " > "."""
    headings: list[tuple[int, str]] = []  # level and title of the headings above the current unit
    units: list[_Unit] = []
    above = ""
    tokens = 0
    only_headings = True  # whether `units` holds nothing else so far
    for unit in _units(text, limit, count_tokens):
        is_full = tokens + unit.tokens > limit
        rises = unit.level > 0 and bool(headings) and unit.level < headings[-1][0]
        begins_section = rises or (unit.level > 0 and tokens >= _SMALL_SHARE * limit)
        begins_paragraph = unit.is_candidate and tokens >= _HALF_SHARE * limit
        if units and (is_full or (not only_headings and (begins_section or begins_paragraph))):
            carried = _trailing_headings(units) if is_full and not only_headings else []
            yield units, above
            units, tokens, only_headings = carried, sum(heading.tokens for heading in carried), True
        if unit.level:
            headings = [heading for heading in headings if heading[0] < unit.level]
            headings.append((unit.level, text[unit.start : unit.end].lstrip("#").strip()))
        if only_headings:
            above = " > ".join(title for _, title in headings)
        units.append(unit)
        tokens += unit.tokens
        only_headings = only_headings and unit.level > 0
    if units:
        yield units, above


def _trailing_headings(units: list[_Unit]) -> list[_Unit]:
    """Remove and return the headings at the end of `units`, which stay with the text of the next passage."""
    carried: list[_Unit] = []
    while units and units[-1].level:
        carried.insert(0, units.pop())
    return carried


def _units(text: str, limit: int, count_tokens: Callable[[str], int]) -> Iterator[_Unit]:
    for start, end in sentences(text):
        begins_line = start == 0 or text[start - 1] == "\n"
        level = _heading_level(text, start, end) if begins_line else 0
        is_candidate = begins_line and (text[max(0, start - 2) : start] == "\n\n" or bool(_NUMBERED.match(text, start, end)))
        for piece_start, piece_end, tokens in _within(text, start, end, limit=limit, count_tokens=count_tokens):
            yield _Unit(piece_start, piece_end, tokens, level, is_candidate)
            level, is_candidate = 0, False


def _heading_level(text: str, start: int, end: int) -> int:
    if end - start > _HEADING_CHARACTERS or text[end : end + 1] not in ("", "\n"):
        return 0
    line = text[start:end]
    markdown = _MARKDOWN_HEADING.fullmatch(line)
    if markdown:
        return len(markdown[1])
    if not is_heading(line):
        return 0
    if _CHAPTER.fullmatch(line):
        return _CHAPTER_LEVEL
    follows = text[end + 1 : end + 1 + _HEADING_CHARACTERS].lstrip("\n")
    return _FLAT_LEVEL if line.isupper() or _NUMBERED.match(follows) else 0


def _within(
    text: str, start: int, end: int, *, limit: int, count_tokens: Callable[[str], int]
) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and token count of a sentence, cut into pieces within the limit, at white space if possible."""
    longest = limit * _LONGEST_TOKEN
    if end - start <= longest:
        tokens = count_tokens(text[start:end])
        if tokens <= limit or end - start < 2:
            yield start, end, tokens
            return
        longest = (end - start + 1) // 2
    while start < end:
        cut = _cut_before(text, start, min(end, start + longest)) if end - start > longest else end
        piece_end = cut
        while piece_end > start and text[piece_end - 1].isspace():
            piece_end -= 1
        if piece_end > start:
            yield from _within(text, start, piece_end, limit=limit, count_tokens=count_tokens)
        start = cut
        while start < end and text[start].isspace():
            start += 1


def _cut_before(text: str, start: int, end: int) -> int:
    """Return the position after the last white space in the second half of `start` to `end`, or `end` if there is none."""
    for position in range(end, (start + end) // 2, -1):
        if text[position - 1].isspace():
            return position
    return end
