"""Remove running headers, footers and page numbers from text that has lost its line and page breaks.

In such text only page numbers give them away: the same words next to a number that counts up by one or two,
sometimes in the middle of a sentence.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.documents.page_numbers import FEWEST_PAGES, LEFT_BLANK, PAGE_NUMBER, page_value

MAX_CHARACTERS = 20_000_000  # longer texts are not books, and searching them would take too much memory
_PAGE_CHARACTERS = 3000  # about one printed page; only sets how many page numbers are expected
_FEWEST_BETWEEN = 30  # minimum characters per number; text with more numbers is a table
_LONGEST_CONTEXT = 8  # maximum fixed words next to a page number
_LONGEST_TITLE = 12  # maximum words of a running chapter title
_BESIDE = 160  # characters searched for these words on each side

_SENTENCE_END = re.compile(r"[.!?:;—)\]\"”]$")
_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_DIGITS = re.compile(r"\d+")
_OPENER = re.compile(r"\b(?:Chapter|Appendix|Annex|Part|Section)\s+(?:\d{1,3}|[A-Z]|[IVX]{1,5})\s+")


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A page number with its adjacent fixed words: characters `start` to `end`, page `section`-`number`."""

    start: int
    end: int
    section: str
    number: int


def without_running_text(text: str) -> str:
    """Return flat text without its running headers, footers and page numbers.

    Texts over `MAX_CHARACTERS` are returned unchanged. Nothing is removed unless the page numbers count up
    next to the same words and some of them interrupt a sentence.
    """
    if len(text) > MAX_CHARACTERS:
        return text
    cuts: list[tuple[int, int]] = []
    openers = _openers(text)
    for anchors in _anchor_groups(text):
        lefts = [_before(text, anchor.start) for anchor in anchors]
        rights = [_after(text, anchor.end) for anchor in anchors]
        titles = _titles(lefts, openers)
        follows = _shared_beginnings(rights)
        cuts += [
            (anchor.start - before, anchor.end + after)
            for anchor, before, after in zip(anchors, titles, follows, strict=True)
        ]
    return LEFT_BLANK.sub("", _cut(text, sorted(cuts)))


def _anchor_groups(text: str) -> list[list[_Anchor]]:
    """Group page numbers by the fixed words next to them and return the groups that count up like pages."""
    groups: dict[tuple[str, tuple[str, ...]], list[re.Match[str]]] = defaultdict(list)
    numbers = list(PAGE_NUMBER.finditer(text))
    if len(numbers) * _FEWEST_BETWEEN > len(text):
        return []
    for match in numbers:
        left = _before(text, match.start(), 60).split()[-2:]
        right = _after(text, match.end(), 60).split()[:2]
        if left and left[-1].lower() == "page":
            groups["left", ("page",)].append(match)
        if len(left) == 2:
            groups["left", tuple(left)].append(match)
        if len(right) == 2:
            groups["right", tuple(right)].append(match)
    anchored = []
    for (side, _), matches in groups.items():
        matches = _once_or_twice(matches)
        if len(matches) < max(FEWEST_PAGES, 0.1 * len(text) / _PAGE_CHARACTERS):
            continue
        if matches[-1].start() - matches[0].start() < 0.4 * len(text):
            continue  # page numbers occur throughout the document, those of a table of contents in one place
        widths = _contexts(text, matches, side)
        anchors = [_grown(text, match, side, words) for match, words in zip(matches, widths, strict=True)]
        if _counts_up(anchors) and _interrupts(text, anchors):
            anchored.append(anchors)
    return anchored


def _before(text: str, position: int, characters: int = _BESIDE) -> str:
    """Return the text before a position, back to an empty line at most: nothing beyond one belongs to a header."""
    return _EMPTY_LINE.split(text[max(0, position - characters) : position])[-1]


def _after(text: str, position: int, characters: int = _BESIDE) -> str:
    """Return the text after a position, up to an empty line at most."""
    return _EMPTY_LINE.split(text[position : position + characters], maxsplit=1)[0]


