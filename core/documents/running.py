"""Finds what a page layout repeats: running headers, footers and page numbers, and takes them out.

Two forms of the same question. With pages, a line is looked for at the edges of many pages. In flat
text, where line and page breaks are lost, only the page numbers give a header away: fixed words
beside a number that counts up by one or two, in the middle of sentences now and then.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

EDGE_LINES = 3  # a header or footer has at most this many lines
MAX_FLAT_CHARACTERS = 20_000_000  # beyond this no one-file text is a book, and the search would need too much memory
_FEWEST_PAGES = 4
_PAGE_CHARACTERS = 3000  # about one printed page; only sets how many page numbers are expected
_LONGEST_CONTEXT = 8  # words beside a page number
_LONGEST_TITLE = 12  # words of a running chapter title

_ROMAN = r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
_SECTION = r"[A-Z][a-z]{2,14}(?: [A-Z][a-z]{2,14})?|[A-Z]|\d{1,2}"  # of "Glossary-3", "Source Notes-1", "B-7", "4-12"
_PAGE_NUMBER = re.compile(rf"(?<!\S)(?:(?P<section>{_SECTION})[-–])?(?P<number>\d{{1,4}}|{_ROMAN})(?!\S)")
_SENTENCE_END = re.compile(r"[.!?:;—)\]\"”]$")
_FIGURES = re.compile(r"\d[^\s]*(?:\s[\d.,%€$-]+)+")
_MID_SENTENCE = re.compile(r"\w[.,;:—-]$")
_DIGITS = re.compile(r"\d+")
_OPENER = re.compile(r"\b(?:Chapter|Appendix|Annex|Part|Section)\s+(?:\d{1,3}|[A-Z]|[IVX]{1,5})\s+")
_LEFT_BLANK = re.compile(r"(?i)\s*\bthis page (?:is )?(?:intentionally left blank|left blank intentionally)\b\.?")


def without_running_lines(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Pages, each a list of lines, without the lines that repeat at the pages' edges.

    A line goes where a number in it counts up with the pages ("Page 3 of 9"). A line that repeats to the letter
    goes too, but stays where it is met first: a chapter's title often is the running header of the pages after it.
    Other lines stay, so that a form's "Badge 4711" and "Badge 4712" are not taken for page numbers.
    """
    counting: dict[str, list[tuple[int, str]]] = defaultdict(list)  # line with page numbers masked -> page, line
    repeated: dict[str, list[int]] = defaultdict(list)  # line -> pages
    for index, lines in enumerate(pages):
        for position in _edges(lines, EDGE_LINES):
            line = " ".join(lines[position].split())
            if _FIGURES.fullmatch(line):
                continue  # a row of figures
            repeated[line].append(index)
            if _masked(line) != line and len(line.split()) <= _LONGEST_TITLE and not _MID_SENTENCE.search(line):
                counting[_masked(line)].append((index, line))
    numbered = {line for line, found in counting.items() if len(found) >= _FEWEST_PAGES and _counts_with_pages(found)}
    running = {line for line, where in repeated.items() if _is_running(sorted(set(where)), len(pages))}
    met: set[str] = set()
    return [_page_without(lines, numbered, running, met) for lines in pages]


