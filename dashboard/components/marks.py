"""What the review page asks about a document's spans (its marks): which is next, which are equal, what is open."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from core.detectors import PROPAGATION, RAMPART, REVIEWER, RULES, SPACY, split
from core.privacy.entities import kin
from core.privacy.replacement.treatments import is_shared
from core.privacy.text.rewriting import folded
from core.records import Document, Page, Project, Span
from core.storage import Workspace, find

PART_CHARACTERS = 5000
_COLUMNS = "id, start, end, entity, score, detector, state, reviewer, surrogate"
FINDERS = {
    RULES: "a rule",
    SPACY: "the name finder",
    RAMPART: "the second finder",
    PROPAGATION: "a search for what was found elsewhere",
    REVIEWER: "a reviewer",
}


def marks_of(workspace: Workspace, document: Document) -> list[Span]:
    """Return a document's spans in reading order."""
    rows = workspace.db.execute(f"select {_COLUMNS} from spans where document_id = ? order by start, end", [document.id])  # noqa: S608
    return [  # ten thousand spans take 98 ms; `Span(**row)` takes 144, `find` longer
        Span(
            id=id_, document_id=document.id, start=start, end=end, entity=entity, score=score, detector=detector,
            state=state, reviewer=reviewer, surrogate=surrogate,
        )
        for id_, start, end, entity, score, detector, state, reviewer, surrogate in map(tuple, rows)
    ]  # fmt: skip


def approved_ids(workspace: Workspace, project: Project) -> set[str]:
    """Return the ids of the documents with a standing approval, in one statement."""
    rows = workspace.db.execute(
        "select r.document_id from reviews r join documents d on d.id = r.document_id"
        " where d.project_id = ? and r.state = 'approved'",
        [project.id],
    )
    return {row["document_id"] for row in rows}


def open_counts(workspace: Workspace, project: Project) -> dict[str, tuple[int, int]]:
    """Count the spans of each document with any: document id to (undecided, all)."""
    rows = workspace.db.execute(
        "select s.document_id, sum(s.state = 'detected') as open, count(*) as total"
        " from spans s join documents d on d.id = s.document_id where d.project_id = ? group by s.document_id",
        [project.id],
    )
    return {row["document_id"]: (row["open"], row["total"]) for row in rows}


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


def finder_words(detector: str) -> str:
    """Describe what found a span, in plain words: `spacy+rules` -> `a rule and the name finder`."""
    names = split(detector)
    known = [words for name, words in FINDERS.items() if name in names]
    *others, last = known + sorted(names - FINDERS.keys())
    return f"{', '.join(others)} and {last}" if others else last


def equal_marks(text: str, spans: Sequence[Span], span: Span) -> list[Span]:
    """Return this document's spans with the same text as `span`, including `span` itself.

    Case and whitespace are ignored, and a name counts as the same whichever name-like type it was given.
    """
    value, types = folded(text[span.start : span.end]), kin(span.entity)
    return [other for other in spans if other.entity in types and folded(text[other.start : other.end]) == value]


def count_in_project(workspace: Workspace, project: Project, *, span: Span, value: str) -> int:
    """Count the project's spans whose text is `value`.

    Fast if the span's surrogate stands for this value alone; otherwise the texts are read.
    """
    condition, values = _same_surrogate(project, span)
    if is_shared(span.surrogate):
        rows = workspace.db.execute(f"select s.document_id, s.start, s.end {condition}", values)
        return sum(1 for _ in _on_value(workspace, project, rows, value))
    return int(workspace.db.execute(f"select count(*) {condition}", values).fetchone()[0])


def equal_in_project(workspace: Workspace, project: Project, *, span: Span, value: str) -> list[Span]:
    """Return the project's spans whose text is `value`, whatever its case and however its characters are written."""
    condition, values = _same_surrogate(project, span)
    rows = workspace.db.execute(f"select s.* {condition}", values)
    return [Span(**row) for row in _on_value(workspace, project, rows, value)]


def _on_value(workspace: Workspace, project: Project, rows: Iterable[Any], value: str) -> Iterator[Any]:
    """Yield the rows whose text really is `value`, document by document; only one text is in memory at a time."""
    wanted = folded(value)
    documents = {document.id: document for document in find(workspace.db, Document, project_id=project.id)}
    for document_id, of_document in groupby(rows, key=itemgetter("document_id")):
        text = workspace.text(documents[document_id])
        yield from (row for row in of_document if folded(text[row["start"] : row["end"]]) == wanted)


def _same_surrogate(project: Project, span: Span) -> tuple[str, list[str]]:
    """Build the rest of a query for spans with this surrogate and type (for a name, any name-like type)."""
    types = kin(span.entity)
    condition = (
        "from spans s join documents d on d.id = s.document_id where d.project_id = ? and s.surrogate <> ''"
        f" and s.surrogate = ? collate nocase and s.entity in ({', '.join('?' * len(types))}) order by s.document_id"
    )
    return condition, [project.id, span.surrogate, *types]


def unmarked_places(text: str, spans: Sequence[Span], value: str) -> list[tuple[int, int]]:
    """Return where `value` occurs as whole words, in any case, without touching a span."""
    if not value.strip():
        return []
    before, after = (r"(?<!\w)" if value[0].isalnum() else ""), (r"(?!\w)" if value[-1].isalnum() else "")
    places = (match.span() for match in re.finditer(before + re.escape(value) + after, text, re.IGNORECASE))
    ends = sorted(span.end for span in spans)
    starts = sorted(span.start for span in spans)
    # spans do not overlap: a place is free if as many spans ended before it as began before its end
    return [(start, end) for start, end in places if bisect_left(ends, start + 1) == bisect_left(starts, end)]
