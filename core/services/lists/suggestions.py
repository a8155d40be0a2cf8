"""Suggestions for the lists, from what reviewers corrected by hand. Nothing is added to a list automatically."""

from collections import Counter
from dataclasses import dataclass

from core.detectors import REVIEWER
from core.privacy.lists.entries import MAX_TEXT
from core.privacy.text.normalization import fold
from core.records import Document, ListKind, Project, Span
from core.services.lists.stored import entries_of
from core.storage import Workspace, find, rights

MIN_REJECTED = 3  # rejections of a text before it is suggested for the allow list


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A text that reviewers added (for the deny list) or rejected (for the allow list) `count` times."""

    kind: ListKind
    text: str  # in its most frequent spelling
    entity: str
    count: int
    documents: int


def suggestions(workspace: Workspace, project: Project) -> list[Suggestion]:
    """Return suggestions for texts that are on no list and were not dismissed, most frequent first.

    Only one document's text is in memory at a time.
    """
    rights.check(workspace.db, "read documents", project.id)
    by_text: dict[tuple[ListKind, str], list[tuple[str, str, str]]] = {}
    for document in find(workspace.db, Document, project_id=project.id, state="read"):
        spans = [
            *find(workspace.db, Span, document_id=document.id, state="rejected"),
            *find(workspace.db, Span, document_id=document.id, state="accepted", detector=REVIEWER),
        ]
        text = workspace.text(document) if spans else ""
        for span in spans:
            value = " ".join(text[span.start : span.end].split())
            kind: ListKind = "allow" if span.state == "rejected" else "deny"
            if 2 <= len(value) <= MAX_TEXT:
                by_text.setdefault((kind, fold(value)), []).append((value, span.entity, document.id))
    settled = {fold(entry.text) for entry in entries_of(workspace, project.id)}
    dismissed = {(row["kind"], row["text"]) for row in _dismissed(workspace, project)}
    made = [
        _suggestion(kind, seen)
        for (kind, text), seen in by_text.items()
        if text not in settled and (kind, text) not in dismissed and (kind == "deny" or len(seen) >= MIN_REJECTED)
    ]
    contested = {fold(made_one.text) for made_one in made if made_one.kind == "deny"}  # added here, rejected there
    return sorted(
        (s for s in made if s.kind == "deny" or fold(s.text) not in contested), key=lambda s: (-s.count, s.text.casefold())
    )


def dismiss(workspace: Workspace, project: Project, suggestion: Suggestion) -> None:
    """Stop making this suggestion in this project."""
    rights.check(workspace.db, "edit lists", project.id)
    workspace.db.execute(
        "insert or ignore into list_dismissals (project_id, kind, text) values (?, ?, ?)",
        [project.id, suggestion.kind, fold(suggestion.text)],
    )


def _dismissed(workspace: Workspace, project: Project) -> list[dict[str, str]]:
    rows = workspace.db.execute("select kind, text from list_dismissals where project_id = ?", [project.id])
    return [dict(row) for row in rows]


def _suggestion(kind: ListKind, seen: list[tuple[str, str, str]]) -> Suggestion:
    written, entities = Counter(value for value, _, _ in seen), Counter(entity for _, entity, _ in seen)
    return Suggestion(
        kind=kind,
        text=written.most_common(1)[0][0],
        entity=entities.most_common(1)[0][0],
        count=len(seen),
        documents=len({document_id for _, _, document_id in seen}),
    )
