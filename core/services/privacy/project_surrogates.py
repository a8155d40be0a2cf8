"""Loading a project's surrogate table from storage, and storing what it issued."""

from collections.abc import Callable, Iterable

from core.privacy.recognizers.people.name_forms import plain
from core.privacy.replacement.surrogate_rows import is_touched
from core.privacy.replacement.surrogates import SurrogateTable, new_key
from core.privacy.replacement.treatments import TREATMENTS, Treatment
from core.privacy.text.rewriting import words_of
from core.records import Document, Span
from core.services.privacy import sealed_mappings
from core.storage import Workspace, audit, find, from_row, rights

CLASH_REASON = "What was found later equals a replacement that stands here, or shares its name, so another one was given."


def surrogate_table(workspace: Workspace, project_id: str, *, avoid: Iterable[str] = ()) -> SurrogateTable:
    """Load the project's surrogate table; its secret key is created on first use.

    Call this and `store_surrogates` inside one transaction.

    Args:
        workspace: the workspace that holds the project.
        project_id: the project whose table to load.
        avoid: words of the documents at hand, which no surrogate may equal.
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
    """Store what `table` issued since it was loaded, and seal the pairs if re-identification is set up.

    If a new value equals a surrogate issued earlier, the spans that had it get another one here, and the approvals that
    stand for their documents are withdrawn. The spans of the values just requested must be stored first.
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
    sealed_mappings.seal(workspace, project_id, table.rows.new_pairs())


def treatments(workspace: Workspace, project_id: str) -> dict[str, Treatment]:
    """Return the treatments chosen for a project, by type; types that are not in it get surrogates."""
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
    """Give the spans for which `concerns` is true what `table` holds for them now; call it inside a transaction.

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
            workspace.withdraw_approval(document.id, reason=reason, actor=actor)  # withdraws a proposal too
    return spans, documents, withdrawn


def _reissue_stale(workspace: Workspace, project_id: str, table: SurrogateTable) -> None:
    """Reissue surrogates until none is stale; this ends because a new surrogate never equals a value met earlier."""
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
