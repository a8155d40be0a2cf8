"""Question pairs that a job has written but that do not count yet: they replace earlier ones all at once.

Each passage has one row, which holds its pairs and also records that it was written. So neither exists without the other,
and each passage is written only once, however often the job is killed and resumed. After the replacement, the row remains
as the record alone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.records import QuestionPair, Turn
from core.storage import rights
from core.storage.rows import insert_many
from core.storage.transactions import transaction
from core.storage.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPassage:
    """The pairs written for one approved passage; none if it says too little."""

    document_id: str
    review_id: str
    passage_id: str
    pairs: tuple[QuestionPair, ...]


def store_written(workspace: Workspace, project_id: str, job_id: str, passages: Sequence[WrittenPassage]) -> None:
    """Store what a job wrote for these passages, skipping those stored already and those whose document is gone."""
    rights.check(workspace.db, "work on questions", project_id)
    with transaction(workspace.db):
        workspace.db.executemany(
            "insert or ignore into written_passages (job_id, document_id, review_id, passage_id, pairs)"
            " select ?, id, ?, ?, ? from documents where id = ?",
            [(job_id, p.review_id, p.passage_id, json.dumps([asdict(x) for x in p.pairs]), p.document_id) for p in passages],
        )


def written_keys(workspace: Workspace, project_id: str, job_id: str) -> set[tuple[str, str]]:
    """Return the review id and passage id of everything a job has written."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute("select review_id, passage_id from written_passages where job_id = ?", [job_id])
    return {(row["review_id"], row["passage_id"]) for row in rows}


def waiting_pairs(workspace: Workspace, project_id: str, job_id: str) -> list[QuestionPair]:
    """Return the pairs a job has written that do not count yet."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute(
        "select w.pairs from written_passages w join documents d on d.id = w.document_id"
        " where w.job_id = ? and d.project_id = ? and w.pairs is not null order by w.rowid",
        [job_id, project_id],
    )
    return [_pair(values) for row in rows for values in json.loads(row["pairs"])]


def _pair(values: dict[str, Any]) -> QuestionPair:
    turns = values.pop("history", ())  # missing in rows of before
    return QuestionPair(**values, history=tuple(Turn(**turn) for turn in turns))


def put_in_place(workspace: Workspace, project_id: str, job_id: str) -> int:
    """Make a job's pairs count, replacing those generated earlier for the same passages.

    Call this inside the transaction that filters them. Pairs written from text that is no longer approved are dropped.

    Returns:
        The number of passages whose pairs now count.
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
    """Delete what this job makes obsolete. Call this after `put_in_place`, once the job has written everything.

    Deletes pairs generated from text that is no longer approved, and pairs of the project that other jobs wrote but that
    do not count yet.
    """
    rights.check(workspace.db, "work on questions", project_id)
    workspace.db.execute(
        "delete from pairs where project_id = ? and origin = 'generated' and (passage_id is null or passage_id not in"
        " (select a.passage_id from approved_passages a join reviews r on r.id = a.review_id where r.state = 'approved'))",
        [project_id],
    )
    workspace.db.execute(
        "delete from written_passages where job_id <> ? and pairs is not null"
        " and document_id in (select id from documents where project_id = ?)",
        [job_id, project_id],
    )
