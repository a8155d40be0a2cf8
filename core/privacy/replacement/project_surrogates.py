"""The surrogate table of a project, out of the storage and back."""

from collections.abc import Callable, Iterable

from core.privacy.recognizers.people.name_forms import plain
from core.privacy.replacement import sealed_pairs
from core.privacy.replacement.surrogate_rows import is_touched
from core.privacy.replacement.surrogates import SurrogateTable, new_key
from core.privacy.replacement.treatments import TREATMENTS, Treatment
from core.privacy.text.rewriting import words_of
from core.records import Document, Span
from core.storage import Workspace, audit, find, from_row, rights

CLASH_REASON = "What was found later equals a replacement that stands here, or shares its name, so another one was given."


def surrogate_table(workspace: Workspace, project_id: str, *, avoid: Iterable[str] = ()) -> SurrogateTable:
    """The project's table; its secret key is made on first use. Call it, and store, inside one transaction.

    Args:
        workspace: where the project is.
        project_id: whose table.
        avoid: words of the documents at hand, so that no surrogate equals one of them.
    """
    db = workspace.db
    rights.check(db, "find personal data", project_id)
    db.execute("insert or ignore into project_keys (project_id, key) values (?, ?)", [project_id, new_key()])
    key = db.execute("select key from project_keys where project_id = ?", [project_id]).fetchone()["key"]
    rows = db.execute("select entity, value_hmac, surrogate from surrogates where project_id = ?", [project_id])
    return SurrogateTable(
        key,
        [(row["entity"], row["value_hmac"], row["surrogate"]) for row in rows],
        avoid=avoid,
        treatments=treatments(workspace, project_id),
    )


def store_surrogates(workspace: Workspace, project_id: str, table: SurrogateTable) -> None:
    """Store what `table` gave out since it was made, and seal the pairs where the project has a way back.

    Where a new value equals a surrogate given out earlier, the spans that had it get another one here and the approvals that
    stand for their documents are withdrawn. The spans of the values just asked for must be stored before.
    """
    rights.check(workspace.db, "find personal data", project_id)
    if table.rows.stale:
        _reissue_stale(workspace, project_id, table)
    workspace.db.executemany(
        "delete from surrogates where project_id = ? and entity = ? and value_hmac = ?",
        [(project_id, *key) for key in table.rows.gone()],
    )
    workspace.db.executemany(
        "insert or replace into surrogates (project_id, entity, value_hmac, surrogate) values (?, ?, ?, ?)",
        [(project_id, *row) for row in table.rows.new()],
    )
    sealed_pairs.seal(workspace, project_id, table.rows.new_pairs())


def treatments(workspace: Workspace, project_id: str) -> dict[str, Treatment]:
    """The types of a project that do not get surrogates, and what is done with them."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute("select entity, treatment from treatments where project_id = ?", [project_id])
    known = {name: name for name in TREATMENTS}
    return {row["entity"]: known[row["treatment"]] for row in rows}


def reissue(
    workspace: Workspace,
    project_id: str,
    table: SurrogateTable,
    *,
    concerns: Callable[[Span], bool],
    reason: str,
    actor: str = "",
) -> tuple[int, int, int]:
    """Give the spans that `concerns` names what `table` holds for them now; call it inside a transaction.

    Returns:
        How many spans changed, in how many documents, and how many of these lost an approval.
    """
    rights.check(workspace.db, "find personal data", project_id)
    spans = documents = withdrawn = 0
    for document in find(workspace.db, Document, project_id=project_id):
        rows = workspace.db.execute("select * from spans where document_id = ? order by start", [document.id])
        concerned = [span for span in (from_row(Span, row) for row in rows) if concerns(span)]
        if not concerned:
            continue
        text = workspace.text(document)
        table.rows.avoid(words_of(text))
        new = [(table.surrogate(span.entity, text[span.start : span.end]), span) for span in concerned]
        changed = [(surrogate, span) for surrogate, span in new if surrogate != span.surrogate]
        if not changed:
            continue
        workspace.db.executemany("update spans set surrogate = ? where id = ?", [(s, span.id) for s, span in changed])
        spans, documents = spans + len(changed), documents + 1
        if any(span.state != "rejected" for _, span in changed):
            withdrawn += workspace.active_review(document.id) is not None
            workspace.withdraw_approval(document.id, reason=reason, actor=actor)  # a proposal too
    return spans, documents, withdrawn


def _reissue_stale(workspace: Workspace, project_id: str, table: SurrogateTable) -> None:
    """Until nothing is stale any more: a surrogate given now cannot be a value met earlier, so this ends."""
    done: set[str] = set()
    counts = [0, 0, 0]
    while stale := table.rows.stale - done:
        done |= stale

        def concerns(span: Span, stale: frozenset[str] = frozenset(stale)) -> bool:
            return is_touched(plain(span.surrogate), stale)

        for index, number in enumerate(reissue(workspace, project_id, table, concerns=concerns, reason=CLASH_REASON)):
            counts[index] += number
    if counts[0]:
        audit.append(
            workspace.db,
            "surrogates given anew",
            subjects={"project": project_id},
            counts=dict(zip(("spans", "documents", "approvals withdrawn"), counts, strict=True)),
        )
