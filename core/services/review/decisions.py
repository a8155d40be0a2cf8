"""What a person decides about spans. Every decision names them, can be undone, and withdraws a standing approval."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.errors import InputError
from core.records import AuditAction, Document, Person, Project, Span, SpanState
from core.services.review.policy import note_person
from core.services.review.sampling import forget_spans
from core.storage import Permitted, Workspace, audit, find_all, get, insert_many, rights, transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a decision would change: the spans, their documents, and which of these would lose an approval or a proposal."""

    span_ids: frozenset[str]
    document_ids: frozenset[str]
    approved_ids: frozenset[str]
    proposed_ids: frozenset[str]

    def reaches_beyond(self, document_id: str) -> bool:
        """Return whether an approval, a proposal or another document is affected, so that a person should see this first."""
        return bool(self.approved_ids or self.proposed_ids) or not self.document_ids <= {document_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision and who made it: spans `before` and `after`, how many were left alone, and which documents lost what."""

    verb: str  # "accepted", "rejected", "added", "given another type", "given other borders"
    by: Person
    before: tuple[Span, ...]
    after: tuple[Span, ...]
    left_count: int = 0  # spans that were left as they were
    withdrawn_ids: frozenset[str] = frozenset()  # documents whose approval was withdrawn
    dropped_ids: frozenset[str] = frozenset()  # documents whose proposal was withdrawn


def accept(workspace: Workspace, spans: Sequence[Span | str], *, by: Person) -> Decision:
    """Accept spans (given as such or by id) as personal data.

    Raises:
        InputError: a span does not exist; nothing is changed then.
    """
    return _decide(workspace, spans, state="accepted", by=by)


def reject(workspace: Workspace, spans: Sequence[Span | str], *, by: Person) -> Decision:
    """Reject spans (given as such or by id) as not personal data: they stay readable.

    Raises:
        InputError: a span does not exist; nothing is changed then.
    """
    return _decide(workspace, spans, state="rejected", by=by)


def decide_undecided(workspace: Workspace, project: Project, *, state: SpanState, by: Person) -> Decision:
    """Decide on every undecided span of a project; `left_count` says how many others were left alone."""
    rights.check(workspace.db, "decide", project.id, by=by)
    with transaction(workspace.db):
        rows = workspace.db.execute(
            "select s.id, s.state from spans s join documents d on d.id = s.document_id where d.project_id = ?", [project.id]
        ).fetchall()
        undecided = [row["id"] for row in rows if row["state"] == "detected"]
        decision = _decide(workspace, undecided, state=state, by=by)
    return replace(decision, left_count=len(rows) - len(undecided))


def effect_of(workspace: Workspace, spans: Sequence[Span | str], *, state: SpanState) -> Effect:
    """Return what accepting or rejecting these spans would change, without changing it.

    Raises:
        InputError: a span does not exist.
    """
    return effect_on(workspace, [span for span in stored(workspace, _ids(spans)) if span.state != state])


def effect_on(workspace: Workspace, spans: Iterable[Span]) -> Effect:
    """Return what changing exactly these spans would affect."""
    changing = list(spans)
    for project_id in _projects_of(workspace, changing):
        rights.check(workspace.db, "read documents", project_id)
    return _effect(workspace, changing)


def _effect(workspace: Workspace, changing: Sequence[Span]) -> Effect:
    document_ids = frozenset(span.document_id for span in changing)
    return Effect(
        span_ids=frozenset(span.id for span in changing),
        document_ids=document_ids,
        approved_ids=frozenset(id_ for id_ in document_ids if workspace.active_review(id_)),
        proposed_ids=frozenset(id_ for id_ in document_ids if workspace.standing_proposal(id_)),
    )


def undo(workspace: Workspace, decision: Decision, *, by: Person) -> Decision:
    """Restore the spans of a decision to what they were before it, all of them or none.

    Approvals that the decision withdrew stay withdrawn: an approval is a person's word about a text, given anew or not at
    all. An approval given since is withdrawn too, because the text changes again.

    Returns:
        The decision undone, with the documents that lose an approval or a proposal now.

    Raises:
        InputError: one of the spans was decided on again or is gone.
    """
    with transaction(workspace.db):
        standing = {span.id: span for span in _found(workspace, [span.id for span in decision.after])}
        if any(standing.get(span.id) != span for span in decision.after):
            raise InputError(
                "Nothing was undone: somebody changed one of these spans since.", "Decide on each of them anew."
            )
        if not decision.after and not decision.before:
            return replace(decision, withdrawn_ids=frozenset(), dropped_ids=frozenset())
        permitted = permitted_to_decide(workspace, [*decision.after, *decision.before], by=by)
        undone = carry_out(
            permitted, decision.after, decision.before, verb=decision.verb, action="decision undone", by=by,
            reason=f"{by.name} undid a decision",
        )  # fmt: skip
        left = {span.id for span in decision.before}
        gone = [span for span in decision.after if span.id not in left]
        for document_id in {span.document_id for span in gone}:
            document = get(permitted.db, Document, document_id)
            forget_spans(permitted, document, [span for span in gone if span.document_id == document_id])
    return replace(decision, withdrawn_ids=undone.withdrawn_ids, dropped_ids=undone.dropped_ids)


def carry_out(
    permitted: Permitted,
    before: Sequence[Span],
    after: Sequence[Span],
    *,
    verb: str,
    action: AuditAction,
    by: Person,
    reason: str,
) -> Decision:
    """Replace `before` with `after` in one transaction, including the audit entries and the approvals it withdraws.

    `before` are spans as they are stored; one whose id is also in `after` is changed, any other is removed.
    """
    kept = {span.id for span in after}
    known = {span.id for span in before}
    with transaction(permitted.db):
        permitted.db.executemany("delete from spans where id = ?", [(s.id,) for s in before if s.id not in kept])
        permitted.db.executemany(
            "update spans set start = ?, end = ?, entity = ?, state = ?, reviewer = ?, surrogate = ?,"
            " treatment = ? where id = ?",
            [
                (s.start, s.end, s.entity, s.state, s.reviewer, s.surrogate, s.treatment, s.id)
                for s in after
                if s.id in known
            ],
        )
        insert_many(permitted.db, [span for span in after if span.id not in known])
        effect = _effect(permitted, [*before, *after])
        for document_id, number in Counter(span.document_id for span in after or before).items():
            audit.append_for(permitted.db, document_id, action, actor=by.name, counts={"spans": number})
        for document_id in effect.document_ids:
            note_person(permitted, get(permitted.db, Document, document_id).project_id, by)
            permitted.withdraw_approval(document_id, reason=reason, actor=by.name)
    return Decision(
        verb=verb,
        by=by,
        before=tuple(before),
        after=tuple(after),
        withdrawn_ids=effect.approved_ids,
        dropped_ids=effect.proposed_ids,
    )


def permitted_to_decide(workspace: Workspace, spans: Iterable[Span], *, by: Person) -> Permitted:
    """Return the workspace for decisions about these spans, of which there is at least one.

    Raises:
        AccessError: `by` is not the person signed in, or may not decide in a project that one of the spans belongs to.
    """
    return [workspace.allowed("decide", project_id, by=by) for project_id in _projects_of(workspace, spans)][-1]


def stored(workspace: Workspace, span_ids: Sequence[str]) -> list[Span]:
    """Return these spans as they are stored now.

    Raises:
        InputError: one of them does not exist.
    """
    spans = _found(workspace, span_ids)
    if len(spans) < len(span_ids):
        known = {span.id for span in spans}
        get(workspace.db, Span, next(span_id for span_id in span_ids if span_id not in known))  # raises the error
    return spans


def _decide(workspace: Workspace, spans: Sequence[Span | str], *, state: SpanState, by: Person) -> Decision:
    action: AuditAction = "spans accepted" if state == "accepted" else "spans rejected"
    with transaction(workspace.db):
        chosen = stored(workspace, _ids(spans))
        before = [span for span in chosen if span.state != state]
        if not before:
            return Decision(verb=state, by=by, before=(), after=(), left_count=len(chosen))
        after = [replace(span, state=state, reviewer=by.name) for span in before]
        reason = f"{by.name} {state} a span"
        permitted = permitted_to_decide(workspace, before, by=by)
        decision = carry_out(permitted, before, after, verb=state, action=action, by=by, reason=reason)
    return replace(decision, left_count=len(chosen) - len(before))


def _ids(spans: Iterable[Span | str]) -> list[str]:
    return list(dict.fromkeys(span if isinstance(span, str) else span.id for span in spans))


def _found(workspace: Workspace, span_ids: Sequence[str]) -> list[Span]:
    """Return those of the spans that exist, in one statement however many there are."""
    return find_all(workspace.db, Span, span_ids)


def _projects_of(workspace: Workspace, spans: Iterable[Span]) -> list[str]:
    ids = json.dumps(sorted({span.document_id for span in spans}))
    rows = workspace.db.execute(
        "select distinct project_id from documents where id in (select value from json_each(?))", [ids]
    )
    return [row["project_id"] for row in rows]
