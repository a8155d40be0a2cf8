"""Where entries and patterns stand in the texts of a project, with some words around: what a person looks at beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from core.privacy.lists.detector import Lists
from core.records import Document
from core.storage import Workspace, find, rights

AROUND = 40  # characters shown on each side


@dataclass(frozen=True, slots=True)
class Place:
    """`text` as it stands in a document, with what stands `before` and `after` it on one line."""

    document: str
    before: str
    text: str
    after: str


def places(workspace: Workspace, project_id: str, lists: Lists, *, most: int = 20) -> list[Place]:
    """The first places where `lists` find something in a project ("": in any); reads no further than it must.

    Raises:
        InputError: a pattern takes too long.
    """
    return list(islice(_all(workspace, project_id, lists), most))


def _all(workspace: Workspace, project_id: str, lists: Lists) -> Iterator[Place]:
    chosen = {"project_id": project_id} if project_id else {}
    for document in find(workspace.db, Document, state="read", **chosen):
        if not rights.may(workspace.db, "read documents", document.project_id):
            continue
        text = workspace.text(document)
        for found in lists.find(text):
            yield Place(
                document.name,
                _line(text[max(0, found.start - AROUND) : found.start]),
                _line(text[found.start : found.end]),
                _line(text[found.end : found.end + AROUND]),
            )


def _line(text: str) -> str:
    return "".join(" " if character.isspace() else character for character in text)
