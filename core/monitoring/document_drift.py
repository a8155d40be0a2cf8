"""What has become of a project's documents since a dataset version was frozen."""

from collections.abc import Iterable, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNow:
    """A document as it stands, with its approvals of now and before."""

    created_at: str
    review_ids: Set[str]  # of all approvals that it had or has
    first_approved_at: str | None  # None if it never was
    standing_id: str | None  # of the approval that stands; None without one


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDrift:
    """Counts of documents, each in one of them at most."""

    new: int = 0  # added since, and not approved yet
    approved: int = 0  # for the first time
    changed: int = 0  # approved again
    withdrawn: int = 0
    removed: int = 0
    total: int = 0  # all documents there are, and those removed

    @property
    def moved(self) -> int:
        """How many are not what they were."""
        return self.new + self.approved + self.changed + self.withdrawn + self.removed


def document_drift(documents: Iterable[DocumentNow], *, behind: Set[str], frozen_at: str) -> DocumentDrift:
    """Count what happened to documents since a version was frozen.

    Args:
        documents: those that there are.
        behind: ids of the approvals that the version's rows come from.
        frozen_at: when it was frozen.
    """
    counts = {"new": 0, "approved": 0, "changed": 0, "withdrawn": 0}
    total, known = 0, set[str]()
    for document in documents:
        total += 1
        known |= document.review_ids
        if state := _state(document, behind, frozen_at):
            counts[state] += 1
    removed = len(behind - known)  # a version holds one approval of a document
    return DocumentDrift(**counts, removed=removed, total=total + removed)


def _state(document: DocumentNow, behind: Set[str], frozen_at: str) -> str:
    """Return what happened to a document; "" if it is as it was."""
    is_behind = bool(document.review_ids & behind)
    if document.standing_id is None:
        if is_behind:
            return "withdrawn"
        return "new" if document.created_at > frozen_at else ""
    if document.standing_id in behind:
        return ""
    if is_behind:
        return "changed"
    return "approved" if document.first_approved_at and document.first_approved_at > frozen_at else ""
