"""Occurrences of entries and patterns in a project's texts, with some context, for checking before a change."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from core.privacy.lists.detector import Lists
from core.records import Document
from core.storage import Workspace, find, rights

AROUND = 40  # characters of context on each side


@dataclass(frozen=True, slots=True)
class Place:
    """An occurrence: `text` as written in a document, and the context `before` and `after` it, all on one line."""

    document: str
    before: str
    text: str
    after: str


def places(workspace: Workspace, project_id: str, lists: Lists, *, most: int = 20) -> list[Place]:
    """Return the first `most` matches of `lists` in the texts of a project ("" for all projects).

    It reads no more documents than necessary, and skips those that the person acting may not read.

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
        for detection in lists.find(text):
            yield Place(
                document.name,
                _line(text[max(0, detection.start - AROUND) : detection.start]),
                _line(text[detection.start : detection.end]),
                _line(text[detection.end : detection.end + AROUND]),
            )


def _line(text: str) -> str:
    return "".join(" " if character.isspace() else character for character in text)
