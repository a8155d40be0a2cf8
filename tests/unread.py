"""Approving what nobody looked at, in the words that it takes: for tests that are about what comes after an approval."""

from core.records import Document, Person, Project, Review
from core.services import review
from core.storage import Workspace


def approve_unread(workspace: Workspace, project: Project, document: Document, *, by: Person) -> Review:
    """Approve a document of a project whose policy is all-at-once, however much of it is unread."""
    words = review.unread_phrase(review.unread_of(workspace, project, document))
    return review.approve(workspace, project, document, by=by, unread=words)


def approve_all_unread(workspace: Workspace, project: Project, *, by: Person) -> list[Review]:
    """Approve all documents of such a project."""
    words = review.unread_phrase(review.unread_in(workspace, project, by=by))
    return review.approve_all(workspace, project, by=by, unread=words)
