"""Question pairs that a job has written and that do not count yet: they take the place of earlier ones all at once.

A passage is one row, which holds its pairs and is the mark that it was written: neither is there without the other, and a
passage is written once, however often a job is killed and resumed. In place, the row stays as the mark alone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core.records import QuestionPair
from core.storage import rights
from core.storage.rows import insert_many
from core.storage.transactions import transaction
from core.storage.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPassage:
    """What was written for one approved passage; no pair where it says too little."""

    document_id: str
    review_id: str
    passage_id: str
    pairs: tuple[QuestionPair, ...]


def store_written(workspace: Workspace, project_id: str, job_id: str, passages: Sequence[WrittenPassage]) -> None:
    """Store what a job wrote for these passages; what is stored already, or whose document is gone, is left out."""
    rights.check(workspace.db, "work on questions", project_id)
    with transaction(workspace.db):
        workspace.db.executemany(
            "insert or ignore into written_passages (job_id, document_id, review_id, passage_id, pairs)"
            " select ?, id, ?, ?, ? from documents where id = ?",
            [(job_id, p.review_id, p.passage_id, json.dumps([asdict(x) for x in p.pairs]), p.document_id) for p in passages],
        )


def written_keys(workspace: Workspace, project_id: str, job_id: str) -> set[tuple[str, str]]:
    """Give the review and the passage of everything that a job has written."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute("select review_id, passage_id from written_passages where job_id = ?", [job_id])
    return {(row["review_id"], row["passage_id"]) for row in rows}


def waiting_pairs(workspace: Workspace, project_id: str, job_id: str) -> list[QuestionPair]:
    """Give the pairs that a job has written and that do not count yet."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute(
        "select w.pairs from written_passages w join documents d on d.id = w.document_id"
        " where w.job_id = ? and d.project_id = ? and w.pairs is not null order by w.rowid",
        [job_id, project_id],
    )
    return [QuestionPair(**pair) for row in rows for pair in json.loads(row["pairs"])]


def put_in_place(workspace: Workspace, project_id: str, job_id: str) -> int:
    """Let the pairs of a job count, in the place of those that were generated for the same passages before.

    Call it inside the transaction that filters them. What was written from text whose approval no longer stands is dropped.

    Returns:
        How many passages have new pairs by this.
    """
    rights.check(workspace.db, "work on questions", project_id)
    db = workspace.db
    db.execute(
        "delete from written_passages where job_id = ?"
        " and review_id not in (select id from reviews where state = 'approved')",
        [job_id],
    )
    db.execute(
        "delete from pairs where project_id = ? and origin = 'generated' and passage_id in"
        " (select passage_id from written_passages where job_id = ? and pairs is not null)",
        [project_id, job_id],
    )
    insert_many(db, waiting_pairs(workspace, project_id, job_id))
    return db.execute("update written_passages set pairs = null where job_id = ? and pairs is not null", [job_id]).rowcount


def forget_others(workspace: Workspace, project_id: str, job_id: str) -> None:
    """Drop what this job makes out of date, once it has written everything: call it behind `put_in_place`.

    Pairs generated from text that is not approved now, and what other jobs wrote for the project that does not count yet.
    """
    rights.check(workspace.db, "work on questions", project_id)
    workspace.db.execute(
        "delete from pairs where project_id = ? and origin = 'generated' and passage_id not in (select a.passage_id"
        " from approved_passages a join reviews r on r.id = a.review_id where r.state = 'approved')",
        [project_id],
    )
    workspace.db.execute(
        "delete from written_passages where job_id <> ? and pairs is not null"
        " and document_id in (select id from documents where project_id = ?)",
        [job_id, project_id],
    )
