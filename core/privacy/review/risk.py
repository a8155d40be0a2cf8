"""What to look at first: marks on which detectors disagree, lone finds, rare words that look like names.

A mark's risk is a sum of points (see `mark_risk`); it only orders the work, and decides nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.privacy.entities import NAMES
from core.privacy.review.states import State, states_of
from core.privacy.text.rewriting import folded
from core.privacy.text.vocabulary import is_generic
from core.records import Project, Span
from core.storage import Workspace

_SINGLE = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ORDER: tuple[State, ...] = ("returned", "in review", "detected", "proposed", "approved")
LOW_SCORE = 0.6  # a name finder's own doubt; names by spaCy always carry .85


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A document in the queue: its state, its marks, how many are undecided, and of these how many one finder found.

    `is_unread`: its approval was given for what nobody had looked at.
    """

    document_id: str
    state: State
    total: int
    undecided: int
    lone: int
    is_unread: bool = False


def queue(workspace: Workspace, project: Project) -> list[QueueEntry]:
    """The documents of a project that were searched, those that need a person first.

    By state (returned, in review or only searched, proposed, approved), then by undecided marks that a single finder found,
    then by undecided marks.
    """
    states = states_of(workspace, project.id)
    rows = workspace.db.execute(
        "select d.id, count(s.id) as total, coalesce(sum(s.state = 'detected'), 0) as undecided,"
        " coalesce(sum(s.state = 'detected' and s.detector in ('spacy', 'rampart')), 0) as lone"
        " from documents d left join spans s on s.document_id = d.id"
        " where d.project_id = ? and d.state = 'read' and d.text_sha256 <> '' and d.analyzed_sha256 = d.text_sha256"
        " group by d.id order by d.created_at, d.rowid",
        [project.id],
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
    """The marks of a document, undecided ones first, then by risk, then in reading order."""
    risks = mark_risks(text, spans)
    return sorted(spans, key=lambda span: (span.state != "detected", -risks[span.id], span.start))


def mark_risks(text: str, spans: Sequence[Span]) -> dict[str, int]:
    """For each mark's id its risk, 0 to 8, the sum of these points.

    * 3 where the same text is marked as another type elsewhere in the document: finders disagree;
    * 2 where one name finder found it and nobody else (1 where it was found through another mark);
    * 1 where its score is below .6;
    * 2 where it is a single word, capitalized, of no common kind, and marked only once: a rare word that looks like a name.
    """
    values = {span.id: folded(text[span.start : span.end]) for span in spans}
    times = Counter(values.values())
    types: defaultdict[str, set[str]] = defaultdict(set)
    for span in spans:
        types[values[span.id]].add(span.entity)
    return {
        span.id: 3 * (len(types[values[span.id]]) > 1)
        + (2 if span.detector in ("spacy", "rampart") else 1 if span.detector == "propagation" else 0)
        + (span.score < LOW_SCORE)
        + 2 * (times[values[span.id]] == 1 and _is_rare_name(text[span.start : span.end], span))
        for span in spans
    }


def _is_rare_name(value: str, span: Span) -> bool:
    is_word = span.entity in NAMES and value[:1].isupper() and _SINGLE.fullmatch(value) is not None
    return is_word and not is_generic(value)


def _rank(state: State) -> int:
    return 1 if state == "detected" else _ORDER.index(state)
