"""The state of a document's review, what is still open, and why somebody may not approve it."""

from typing import Literal

from core.privacy.review.policy import needs_two
from core.privacy.review.sampling import sample_of
from core.privacy.review.unread import unread_of
from core.records import Document, Person, Project, Review
from core.storage import Workspace, find, get, rights

State = Literal["detected", "in review", "proposed", "approved", "returned"]
UNMARKED = "A passage of the sample holds something that is not marked yet."


def state_of(workspace: Workspace, document: Document) -> State:
    """Return the review state of a document."""
    return states_of(workspace, document.project_id, document.id)[document.id]


def states_of(workspace: Workspace, project_id: str, document_id: str = "") -> dict[str, State]:
    """Return the review state of every document of a project (or of one), in one statement."""
    rights.check(workspace.db, "see project", project_id)
    rows = workspace.db.execute(
        "select d.id, (select r.state from reviews r where r.document_id = d.id order by r.rowid desc limit 1) as newest,"
        " exists (select 1 from spans s where s.document_id = d.id and s.state <> 'detected') as is_begun"
        " from documents d where d.project_id = ? and (? = '' or d.id = ?)",
        [project_id, document_id, document_id],
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


def open_points(workspace: Workspace, project: Project, document: Document) -> tuple[str, ...]:
    """Return sentences on what must be done before a document can be proposed; () if nothing is open.

    With the policy all-at-once, only passages that were said to hold something count: the approver confirms what is unread.
    """
    project = get(workspace.db, Project, project.id)
    if project.policy == "all-at-once":
        return (UNMARKED,) if sample_of(workspace, document).unmarked_ids else ()
    unread = unread_of(workspace, project, document)
    points = []
    if unread.undecided:
        words = "1 mark is" if unread.undecided == 1 else f"{unread.undecided:,} marks are"
        points.append(f"{words} not decided yet.")
    if project.sample_size:
        points += _sample_points(workspace, project, document)
    if unread.unsearched and not points:
        points.append("The anonymized text was not searched a second time.")
    return tuple(points)


def _sample_points(workspace: Workspace, project: Project, document: Document) -> list[str]:
    sample = sample_of(workspace, document)
    if sample.is_settled:
        return []
    if sample.unread_ids:
        rest, all_ = len(sample.unread_ids), len(sample.drawn_ids)
        return [f"{rest} of the {all_} passages of the sample {'is' if rest == 1 else 'are'} not read yet."]
    if sample.unmarked_ids:
        return [UNMARKED]
    number = min(project.sample_size, sample.unread_count)
    passages = "1 passage" if number == 1 else f"{number} passages"
    if sample.round:
        return [f"The sample held something that was missed: {passages} more must be read."]
    return [f"The sample is not read yet: {passages} in which nothing was found."]


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
    return points[0] if points else ""


def hint_for(project: Project, document: Document, point: str) -> str:
    """Return a hint with the command that settles an open point."""
    action = "accept SPAN… or reject SPAN…" if "decided" in point else f"sample {document.id}"
    if "second time" in point:
        action = f"check {document.id}"
    return f"Run: garrison review {project.name} {action} --as NAME"
