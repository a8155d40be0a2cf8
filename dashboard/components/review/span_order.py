"""How the review page goes through a document's spans: which is next, on which page, found by what."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from core.detectors import LIST, PROPAGATION, RAMPART, REVIEWER, RULES, SPACY, split
from core.records import Page, Span

PART_CHARACTERS = 5000
FINDERS = {
    RULES: "a rule",
    SPACY: "the name finder",
    RAMPART: "the second finder",
    PROPAGATION: "a search for what was found elsewhere",
    LIST: "the lists of reviewers",
    REVIEWER: "a reviewer",
}


def next_open(spans: Sequence[Span], after: int) -> Span | None:
    """Return the first undecided span after character `after`, else the first undecided one; None if all are decided."""
    undecided = [span for span in spans if span.state == "detected"]
    return next((span for span in undecided if span.start > after), undecided[0] if undecided else None)


def neighbor(spans: Sequence[Span], current: Span | None, step: int) -> Span | None:
    """Return the span before (-1) or after (+1) the current one, stopping at the ends; None if there are no spans."""
    if not spans:
        return None
    if current is None:
        return spans[0]
    at = next((index for index, span in enumerate(spans) if span.id == current.id), 0)
    return spans[min(max(at + step, 0), len(spans) - 1)]


def pages_of(text: str, pages: Sequence[Page]) -> tuple[Page, ...]:
    """Return the pages to show: the document's own, else the whole text; long ones are split, at line ends if possible.

    A browser stays fast with a part of about `PART_CHARACTERS` characters, but not with a whole book.
    """
    parts: list[Page] = []
    for page in pages or (Page(number=1, label="", start=0, end=len(text)),):
        starts = [page.start]
        while page.end - starts[-1] > 2 * PART_CHARACTERS:
            line_end = text.find("\n", starts[-1] + PART_CHARACTERS, starts[-1] + 2 * PART_CHARACTERS)
            starts.append(line_end + 1 if line_end >= 0 else starts[-1] + PART_CHARACTERS)
        for number, (start, end) in enumerate(pairwise([*starts, page.end]), start=1):
            part = f"part {number}" if len(starts) > 1 else ""
            label = ", ".join(word for word in (page.label, part) if word)
            parts.append(replace(page, number=len(parts) + 1, label=label, start=start, end=end))
    return tuple(parts)


def page_number_of(pages: Sequence[Page], offset: int) -> int:
    """Return the number (from 1, in order) of the page that holds the character at `offset`."""
    return next((number for number, page in enumerate(pages, start=1) if offset < page.end), len(pages))


def detector_words(detector: str) -> str:
    """Describe what found a span, in plain words: `spacy+rules` -> `a rule and the name finder`."""
    names = split(detector)
    known = [words for name, words in FINDERS.items() if name in names]
    *others, last = known + sorted(names - FINDERS.keys())
    return f"{', '.join(others)} and {last}" if others else last
