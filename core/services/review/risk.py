"""What to look at first: spans on which detectors disagree, spans of one detector, rare words that look like names.

A span's risk is a sum of points (see `span_risks`); it only orders the work, and decides nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.detectors import MODELS, PROPAGATION, joined
from core.privacy.entities import NAMES
from core.privacy.text.normalization import fold
from core.privacy.text.vocabulary import is_generic
from core.records import Project, Span
from core.services.review.states import State, states_of
from core.storage import Workspace

_SINGLE = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ORDER: tuple[State, ...] = ("returned", "in review", "detected", "proposed", "approved")
_LONE = tuple(joined([name]) for name in sorted(MODELS))  # as stored with spans that one name finder alone found
LOW_SCORE = 0.6  # below this a detector is in doubt itself; names found by spaCy always score .85


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A document in the queue: its state, its spans, how many are undecided, and how many of these one detector alone found.

    `is_unread`: it was approved although nobody had looked at all of it.
    """

    document_id: str
    state: State
    total: int
    undecided: int
    lone: int
    is_unread: bool = False


def queue(workspace: Workspace, project: Project) -> list[QueueEntry]:
    """Return the documents of a project that were searched, those that need a person first.

    They are sorted by state (returned, in review or only searched, proposed, approved), then by undecided spans that a
    single detector found, then by undecided spans.
    """
    states = states_of(workspace, project.id)
    rows = workspace.db.execute(
        "select d.id, count(s.id) as total, coalesce(sum(s.state = 'detected'), 0) as undecided,"
        " coalesce(sum(s.state = 'detected' and s.detector in (?, ?)), 0) as lone"
        " from documents d left join spans s on s.document_id = d.id"
        " where d.project_id = ? and d.state = 'read' and d.analyzed_sha256 = d.text_sha256"
        " group by d.id order by d.created_at, d.rowid",
        [*_LONE, project.id],
    )
    approved = {
        document_id: workspace.active_review(document_id) for document_id in states if states[document_id] == "approved"
    }
    unread = {document_id for document_id, standing in approved.items() if standing and standing.unread}
    entries = [
        QueueEntry(
            document_id=row["id"],
            state=states[row["id"]],
            total=row["total"],
            undecided=row["undecided"],
            lone=row["lone"],
            is_unread=row["id"] in unread,
        )
        for row in rows
    ]
    return sorted(entries, key=lambda entry: (_rank(entry.state), -entry.lone, -entry.undecided))


def by_risk(text: str, spans: Sequence[Span]) -> list[Span]:
    """Return a document's spans, undecided ones first, then by risk, then in reading order."""
    risks = span_risks(text, spans)
    return sorted(spans, key=lambda span: (span.state != "detected", -risks[span.id], span.start))


def span_risks(text: str, spans: Sequence[Span]) -> dict[str, int]:
    """Return the risk of each span by its id, 0 to 8, the sum of these points.

    * 3 if the same text has another type elsewhere in the document: detectors disagree;
    * 2 if one name finder alone found it (1 if it was found through another span);
    * 1 if its score is below .6;
    * 2 if it is a single capitalized word, not generic, and found only once: a rare word that looks like a name.
    """
    values = {span.id: fold(text[span.start : span.end]) for span in spans}
    times = Counter(values.values())
    types: defaultdict[str, set[str]] = defaultdict(set)
    for span in spans:
        types[values[span.id]].add(span.entity)
    return {
        span.id: 3 * (len(types[values[span.id]]) > 1)
        + (2 if span.detector in _LONE else 1 if span.detector == PROPAGATION else 0)
        + (span.score < LOW_SCORE)
        + 2 * (times[values[span.id]] == 1 and _is_rare_name(text[span.start : span.end], span))
        for span in spans
    }


def _is_rare_name(value: str, span: Span) -> bool:
    is_word = span.entity in NAMES and value[:1].isupper() and _SINGLE.fullmatch(value) is not None
    return is_word and not is_generic(value)


def _rank(state: State) -> int:
    return 1 if state == "detected" else _ORDER.index(state)
