"""Loading a project's surrogate table from storage, and storing what it issued."""

from collections.abc import Callable, Iterable

from core.privacy.recognizers.people.name_forms import plain
from core.privacy.replacement.surrogates import SurrogateTable, is_touched, new_key
from core.privacy.replacement.treatments import TREATMENTS
from core.privacy.text.normalization import words_of
from core.records import Document, Span, Treatment
from core.services.privacy import sealed_mappings
from core.storage import Permitted, audit, find, from_row

CLASH_REASON = "What was found later equals a replacement that stands here, or shares its name, so another one was given."


def surrogate_table(permitted: Permitted, project_id: str, *, avoid: Iterable[str] = ()) -> SurrogateTable:
    """Load the project's surrogate table; its secret key is created on first use.

    Call this and `store_surrogates` inside one transaction.

    Args:
        permitted: the workspace, for an act that finds or changes personal data.
        project_id: the project whose table to load.
        avoid: words of the documents at hand, which no surrogate may equal.
    """
    db = permitted.db
    db.execute("insert or ignore into project_keys (project_id, key) values (?, ?)", [project_id, new_key()])
    key = db.execute("select key from project_keys where project_id = ?", [project_id]).fetchone()["key"]
    rows = db.execute("select entity, value_hmac, surrogate from surrogates where project_id = ?", [project_id])
    return SurrogateTable(
        key,
        [(row["entity"], row["value_hmac"], row["surrogate"]) for row in rows],
        avoid=avoid,
        treatments=treatments_of(permitted, project_id),
    )


def store_surrogates(permitted: Permitted, project_id: str, table: SurrogateTable) -> None:
    """Store what `table` issued since it was loaded, and seal the pairs if re-identification is set up.

    If a new value equals a surrogate issued earlier, the spans that had it get another one here, and the approvals that
    stand for their documents are withdrawn. The spans of the values just requested must be stored first.
    """
    if table.rows.stale:
        _reissue_stale(permitted, project_id, table)
    permitted.db.executemany(
        "delete from surrogates where project_id = ? and entity = ? and value_hmac = ?",
        [(project_id, *key) for key in table.rows.gone()],
    )
    permitted.db.executemany(
        "insert or replace into surrogates (project_id, entity, value_hmac, surrogate) values (?, ?, ?, ?)",
        [(project_id, *row) for row in table.rows.new()],
    )
    sealed_mappings.seal(permitted, project_id, table.rows.new_mappings())


def treatments_of(permitted: Permitted, project_id: str) -> dict[str, Treatment]:
    """Return the treatments chosen for a project, by type; types that are not in it get surrogates."""
    rows = permitted.db.execute("select entity, treatment from treatments where project_id = ?", [project_id])
    known = {name: name for name in TREATMENTS}
    return {row["entity"]: known[row["treatment"]] for row in rows}


def reissue(
    permitted: Permitted,
    project_id: str,
    table: SurrogateTable,
    *,
    concerns: Callable[[Span], bool],
    reason: str,
    actor: str | None = None,
) -> tuple[int, int, int]:
    """Give the spans for which `concerns` is true what `table` holds for them now; call it inside a transaction.

    Returns:
        How many spans changed, in how many documents, and how many of these lost an approval.
    """
    spans = documents = withdrawn = 0
    for document in find(permitted.db, Document, project_id=project_id):
        rows = permitted.db.execute("select * from spans where document_id = ? order by start", [document.id])
        concerned = [span for span in (from_row(Span, row) for row in rows) if concerns(span)]
        if not concerned:
            continue
        text = permitted.text(document)
        table.rows.avoid(words_of(text))
        changed = [new for span in concerned if (new := table.replaced(span, text)) != span]
        if not changed:
            continue
        permitted.db.executemany(
            "update spans set surrogate = ?, treatment = ? where id = ?",
            [(span.surrogate, span.treatment, span.id) for span in changed],
        )
        spans, documents = spans + len(changed), documents + 1
        if any(span.state != "rejected" for span in changed):
            withdrawn += permitted.active_review(document.id) is not None
            permitted.withdraw_approval(document.id, reason=reason, actor=actor)  # withdraws a proposal too
    return spans, documents, withdrawn


def _reissue_stale(permitted: Permitted, project_id: str, table: SurrogateTable) -> None:
    """Reissue surrogates until none is stale; this ends because a new surrogate never equals a value met earlier."""
    done: set[str] = set()
    counts = [0, 0, 0]
    while stale := table.rows.stale - done:
        done |= stale

        def concerns(span: Span, stale: frozenset[str] = frozenset(stale)) -> bool:
            return is_touched(plain(span.surrogate), stale)

        for index, number in enumerate(reissue(permitted, project_id, table, concerns=concerns, reason=CLASH_REASON)):
            counts[index] += number
    if counts[0]:
        audit.append(
            permitted.db,
            "surrogates given anew",
            subjects={"project": project_id},
            counts=dict(zip(("spans", "documents", "approvals withdrawn"), counts, strict=True)),
        )
