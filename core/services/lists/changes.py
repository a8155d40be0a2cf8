"""Changes to the reviewers' lists, which take effect at once in the documents that were already searched.

Every document whose spans a change affects (see `effects`) loses its approval. The change and all its effects are made in
one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.errors import InputError
from core.privacy.lists.detector import Lists
from core.privacy.lists.entries import MAX_ENTRIES, check, missing_entries
from core.privacy.text.normalization import words_of
from core.records import AuditAction, CustomPattern, Document, ListEntry, Person, Project, Span
from core.services.lists.effects import ChangePreview, DocumentChange, Effect, adding, changes_by_lists, removing
from core.services.lists.stored import lists_of
from core.services.privacy.project_surrogates import store_surrogates, surrogate_table
from core.storage import Permitted, Workspace, audit, count, delete, find, insert_many, transaction, update

REASON = "A list or pattern changed, and it touches this document."


def preview(
    workspace: Workspace, project_id: str, *, entries: Sequence[ListEntry] = (), patterns: Sequence[CustomPattern] = ()
) -> Effect:
    """Return the effect that adding these entries and patterns would have, without adding them.

    Raises:
        InputError: an entry or pattern cannot be used.
    """
    permitted = workspace.allowed("edit lists", project_id)
    check(entries, patterns)
    effect, _ = _examine(permitted, project_id, adding(entries, patterns))
    return effect


def add(
    workspace: Workspace,
    project_id: str,
    *,
    entries: Sequence[ListEntry] = (),
    patterns: Sequence[CustomPattern] = (),
    actor: Person,
) -> Effect:
    """Add entries and patterns to the lists of a project ("" for all projects), and apply them to the searched documents.

    Raises:
        InputError: an entry or pattern cannot be used, a pattern's name is taken, or there are too many entries. Nothing
            has changed then.
    """
    permitted = workspace.allowed("edit lists", project_id, by=actor)
    check(entries, patterns)
    patterns = [replace(pattern, project_id=project_id, added_by=actor.name) for pattern in patterns]
    fresh = [
        replace(entry, project_id=project_id, added_by=actor.name)
        for entry in missing_entries(find(permitted.db, ListEntry, project_id=project_id), entries)
    ]
    names = [pattern.name for pattern in (*find(permitted.db, CustomPattern, project_id=project_id), *patterns)]
    if len({name.casefold() for name in names}) < len(names):
        raise InputError("There is a pattern of this name already.", "Choose another name, or remove that one first.")
    if count(permitted.db, ListEntry, project_id=project_id) + len(fresh) > MAX_ENTRIES:
        raise InputError(f"The lists would have more than {MAX_ENTRIES:,} entries.", "Use patterns for what has a form.")
    subjects = _subjects(project_id)

    def store() -> None:
        insert_many(permitted.db, fresh)
        insert_many(permitted.db, patterns)
        if fresh:
            audit.append(permitted.db, "list entries added", actor=actor.name, subjects=subjects, counts=_by_kind(fresh))
        for pattern in patterns:
            audit.append(permitted.db, "pattern added", actor=actor.name, subjects={**subjects, "pattern": pattern.id})

    effect = _carry_out(permitted, project_id, adding(fresh, patterns), store=store, actor=actor)
    return effect + Effect(left_out=len(entries) - len(fresh))


def preview_removal(workspace: Workspace, project_id: str, entries: Sequence[ListEntry]) -> Effect:
    """Return the effect that removing these entries would have, without removing them."""
    permitted = workspace.allowed("edit lists", project_id)
    effect, _ = _examine(permitted, project_id, removing(entries))
    return effect


def remove(
    workspace: Workspace,
    project_id: str,
    *,
    entries: Sequence[ListEntry] = (),
    patterns: Sequence[CustomPattern] = (),
    actor: Person,
) -> Effect:
    """Remove entries and patterns from the lists of a project ("" for all projects), and apply what follows from it."""
    permitted = workspace.allowed("edit lists", project_id, by=actor)
    subjects = _subjects(project_id)

    def store() -> None:
        for entry in entries:
            delete(permitted.db, ListEntry, id=entry.id, project_id=project_id)
        if entries:
            audit.append(permitted.db, "list entries removed", actor=actor.name, subjects=subjects, counts=_by_kind(entries))
        for pattern in patterns:
            delete(permitted.db, CustomPattern, id=pattern.id, project_id=project_id)
            audit.append(permitted.db, "pattern removed", actor=actor.name, subjects={**subjects, "pattern": pattern.id})

    return _carry_out(permitted, project_id, removing(entries), store=store, actor=actor)


def _subjects(project_id: str) -> dict[str, str]:
    """Return what an audit entry about the lists names: their project, or nothing if they are for all projects."""
    return {"project": project_id} if project_id else {}


def _by_kind(entries: Sequence[ListEntry]) -> dict[str, int]:
    return {kind: sum(entry.kind == kind for entry in entries) for kind in ("deny", "allow")}


def _examine(workspace: Workspace, project_id: str, examine: ChangePreview) -> tuple[Effect, dict[str, bool]]:
    """Compute a change's total effect on the searched documents, and whether it affects each of them, by document id.

    Only one text is in memory at a time.
    """
    effect = Effect()
    is_affected: dict[str, bool] = {}
    for document in _searched(workspace, project_id):
        change = examine(workspace, document)
        is_affected[document.id] = bool(change)
        effect += _effect(workspace, change)
    return effect, is_affected


def _carry_out(
    permitted: Permitted, project_id: str, examine: ChangePreview, *, store: Callable[[], None], actor: Person
) -> Effect:
    before, is_affected = _examine(permitted, project_id, examine)
    effect = Effect(places=before.places, documents=before.documents)
    with transaction(permitted.db):
        # now that nobody else can write, examine touched and newly searched documents again; then make the change itself
        again = [d for d in _searched(permitted, project_id) if is_affected.get(d.id, True)]
        changes = [examine(permitted, document) for document in again]
        store()
        for change in changes:
            if change:
                effect += replace(_effect(permitted, change), places=0, documents=0)
                _store(permitted, change, actor=actor.name)
    return effect


def _searched(workspace: Workspace, project_id: str) -> list[Document]:
    chosen = {"project_id": project_id} if project_id else {}
    projects = {project.id for project in find(workspace.db, Project)}
    documents = find(workspace.db, Document, state="read", **chosen)
    return [document for document in documents if document.is_analyzed and document.project_id in projects]


def catch_up(workspace: Workspace, document: Document) -> int:
    """Apply the current lists to a document that was searched while they changed; return how many spans changed."""
    document, permitted = workspace.allowed_on(document, "find personal data")
    with transaction(permitted.db):
        change = changes_by_lists(permitted, document, lists_of(permitted, document.project_id), new=Lists())
        if change:
            _store(workspace.allowed("edit lists", document.project_id), change, actor=None)
    return len(change.new) + len(change.undecided) + len(change.rejected)


def _effect(workspace: Workspace, change: DocumentChange) -> Effect:
    return Effect(
        places=change.places,
        documents=int(bool(change.places)),
        marked=len(change.new) + len(change.undecided),
        rejected=len(change.rejected),
        searches=int(change.must_search),
        approvals=int(bool(change) and workspace.active_review(change.document.id) is not None),
    )


def _store(permitted: Permitted, change: DocumentChange, *, actor: str | None) -> None:
    """Store the new and changed spans of a document, and withdraw its approval; call it inside a transaction."""
    db, document = permitted.db, change.document
    if change.new or change.undecided:
        table = surrogate_table(permitted, document.project_id, avoid=words_of(change.text))
        named = [table.replaced(span, change.text) for span in (*change.new, *change.undecided)]
        insert_many(db, named[: len(change.new)])
        for span in named[len(change.new) :]:
            update(
                db, Span, span.id, state="detected", reviewer=None, entity=span.entity, detector=span.detector,
                surrogate=span.surrogate, treatment=span.treatment,
            )  # fmt: skip
        store_surrogates(permitted, document.project_id, table)
    for span in change.rejected:
        update(db, Span, span.id, state="rejected", reviewer=span.reviewer)
    if change.must_search:
        update(db, Document, document.id, analyzed_sha256=None)
    counts = {"marked": len(change.new) + len(change.undecided), "rejected": len(change.rejected)}
    action: AuditAction = "lists applied"
    audit.append_for(db, document.id, action, actor=actor, counts=counts)
    permitted.withdraw_approval(document.id, reason=REASON, actor=actor)
