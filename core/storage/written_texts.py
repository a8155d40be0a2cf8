"""Texts written about passages: they wait until their job's pairs count, and replace earlier ones together with these."""

from collections.abc import Iterator, Sequence

from core.records import WrittenText
from core.storage import rights
from core.storage.rows import from_row, insert_many
from core.storage.workspace import Workspace


def store_texts(workspace: Workspace, project_id: str, texts: Sequence[WrittenText]) -> None:
    """Store what a job wrote; call this inside the transaction that stores its pairs on the same passages."""
    rights.check(workspace.db, "work on questions", project_id)
    known = {row["id"] for row in workspace.db.execute("select id from documents where project_id = ?", [project_id])}
    insert_many(workspace.db, [text for text in texts if text.document_id in known])


def texts_in_place(workspace: Workspace, project_id: str, job_id: str) -> None:
    """Make a job's texts count, replacing earlier ones on the same passages.

    Call this inside the transaction that does the same with its pairs, and before that.
    """
    rights.check(workspace.db, "work on questions", project_id)
    db = workspace.db
    db.execute(
        "delete from texts where project_id = ? and job_id is null and passage_id in"
        " (select passage_id from written_passages where job_id = ? and pairs is not null)",
        [project_id, job_id],
    )
    db.execute(
        "delete from texts where job_id = ? and review_id not in (select id from reviews where state = 'approved')", [job_id]
    )
    db.execute("update texts set job_id = null where job_id = ?", [job_id])


def forget_other_texts(workspace: Workspace, project_id: str, job_id: str) -> None:
    """Delete texts on an earlier approval of a document that is approved again, and waiting ones of other jobs."""
    rights.check(workspace.db, "work on questions", project_id)
    workspace.db.execute(
        "delete from texts where project_id = ? and (job_id <> ? or exists (select 1 from reviews r"
        " where r.document_id = texts.document_id and r.state = 'approved' and r.id <> texts.review_id))",
        [project_id, job_id],
    )


def approved_texts(workspace: Workspace, project_id: str) -> Iterator[WrittenText]:
    """Yield the kept texts that count and whose approval stands, in the order of documents and passages."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute(
        "select t.* from texts t join reviews r on r.id = t.review_id and r.state = 'approved'"
        " join approved_passages a on a.review_id = t.review_id and a.passage_id = t.passage_id"
        " join documents d on d.id = t.document_id"
        " where t.project_id = ? and t.job_id is null and t.state = 'kept' order by d.rowid, a.start, t.rowid",
        [project_id],
    )
    return (from_row(WrittenText, row) for row in rows)