def _once_or_twice(matches: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """Keep numbers that occur at most twice: a page number may be in header and footer, a date is on every page."""
    counts = Counter(match.group() for match in matches)
    return [match for match in matches if counts[match.group()] <= 2]


def _contexts(text: str, matches: Sequence[re.Match[str]], side: str) -> list[int]:
    """Count, for each match, the adjacent words it has in common with most of the group, up to `_LONGEST_CONTEXT`."""
    beside = []
    for match in matches:
        if side == "left":
            beside.append(_before(text, match.start()).split()[::-1][:_LONGEST_CONTEXT])
        else:
            beside.append(_after(text, match.end()).split()[:_LONGEST_CONTEXT])
    length = 1
    while length < _LONGEST_CONTEXT:
        (_, count), *_ = Counter(tuple(words[: length + 1]) for words in beside).most_common(1)
        if count < 0.8 * len(beside):
            break
        length += 1
    usual = Counter(tuple(words[:length]) for words in beside).most_common(1)[0][0]
    return [sum(1 for _ in _same(words, usual)) for words in beside]


def _same(words: Sequence[str], usual: Sequence[str]) -> list[str]:
    same = []
    for word, expected in zip(words, usual, strict=False):
        if word != expected:
            break
        same.append(word)
    return same


def _grown(text: str, match: re.Match[str], side: str, words: int) -> _Anchor:
    """Extend the match by `words` words on the given side."""
    start, end = match.span()
    if side == "left":
        start -= _width(_before(text, start)[::-1], words)
    else:
        end += _width(_after(text, end), words)
    return _Anchor(start, end, *page_value(match))


def _width(beside: str, words: int) -> int:
    """Return how many characters the first `words` words of `beside` take, including the white space before them."""
    match = re.match(rf"(?:\s*\S+){{{words}}}", beside)
    return match.end() if match else 0


def _counts_up(anchors: Sequence[_Anchor]) -> bool:
    """Return whether the numbers are nearly all different and mostly count up like pages.

    They may rise by two where left and right pages have different headers, and restart at 1 or 2 in a new section.
    """
    steps = [
        0 < after.number - before.number <= 2 if after.section == before.section else after.number <= 2
        for before, after in pairwise(anchors)
    ]
    distinct = {(anchor.section, anchor.number) for anchor in anchors}
    return sum(steps) >= 0.7 * len(steps) and len(distinct) >= 0.9 * len(anchors)


def _interrupts(text: str, anchors: Sequence[_Anchor]) -> bool:
    """Return whether some anchors interrupt a sentence, where no heading or numbering would stand.

    With three or more fixed words, a lower-case word after them is enough; with fewer ("Step 4 of the work"), the
    preceding words must not end a sentence either. Fixed words that end a sentence themselves rule the group out.
    """
    usual = text[anchors[len(anchors) // 2].start : anchors[len(anchors) // 2].end].split()
    if any(word[0].islower() and word[-1] in ".!?" for word in usual):
        return False
    inside = sum(
        text[anchor.end : anchor.end + 8].lstrip()[:1].islower()
        and (len(usual) > 3 or not _SENTENCE_END.search(text[max(0, anchor.start - 8) : anchor.start].rstrip()))
        for anchor in anchors
    )
    return inside >= 0.08 * len(anchors)


def _openers(text: str) -> frozenset[tuple[str, ...]]:
    """Collect the first one to twelve words after each "Chapter 4" or "Appendix B": running titles are among these."""
    openers: set[tuple[str, ...]] = set()
    for match in _OPENER.finditer(text):
        words = text[match.end() : match.end() + _BESIDE].split()[:_LONGEST_TITLE]
        for count in range(1, len(words) + 1):
            if words[count - 1].endswith(".."):
                break  # dot leaders: a line of a table of contents
            openers.add(tuple(words[:count]))
    return frozenset(openers)


def _titles(lefts: Sequence[str], openers: frozenset[tuple[str, ...]]) -> list[int]:
    """Return the width in characters of the running title that ends each of `lefts`; 0 if there is none.

    A running title is the title of a chapter, or words that a neighboring page shares.
    """
    words = [left.split()[::-1][:_LONGEST_TITLE] for left in lefts]
    masked = [[_DIGITS.sub("#", word) for word in line] for line in words]
    widths = []
    for index, mine in enumerate(words):
        neighbors = [masked[other] for other in (index - 1, index + 1) if 0 <= other < len(words)]
        shared = max((_same(masked[index], theirs) for theirs in neighbors), key=len, default=[])
        count = _opened(mine, openers) or _title_length(shared)
        widths.append(_width(lefts[index][::-1], count) if count else 0)
    return widths


def _opened(words: Sequence[str], openers: frozenset[tuple[str, ...]]) -> int:
    """Count how many of the words (last word first) form "Chapter 4" or a chapter's title; 0 if none do."""
    if len(words) >= 2 and _OPENER.fullmatch(f"{words[1]} {words[0]} "):
        return 2
    for count in range(len(words), 0, -1):
        phrase = tuple(words[:count][::-1])
        if phrase[0][:1].isupper() and (count > 1 or len(phrase[0]) > 4) and phrase in openers:
            return count
    return 0


def _title_length(shared: Sequence[str]) -> int:
    """Count how many shared words (last word first) form a title: no sentence end inside, a capital at the start."""
    count = next((index for index, word in enumerate(shared) if _SENTENCE_END.search(word)), len(shared))
    while count and not shared[count - 1][:1].isupper():
        count -= 1
    return count


def _shared_beginnings(rights: Sequence[str]) -> list[int]:
    """Return the width in characters of the footer that follows each page number; 0 if there is none.

    A footer is two or more words that at least two of the four nearest pages share.
    """
    words = [right.split()[:_LONGEST_TITLE] for right in rights]
    widths = []
    for index, mine in enumerate(words):
        others = [other for other in range(index - 2, index + 3) if 0 <= other < len(words) and other != index]
        count = sorted((len(_same(mine, words[other])) for other in others), reverse=True)[1]
        widths.append(_width(rights[index], count) if count >= 2 else 0)
    return widths


def _cut(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    """Return `text` without the cuts (sorted, may overlap), with one space or line break in place of each."""
    pieces: list[str] = []
    position = 0
    for start, end in cuts:
        if end <= position:
            continue
        kept = text[position : max(start, position)].rstrip(" \t")
        pieces.append(kept)
        pieces.append("\n" if "\n" in text[start:end] and not kept.endswith("\n") else " ")
        position = end
        while position < len(text) and text[position] in " \t":
            position += 1
    pieces.append(text[position:])
    return "".join(pieces)
