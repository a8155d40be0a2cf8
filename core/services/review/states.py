"""The state of a document's review, what is still open, and why somebody may not approve it."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from core.errors import Hint
from core.records import Document, Person, Project, Review
from core.services.review.policy import needs_two
from core.services.review.sampling import sample_of
from core.services.review.unread import unread_of
from core.storage import Workspace, find, get, rights
from core.words import counted

State = Literal["detected", "in review", "proposed", "approved", "returned"]


class PointKind(Enum):
    """The kinds of open points: what keeps a document from being proposed."""

    UNDECIDED = "spans without a decision"
    UNREAD = "drawn passages that nobody read"
    WITHOUT_SPAN = "a miss without a span"
    SAMPLE_DUE = "no sample drawn yet"
    SAMPLE_DUE_AGAIN = "another round after a miss"
    UNSEARCHED = "no second search of this anonymized text"


class Remedy(Enum):
    """What people do about an open point. Pages and commands choose by it what they offer, never by a sentence."""

    DECIDE = "accept or reject spans"
    READ_SAMPLE = "read the sample"
    SEARCH_AGAIN = "run the second search"


_REMEDIES: dict[PointKind, Remedy] = {
    PointKind.UNDECIDED: Remedy.DECIDE,
    PointKind.UNREAD: Remedy.READ_SAMPLE,
    PointKind.WITHOUT_SPAN: Remedy.READ_SAMPLE,
    PointKind.SAMPLE_DUE: Remedy.READ_SAMPLE,
    PointKind.SAMPLE_DUE_AGAIN: Remedy.READ_SAMPLE,
    PointKind.UNSEARCHED: Remedy.SEARCH_AGAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoint:
    """Something that must be done before a document can be proposed; `point_words` says it to people."""

    kind: PointKind
    count: int = 0  # spans to decide, or passages to read
    of: int = 0  # passages drawn, for UNREAD

    @property
    def remedy(self) -> Remedy:
        """What people do about it."""
        return _REMEDIES[self.kind]


def states_of(workspace: Workspace, project_id: str) -> dict[str, State]:
    """Return the review state of every document of a project, in one statement."""
    rights.check(workspace.db, "see project", project_id)
    rows = workspace.db.execute(
        "select d.id, (select r.state from reviews r where r.document_id = d.id order by r.rowid desc limit 1) as newest,"
        " exists (select 1 from spans s where s.document_id = d.id and s.state <> 'detected') as is_begun"
        " from documents d where d.project_id = ?",
        [project_id],
    )
    return {row["id"]: _state(row["newest"], bool(row["is_begun"])) for row in rows}


def _state(newest: str | None, is_begun: bool) -> State:
    if newest == "proposed":
        return "proposed"
    if newest == "approved":
        return "approved"
    if newest == "returned":
        return "returned"
    return "in review" if newest or is_begun else "detected"


def open_points(workspace: Workspace, project: Project, document: Document) -> tuple[OpenPoint, ...]:
    """Return what must be done before a document can be proposed, in the order to do it; () if nothing is open.

    With the policy all-at-once, only passages that were said to hold something count: the approver confirms what is unread.
    """
    project = get(workspace.db, Project, project.id)
    if project.policy == "all-at-once":
        return (OpenPoint(kind=PointKind.WITHOUT_SPAN),) if sample_of(workspace, document).unsettled_ids else ()
    unread = unread_of(workspace, project, document)
    points = []
    if unread.undecided:
        points.append(OpenPoint(kind=PointKind.UNDECIDED, count=unread.undecided))
    if project.sample_size:
        points += _sample_points(workspace, project, document)
    if unread.unsearched and not points:
        points.append(OpenPoint(kind=PointKind.UNSEARCHED))
    return tuple(points)


def _sample_points(workspace: Workspace, project: Project, document: Document) -> list[OpenPoint]:
    sample = sample_of(workspace, document)
    if sample.is_settled:
        return []
    if sample.unread_ids:
        return [OpenPoint(kind=PointKind.UNREAD, count=len(sample.unread_ids), of=len(sample.drawn_ids))]
    if sample.unsettled_ids:
        return [OpenPoint(kind=PointKind.WITHOUT_SPAN)]
    kind = PointKind.SAMPLE_DUE_AGAIN if sample.round else PointKind.SAMPLE_DUE
    return [OpenPoint(kind=kind, count=min(project.sample_size, sample.unread_count))]


def point_words(point: OpenPoint) -> str:
    """Say in a sentence what is open, such as that 3 spans are not decided yet."""
    number, verb = point.count, "is" if point.count == 1 else "are"
    passages = counted(number, "passage")
    match point.kind:
        case PointKind.UNDECIDED:
            return f"{counted(number, 'span')} {verb} not decided yet."
        case PointKind.UNREAD:
            return f"{number} of the {point.of} passages of the sample {verb} not read yet."
        case PointKind.WITHOUT_SPAN:
            return "A passage of the sample holds something that was not added yet."
        case PointKind.SAMPLE_DUE:
            return f"The sample is not read yet: {passages} in which nothing was found."
        case PointKind.SAMPLE_DUE_AGAIN:
            return f"The sample held something that was missed: {passages} more must be read."
        case PointKind.UNSEARCHED:
            return "The anonymized text was not searched a second time."


def last_return(workspace: Workspace, document: Document) -> Review | None:
    """Return the returned proposal if no new one has answered it yet, else None."""
    rows = find(workspace.db, Review, document_id=document.id, order="rowid desc")
    return rows[0] if rows and rows[0].state == "returned" else None


def reason_against(workspace: Workspace, project: Project, document: Document, *, by: Person) -> str:
    """Return why this person cannot approve this document now, in a sentence; "" if nothing prevents it."""
    proposed = workspace.standing_proposal(document.id)
    if needs_two(workspace, project, by=by):
        if proposed is None:
            return "Two persons are needed: it must be proposed before another person approves it."
        return "Two persons are needed: who proposed it cannot approve it." if proposed.proposer_id == by.id else ""
    points = open_points(workspace, project, document)
    return point_words(points[0]) if points else ""


def hint_for(project: Project, document: Document, point: OpenPoint) -> Hint:
    """Return the hint that says how to settle an open point."""
    match point.remedy:
        case Remedy.DECIDE:
            words, action = "Accept or reject each span.", "accept SPAN… or reject SPAN…"
        case Remedy.READ_SAMPLE:
            words, action = "Read the sample.", f"sample {document.id}"
        case Remedy.SEARCH_AGAIN:
            words, action = "Search the anonymized text once more.", f"check {document.id}"
    return Hint(words, command=f"garrison review {project.name} {action} --as NAME")
