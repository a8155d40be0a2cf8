"""The rules of review. Every decision carries a name; what was approved is exactly the text that was reviewed.

Pages and commands call these and enforce nothing themselves. Each is short and all or nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.errors import InputError
from core.privacy.masking import mask
from core.privacy.project_surrogates import store_surrogates, surrogate_table
from core.records import Document, Project, Review, Span, SpanState, new_id, now
from core.storage import Workspace, find, get, insert, sha256_text, transaction, update

_ENTITY = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


def accept(workspace: Workspace, spans: Sequence[Span | str], *, reviewer: str) -> None:
    """Say that spans (or their ids) are personal data.

    Raises:
        InputError: no reviewer, or a span that does not exist; nothing is changed then.
    """
    _decide(workspace, spans, state="accepted", reviewer=reviewer)


def reject(workspace: Workspace, spans: Sequence[Span | str], *, reviewer: str) -> None:
    """Say that spans (or their ids) are not personal data: they stay readable.

    Raises:
        InputError: no reviewer, or a span that does not exist; nothing is changed then.
    """
    _decide(workspace, spans, state="rejected", reviewer=reviewer)


def add(workspace: Workspace, document: Document, *, start: int, end: int, entity: str, reviewer: str) -> Span:
    """Mark characters `start` to `end` of a document's text as personal data; a span with these bounds is replaced.

    Raises:
        InputError: no reviewer, no letter or digit between the bounds, bounds outside the text, or a bad entity name.
    """
    name = _named(reviewer)
    if not _ENTITY.fullmatch(entity):
        raise InputError(f"{entity!r} is no kind of personal data.", "Kinds are written like PERSON or PHONE_NUMBER.")
    with transaction(workspace.db):
        document = get(workspace.db, Document, document.id)
        text = workspace.text(document)
        if not 0 <= start < end <= len(text) or not any(character.isalnum() for character in text[start:end]):
            raise InputError(
                f"Characters {start} to {end} of document {document.id} hold no text.",
                f"Its text has {len(text)} characters; choose some of them.",
            )
        table = surrogate_table(workspace, document.project_id)
        span = Span(
            id=new_id("span"),
            document_id=document.id,
            start=start,
            end=end,
            entity=entity,
            score=1.0,
            detector="reviewer",
            state="accepted",
            reviewer=name,
            surrogate=table.surrogate(entity, text[start:end]),
        )
        store_surrogates(workspace, document.project_id, table)
        workspace.db.execute("delete from spans where document_id = ? and start = ? and end = ?", [document.id, start, end])
        insert(workspace.db, span)
        workspace.withdraw_approval(document.id, reason=f"{name} added a span")
    return span


def approve(workspace: Workspace, project: Project, document: Document, *, reviewer: str) -> Review:
    """Approve the anonymized text of one document as it stands now; every span not rejected is masked.

    Approving the same text again under the same name changes nothing.

    Raises:
        InputError: no reviewer, a document of another project, or one that was not read or not searched.
    """
    name = _named(reviewer)
    with transaction(workspace.db):
        document = get(workspace.db, Document, document.id)
        text = _reviewable_text(workspace, project, document)
        spans = find(workspace.db, Span, document_id=document.id, order="start")
        masked = mask(text, spans)
        anonymized_sha256 = sha256_text(masked.text)
        standing = workspace.active_review(document.id)
        if (
            standing
            and (standing.text_sha256, standing.anonymized_sha256) == (document.text_sha256, anonymized_sha256)
            and standing.reviewer == name
        ):
            return standing
        review = Review(
            id=new_id("review"),
            document_id=document.id,
            reviewer=name,
            text_sha256=document.text_sha256,
            anonymized_sha256=anonymized_sha256,
            span_count=len(masked.edits),
            created_at=now(),
        )
        passages = [
            replace(passage, start=masked.position(passage.start), end=masked.position(passage.end))
            for passage in workspace.passages(document)
        ]
        workspace.store_approval(document, review, text=masked.text, passages=passages)
    return review


def approve_all(workspace: Workspace, project: Project, *, reviewer: str) -> list[Review]:
    """Approve every readable document of a project whose policy allows it; all or none.

    Raises:
        InputError: the policy asks for each document, no document is there, one was not searched, or no reviewer.
    """
    _named(reviewer)
    project = get(workspace.db, Project, project.id)
    if project.policy != "all-at-once":
        raise InputError(
            f"{project.name} has the policy {project.policy}: nothing is approved all at once.",
            f"Approve each document (garrison review {project.name} approve DOCUMENT --as NAME), or make a project "
            "with `garrison project create NAME --policy all-at-once`.",
        )
    with transaction(workspace.db):
        documents = find(workspace.db, Document, project_id=project.id, state="read")
        if not documents:
            raise InputError(f"{project.name} has no readable document to approve.", "Add documents first.")
        return [approve(workspace, project, document, reviewer=reviewer) for document in documents]


def withdraw(workspace: Workspace, document: Document, *, reviewer: str, reason: str) -> None:
    """Take back the approval that stands for a document, if one does.

    Raises:
        InputError: no reviewer or no reason.
    """
    name = _named(reviewer)
    if not reason.strip():
        raise InputError("A withdrawal needs a reason.", "Write in a few words why the approval no longer holds.")
    workspace.withdraw_approval(document.id, reason=f"{name}: {reason.strip()}")


def _decide(workspace: Workspace, spans: Sequence[Span | str], *, state: SpanState, reviewer: str) -> None:
    name = _named(reviewer)
    with transaction(workspace.db):
        changed: set[str] = set()
        for span_id in dict.fromkeys(span if isinstance(span, str) else span.id for span in spans):
            span = get(workspace.db, Span, span_id)
            if span.state != state:
                update(workspace.db, Span, span.id, state=state, reviewer=name)
                changed.add(span.document_id)
        for document_id in changed:
            workspace.withdraw_approval(document_id, reason=f"{name} {state} a span")


def _named(reviewer: str) -> str:
    name = " ".join(reviewer.split())
    if not name or len(name) > 80 or not name.isprintable():
        raise InputError("A review needs the reviewer's name, of 1 to 80 characters.", "Give it with --as NAME.")
    return name


def _reviewable_text(workspace: Workspace, project: Project, document: Document) -> str:
    """The text, once it is certain that it is the one in which personal data was looked for."""
    if document.project_id != project.id:
        raise InputError(f"Document {document.id} does not belong to {project.name}.", "Choose a document of this project.")
    if document.state != "read":
        raise InputError(
            f"Document {document.id} could not be read, so there is nothing to approve.", "Add a readable copy."
        )
    if not document.is_analyzed:
        raise InputError(
            f"Personal data was not looked for in document {document.id} yet.", f"Run: garrison anonymize {project.name}"
        )
    text = workspace.text(document)
    if sha256_text(text) != document.text_sha256:
        raise InputError(
            f"The stored text of document {document.id} is not the one that was searched.", "Remove it and add it again."
        )
    return text
