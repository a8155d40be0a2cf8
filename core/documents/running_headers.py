"""Remove the lines a layout repeats at the edges of its pages: running headers, footers and page numbers."""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from core.documents.page_numbers import FEWEST_PAGES, LEFT_BLANK, PAGE_NUMBER, page_value

EDGE_LINES = 3  # a header or footer has at most this many lines
_MOST_WORDS = 12  # maximum words of a line with a page number
_FIGURES = re.compile(r"\d\S*(?:\s[\d.,%€$-]+)+")
_MID_SENTENCE = re.compile(r"\w[.,;:—-]$")


def without_running_lines(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the pages, each a list of lines, without the lines that repeat at the pages' edges.

    A line is removed if a number in it counts up with the pages ("Page 3 of 9"). A line that repeats verbatim is removed
    everywhere but its first occurrence, because a chapter's title is often the running header of the pages after it.
    Other lines stay, so that a form's "Badge 4711" and "Badge 4712" are not taken for page numbers.
    """
    counting: dict[str, list[tuple[int, str]]] = defaultdict(list)  # line with page numbers masked -> (page, line)
    repeated: dict[str, list[int]] = defaultdict(list)  # line -> page indexes
    for index, lines in enumerate(pages):
        for position in _edges(lines, EDGE_LINES):
            line = " ".join(lines[position].split())
            if _FIGURES.fullmatch(line):
                continue  # a row of figures
            repeated[line].append(index)
            if _masked(line) != line and len(line.split()) <= _MOST_WORDS and not _MID_SENTENCE.search(line):
                counting[_masked(line)].append((index, line))
    numbered = {line for line, places in counting.items() if len(places) >= FEWEST_PAGES and _counts_with_pages(places)}
    running = {line for line, where in repeated.items() if _is_running(sorted(set(where)), len(pages))}
    met: set[str] = set()
    return [_page_without(lines, numbered, running, met) for lines in pages]


def _page_without(lines: Sequence[str], numbered: set[str], running: set[str], met: set[str]) -> list[str]:
    drop = {position for position in _edges(lines, EDGE_LINES) if _masked(lines[position]) in numbered}
    rest = [position for position, line in enumerate(lines) if line.strip() and position not in drop]
    most = min(EDGE_LINES, (len(rest) + 1) // 4)  # fewer on a short page or form, whose edges are most of its content
    for side in (rest[:most], rest[::-1][:most]):
        for position in side:
            line = " ".join(lines[position].split())
            if line not in running:
                break
            if line in met:
                drop.add(position)
            met.add(line)
    kept = [line for position, line in enumerate(lines) if position not in drop]
    return [line for line in kept if not LEFT_BLANK.fullmatch(line.strip())]


def _edges(lines: Sequence[str], most: int) -> list[int]:
    filled = [position for position, line in enumerate(lines) if line.strip()]
    return sorted({*filled[:most], *filled[-most:]})


def _masked(line: str) -> str:
    return " ".join("#" if PAGE_NUMBER.fullmatch(word) else word for word in line.split())


def _counts_with_pages(places: Sequence[tuple[int, str]]) -> bool:
    """Return whether a number in the line mostly rises in step with the pages, or restarts low in a new section."""
    numbers = [[page_value(match) for match in map(PAGE_NUMBER.fullmatch, line.split()) if match] for _, line in places]
    for place in range(min(map(len, numbers))):
        steps = [
            number[place][1] - before[place][1] == page - page_before
            if number[place][0] == before[place][0]
            else number[place][1] <= 2
            for (page_before, before), (page, number) in pairwise(
                (page, number) for (page, _), number in zip(places, numbers, strict=True)
            )
        ]
        if sum(steps) >= 0.6 * len(steps):
            return True
    return False


def _is_running(where: list[int], page_count: int) -> bool:
    if len(where) >= max(3, page_count // 10):
        return True
    return len(where) >= 2 and any(second - first <= 2 for first, second in pairwise(where))
