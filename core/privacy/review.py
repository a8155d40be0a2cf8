"""The rules of review. Every decision carries a name; what was approved is exactly the text that was reviewed.

Pages and commands call these and enforce nothing themselves. Each is short and all or nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.errors import InputError
from core.identity import declared
from core.privacy.entities import ENTITIES
from core.privacy.masking import mask
from core.privacy.project_surrogates import store_surrogates, surrogate_table
from core.records import AuditAction, Document, Project, Review, Span, SpanState, new_id, now
from core.storage import Workspace, audit, find, find_all, get, insert, rights, sha256_text, transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a decision would change: these spans, in these documents, and these of them would lose their approval."""

    span_ids: frozenset[str]
    document_ids: frozenset[str]
    approved_ids: frozenset[str]

    def reaches_beyond(self, document_id: str) -> bool:
        """Whether an approval or another document is touched, so that a person should see this first."""
        return bool(self.approved_ids) or not self.document_ids <= {document_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided by whom: the spans changed as they were `before`, how many were left, who lost an approval."""

    state: SpanState
    reviewer: str
    before: tuple[Span, ...]
    left_count: int  # spans that were left as they were
    withdrawn_ids: frozenset[str]  # documents whose approval was withdrawn


def accept(workspace: Workspace, spans: Sequence[Span | str], *, reviewer: str) -> Decision:
    """Say that spans (or their ids) are personal data.

    Raises:
        InputError: no reviewer, or a span that does not exist; nothing is changed then.
    """
    return _decide(workspace, spans, state="accepted", reviewer=reviewer)


def reject(workspace: Workspace, spans: Sequence[Span | str], *, reviewer: str) -> Decision:
    """Say that spans (or their ids) are not personal data: they stay readable.

    Raises:
        InputError: no reviewer, or a span that does not exist; nothing is changed then.
    """
    return _decide(workspace, spans, state="rejected", reviewer=reviewer)


def decide_undecided(workspace: Workspace, project: Project, *, state: SpanState, reviewer: str) -> Decision:
    """Decide on every span of a project on which nobody decided yet; `left_count` says how many others were left alone.

    Raises:
        InputError: no reviewer; nothing is changed then.
    """
    rights.check(workspace.db, "decide", project.id)
    with transaction(workspace.db):
        rows = workspace.db.execute(
            "select s.id, s.state from spans s join documents d on d.id = s.document_id where d.project_id = ?", [project.id]
        ).fetchall()
        undecided = [row["id"] for row in rows if row["state"] == "detected"]
        decision = _decide(workspace, undecided, state=state, reviewer=reviewer)
    return replace(decision, left_count=len(rows) - len(undecided))


def effect_of(workspace: Workspace, spans: Sequence[Span | str], *, state: SpanState) -> Effect:
    """What accepting or rejecting these spans would change, without changing it.

    Raises:
        InputError: a span that does not exist.
    """
    changing = [span for span in _stored(workspace, _ids(spans)) if span.state != state]
    document_ids = frozenset(span.document_id for span in changing)
    return Effect(
        span_ids=frozenset(span.id for span in changing),
        document_ids=document_ids,
        approved_ids=_approved(workspace, document_ids),
    )


def undo(workspace: Workspace, decision: Decision, *, reviewer: str) -> Decision:
    """Give the spans of a decision back their earlier state and reviewer, all of them or none.

    Approvals that the decision withdrew stay withdrawn: an approval is a person's word about a text, given anew or not at
    all. One that was given since is withdrawn too, because the text changes again.

    Returns:
        The decision undone, with the documents that lose an approval now in `withdrawn_ids`.

    Raises:
        InputError: no reviewer, or one of the spans was decided on again or is gone.
    """
    name = _named(reviewer)
    with transaction(workspace.db):
        changed = {span.id: span for span in _found(workspace, [span.id for span in decision.before])}
        for span in decision.before:
            if changed.get(span.id) != replace(span, state=decision.state, reviewer=decision.reviewer):
                raise InputError(
                    "Nothing was undone: somebody changed one of these marks since.", "Decide on each of them anew."
                )
        workspace.db.executemany(
            "update spans set state = ?, reviewer = ? where id = ?",
            [(span.state, span.reviewer, span.id) for span in decision.before],
        )
        _record(workspace, decision.before, "decision undone", actor=name)
        withdrawn = _withdraw(workspace, decision.before, f"{name} undid a decision", actor=name)
    return replace(decision, withdrawn_ids=withdrawn)


def add(workspace: Workspace, document: Document, *, start: int, end: int, entity: str, reviewer: str) -> Span:
    """Mark characters `start` to `end` of a document's text as personal data; a span with these bounds is replaced.

    Marking the same characters as the same again changes nothing and gives the span that stands.

    Raises:
        InputError: no reviewer, no letter or digit between the bounds, bounds outside the text, or an unknown entity.
    """
    name = _named(reviewer)
    rights.check(workspace.db, "decide", document.project_id)
    if entity not in ENTITIES:
        raise InputError(f"{entity!r} is no known type of personal data.", f"Known types: {', '.join(sorted(ENTITIES))}.")
    with transaction(workspace.db):
        document = get(workspace.db, Document, document.id)
        text = workspace.text(document)
        if not 0 <= start < end <= len(text) or not any(character.isalnum() for character in text[start:end]):
            raise InputError(
                f"Characters {start} to {end} of document {document.id} hold no text.",
                f"Its text has {len(text)} characters; choose some of them.",
            )
        here = find(workspace.db, Span, document_id=document.id, start=start, end=end)
        standing = next((span for span in here if (span.entity, span.state) == (entity, "accepted")), None)
        if standing:
            return standing
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
        _record(workspace, [span], "span added", actor=name)
        workspace.withdraw_approval(document.id, reason=f"{name} added a span", actor=name)
    return span


def approve(workspace: Workspace, project: Project, document: Document, *, reviewer: str) -> Review:
    """Approve the anonymized text of one document as it stands now; every span not rejected is masked.

    Approving the same text again under the same name changes nothing.

    Raises:
        InputError: no reviewer, a document of another project, or one that was not read or not searched.
    """
    name = _named(reviewer)
    rights.check(workspace.db, "approve", project.id)
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
    rights.check(workspace.db, "approve", project.id)
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
    workspace.withdraw_approval(document.id, reason=f"{name}: {reason.strip()}", actor=name)


def _decide(workspace: Workspace, spans: Sequence[Span | str], *, state: SpanState, reviewer: str) -> Decision:
    name = _named(reviewer)
    with transaction(workspace.db):
        stored = _stored(workspace, _ids(spans))
        before = tuple(span for span in stored if span.state != state)
        workspace.db.executemany(
            "update spans set state = ?, reviewer = ? where id = ?", [(state, name, span.id) for span in before]
        )
        action: AuditAction = "spans accepted" if state == "accepted" else "spans rejected"
        _record(workspace, before, action, actor=name)
        withdrawn = _withdraw(workspace, before, f"{name} {state} a span", actor=name)
    return Decision(state=state, reviewer=name, before=before, left_count=len(stored) - len(before), withdrawn_ids=withdrawn)


def _ids(spans: Iterable[Span | str]) -> list[str]:
    return list(dict.fromkeys(span if isinstance(span, str) else span.id for span in spans))


def _found(workspace: Workspace, span_ids: Sequence[str]) -> list[Span]:
    """Those of the spans that exist, in one statement however many they are."""
    return find_all(workspace.db, Span, span_ids)


def _stored(workspace: Workspace, span_ids: Sequence[str]) -> list[Span]:
    found = _found(workspace, span_ids)
    if len(found) < len(span_ids):
        known = {span.id for span in found}
        get(workspace.db, Span, next(span_id for span_id in span_ids if span_id not in known))  # says that there is none
    return found


def _approved(workspace: Workspace, document_ids: Iterable[str]) -> frozenset[str]:
    return frozenset(document_id for document_id in document_ids if workspace.active_review(document_id))


def _withdraw(workspace: Workspace, spans: Iterable[Span], reason: str, *, actor: str) -> frozenset[str]:
    """Withdraw the approvals that stand for the documents of these spans; gives the documents that had one."""
    approved = _approved(workspace, frozenset(span.document_id for span in spans))
    for document_id in approved:
        workspace.withdraw_approval(document_id, reason=reason, actor=actor)
    return approved


def _record(workspace: Workspace, spans: Iterable[Span], action: AuditAction, *, actor: str) -> None:
    """An audit entry for each document of these spans, with how many of them are in it."""
    for document_id, number in Counter(span.document_id for span in spans).items():
        audit.append_for(workspace.db, document_id, action, actor=actor, counts={"spans": number})


def _named(reviewer: str) -> str:
    return declared(reviewer).name


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