def _page_without(lines: Sequence[str], numbered: set[str], running: set[str], met: set[str]) -> list[str]:
    drop = {position for position in _edges(lines, EDGE_LINES) if _masked(lines[position]) in numbered}
    rest = [position for position, line in enumerate(lines) if line.strip() and position not in drop]
    most = min(EDGE_LINES, (len(rest) + 1) // 4)  # of a short page, or a form, the edges are most of what it says
    for side in (rest[:most], rest[::-1][:most]):
        for position in side:
            line = " ".join(lines[position].split())
            if line not in running:
                break
            if line in met:
                drop.add(position)
            met.add(line)
    kept = [line for position, line in enumerate(lines) if position not in drop]
    return [line for line in kept if not _LEFT_BLANK.fullmatch(line.strip())]


def _edges(lines: Sequence[str], most: int) -> list[int]:
    filled = [position for position, line in enumerate(lines) if line.strip()]
    return sorted({*filled[:most], *filled[-most:]})


def _masked(line: str) -> str:
    return " ".join("#" if _PAGE_NUMBER.fullmatch(word) else word for word in line.split())


def _counts_with_pages(found: Sequence[tuple[int, str]]) -> bool:
    """Whether a number in the line goes up by as many as there are pages between, or starts a new section low."""
    numbers = [[_page_value(match) for match in map(_PAGE_NUMBER.fullmatch, line.split()) if match] for _, line in found]
    for place in range(min(map(len, numbers))):
        steps = [
            number[place][1] - before[place][1] == page - page_before
            if number[place][0] == before[place][0]
            else number[place][1] <= 2
            for (page_before, before), (page, number) in pairwise(
                (page, number) for (page, _), number in zip(found, numbers, strict=True)
            )
        ]
        if sum(steps) >= 0.6 * len(steps):
            return True
    return False


def _page_value(match: re.Match[str]) -> tuple[str, int]:
    number = match["number"]
    return match["section"] or "", int(number) if number.isdigit() else _roman(number)


def _is_running(where: list[int], page_count: int) -> bool:
    if len(where) >= max(3, page_count // 10):
        return True
    return len(where) >= 2 and any(second - first <= 2 for first, second in pairwise(where))


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A page number with its fixed words: characters `start` to `end`, page `section`-`number`."""

    start: int
    end: int
    section: str
    number: int


def without_running_text(text: str) -> str:
    """Flat text without its running headers, footers and page numbers.

    Texts over `MAX_FLAT_CHARACTERS` come back as they are. Nothing is taken out unless the page numbers
    count up beside the same words and some of them stand in the middle of a sentence.
    """
    if len(text) > MAX_FLAT_CHARACTERS:
        return text
    cuts: list[tuple[int, int]] = []
    openers = _openers(text)
    for anchors in _anchor_groups(text):
        lefts = [text[max(0, anchor.start - 160) : anchor.start] for anchor in anchors]
        rights = [text[anchor.end : anchor.end + 160] for anchor in anchors]
        titles = _titles(lefts, openers)
        follows = _shared_beginnings(rights)
        cuts += [
            (anchor.start - before, anchor.end + after)
            for anchor, before, after in zip(anchors, titles, follows, strict=True)
        ]
    return _LEFT_BLANK.sub("", _cut(text, sorted(cuts)))


def _anchor_groups(text: str) -> list[list[_Anchor]]:
    """Page numbers grouped by the fixed words beside them, only the groups that count up like pages."""
    groups: dict[tuple[str, tuple[str, ...]], list[re.Match[str]]] = defaultdict(list)
    for match in _PAGE_NUMBER.finditer(text):
        left = text[max(0, match.start() - 60) : match.start()].split()[-2:]
        right = text[match.end() : match.end() + 60].split()[:2]
        if left and left[-1].lower() == "page":
            groups["left", ("page",)].append(match)
        if len(left) == 2:
            groups["left", tuple(left)].append(match)
        if len(right) == 2:
            groups["right", tuple(right)].append(match)
    found = []
    for (side, _), matches in groups.items():
        matches = _once_or_twice(matches)
        if len(matches) < max(_FEWEST_PAGES, 0.1 * len(text) / _PAGE_CHARACTERS):
            continue
        if matches[-1].start() - matches[0].start() < 0.4 * len(text):
            continue  # page numbers run through the document; a table of contents does not
        widths = _contexts(text, matches, side)
        anchors = [_grown(text, match, side, words) for match, words in zip(matches, widths, strict=True)]
        if _counts_up(anchors) and _interrupts(text, anchors):
            found.append(anchors)
    return found


def _once_or_twice(matches: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """A page number stands once beside its header, twice when header and footer are alike; a date stands on every page."""
    counts = Counter(match.group() for match in matches)
    return [match for match in matches if counts[match.group()] <= 2]


def _contexts(text: str, matches: Sequence[re.Match[str]], side: str) -> list[int]:
    """For each match how many words beside it are the same in most of the group, up to `_LONGEST_CONTEXT`."""
    beside = []
    for match in matches:
        if side == "left":
            beside.append(text[max(0, match.start() - 160) : match.start()].split()[::-1][:_LONGEST_CONTEXT])
        else:
            beside.append(text[match.end() : match.end() + 160].split()[:_LONGEST_CONTEXT])
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
    """The match with so many words on that side."""
    start, end = match.span()
    if side == "left":
        start -= _width(text[max(0, start - 160) : start][::-1], words)
    else:
        end += _width(text[end : end + 160], words)
    return _Anchor(start, end, *_page_value(match))


def _width(beside: str, words: int) -> int:
    """Characters that the first `words` words of `beside` take, white space before them included."""
    found = re.match(rf"(?:\s*\S+){{{words}}}", beside)
    return found.end() if found else 0


def _roman(number: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50}[letter] for letter in number]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))


def _counts_up(anchors: Sequence[_Anchor]) -> bool:
    """Page numbers differ and go up by one or two (left and right pages apart), or start a new section low."""
    steps = [
        0 < after.number - before.number <= 2 if after.section == before.section else after.number <= 2
        for before, after in pairwise(anchors)
    ]
    distinct = {(anchor.section, anchor.number) for anchor in anchors}
    return sum(steps) >= 0.7 * len(steps) and len(distinct) >= 0.9 * len(anchors)


def _interrupts(text: str, anchors: Sequence[_Anchor]) -> bool:
    """Some stand inside a sentence, where no heading or numbering would.

    With three fixed words a word in lower case after it is enough; with fewer ("Step 4 of the work"), the words
    before must not end a sentence either, and the fixed words themselves never do.
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
    """What follows "Chapter 4" or "Appendix B", one to twelve words: a running title is among these."""
    found: set[tuple[str, ...]] = set()
    for match in _OPENER.finditer(text):
        words = text[match.end() : match.end() + 160].split()[:_LONGEST_TITLE]
        for count in range(1, len(words) + 1):
            if words[count - 1].endswith(".."):
                break  # a line of a table of contents
            found.add(tuple(words[:count]))
    return frozenset(found)


def _titles(lefts: Sequence[str], openers: frozenset[tuple[str, ...]]) -> list[int]:
    """Width of the running title at the end of each of `lefts`: a chapter's title, or shared with a neighbor page."""
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
    """How many words (last first) are "Chapter 4" or the title of a chapter."""
    if len(words) >= 2 and _OPENER.fullmatch(f"{words[1]} {words[0]} "):
        return 2
    for count in range(len(words), 0, -1):
        phrase = tuple(words[:count][::-1])
        if phrase[0][:1].isupper() and (count > 1 or len(phrase[0]) > 4) and phrase in openers:
            return count
    return 0


def _title_length(shared: Sequence[str]) -> int:
    """How many of the shared words (last word first) make a title: no sentence end inside, a capital in front."""
    count = next((index for index, word in enumerate(shared) if _SENTENCE_END.search(word)), len(shared))
    while count and not shared[count - 1][:1].isupper():
        count -= 1
    return count


def _shared_beginnings(rights: Sequence[str]) -> list[int]:
    """Width of what follows the number, at least two words, on this page and on two of the four pages around it."""
    words = [right.split()[:_LONGEST_TITLE] for right in rights]
    widths = []
    for index, mine in enumerate(words):
        others = [other for other in range(index - 2, index + 3) if 0 <= other < len(words) and other != index]
        count = sorted((len(_same(mine, words[other])) for other in others), reverse=True)[1]
        widths.append(_width(rights[index], count) if count >= 2 else 0)
    return widths


def _cut(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    """`text` without the cuts (sorted, may overlap); one space or line break stays in place of each."""
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
