"""Question pairs that a job has written but that do not count yet: they replace earlier ones all at once.

Each passage has one row, which holds its pairs and also records that it was written. So neither exists without the other,
and each passage is written only once, however often the job is killed and resumed. After the replacement, the row remains
as the record alone, by which later jobs leave passages alone whose text and settings are as they were.
"""

import json
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.records import QuestionPair, Turn
from core.storage import rights
from core.storage.rows import find, insert_many, update
from core.storage.transactions import transaction
from core.storage.workspace import Workspace

PASSAGES_READ = 64  # at a time
_UNTOUCHED = "origin = 'generated' and decided is null and changed_by is null"  # pairs that no person decided on or edited
# fields of a pair that outlive a new writing
_OF_A_PERSON = {"id", "origin", "state", "reason", "decided", "edited_by", "changed_by", "changed_at", "created_at"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPassage:
    """The pairs written for one approved passage; none if it says too little."""

    document_id: str
    review_id: str
    passage_id: str
    pairs: tuple[QuestionPair, ...]


def store_written(
    workspace: Workspace,
    project_id: str,
    job_id: str,
    passages: Sequence[WrittenPassage],
    *,
    settings_sha256: str | None = None,
) -> None:
    """Store what a job wrote for these passages, skipping those stored already and those whose document is gone.

    `settings_sha256` identifies the settings they were written with (see `up_to_date`).
    """
    rights.check(workspace.db, "work on questions", project_id)
    with transaction(workspace.db):
        workspace.db.executemany(
            "insert or ignore into written_passages (job_id, document_id, review_id, passage_id, pairs, settings_sha256)"
            " select ?, id, ?, ?, ?, ? from documents where id = ?",
            [
                (job_id, p.review_id, p.passage_id, json.dumps([asdict(x) for x in p.pairs]), settings_sha256, p.document_id)
                for p in passages
            ],
        )


def written_by(workspace: Workspace, project_id: str, job_id: str, review_id: str) -> set[str]:
    """Return the ids of the passages of this approval that the job has written, also in earlier attempts."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute(
        "select passage_id from written_passages where job_id = ? and review_id = ?", [job_id, review_id]
    )
    return {row["passage_id"] for row in rows}


def up_to_date(workspace: Workspace, project_id: str, review_id: str, settings_sha256: str) -> set[str]:
    """Return the ids of the passages of this approval whose pairs count and were written with the same settings."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute(
        "select passage_id from written_passages where review_id = ? and pairs is null and settings_sha256 = ?",
        [review_id, settings_sha256],
    )
    return {row["passage_id"] for row in rows}


def approved_sizes(
    workspace: Workspace, project_id: str, review_id: str, *, only: Set[str] = frozenset()
) -> tuple[int, int]:
    """Return how many passages were approved in this review, and how many tokens the longest has; or of those of `only`."""
    rights.check(workspace.db, "read documents", project_id)
    row = workspace.db.execute(
        "select count(*), coalesce(max(p.token_count), 0) from approved_passages a"
        " join passages p on p.id = a.passage_id"
        " where a.review_id = ? and (? or a.passage_id in (select value from json_each(?)))",
        [review_id, not only, json.dumps([*only])],
    ).fetchone()
    return row[0], row[1]


def waiting_pairs(workspace: Workspace, project_id: str, job_id: str) -> list[QuestionPair]:
    """Return the pairs a job has written that do not count yet."""
    return [pair for pairs in each_waiting(workspace, project_id, job_id) for pair in pairs]


def each_waiting(workspace: Workspace, project_id: str, job_id: str) -> Iterator[list[QuestionPair]]:
    """Return, passage by passage, the pairs a job has written that do not count yet.

    A few passages are read at a time, so that no statement is open while whoever asks stores something.
    """
    rights.check(workspace.db, "read documents", project_id)
    return _each_waiting(workspace, project_id, job_id)


def _each_waiting(workspace: Workspace, project_id: str, job_id: str) -> Iterator[list[QuestionPair]]:
    last = 0
    while True:
        rows = workspace.db.execute(
            "select w.rowid, w.pairs from written_passages w join documents d on d.id = w.document_id"
            " where w.job_id = ? and d.project_id = ? and w.pairs is not null and w.rowid > ? order by w.rowid limit ?",
            [job_id, project_id, last, PASSAGES_READ],
        ).fetchall()
        for row in rows:
            yield [_pair(values) for values in json.loads(row["pairs"])]
        if len(rows) < PASSAGES_READ:
            return
        last = rows[-1]["rowid"]


def _pair(values: dict[str, Any]) -> QuestionPair:
    turns = values.pop("history", ())  # missing in rows of before
    return QuestionPair(**values, history=tuple(Turn(**turn) for turn in turns))


def put_in_place(workspace: Workspace, project_id: str, job_id: str, *, is_forgetting: bool = False) -> int:
    """Make a job's pairs count, replacing those generated earlier for the same passages.

    Pairs that a person decided on, edited or added stay; a new pair that equals one of them is not stored beside it;
    the one that is there names the new evidence. With `is_forgetting`, only those that a person added stay.

    Call this inside the transaction that filters them. Pairs written from text that is no longer approved are dropped.

    Returns:
        The number of passages whose pairs now count.
    """
    rights.check(workspace.db, "work on questions", project_id)
    db = workspace.db
    db.execute(
        "delete from written_passages where job_id = ? and pairs is not null"
        " and review_id not in (select id from reviews where state = 'approved')",
        [job_id],
    )
    written = "select passage_id from written_passages where job_id = ? and pairs is not null"
    replaced = "origin = 'generated'" if is_forgetting else _UNTOUCHED
    db.execute(
        f"delete from pairs where project_id = ? and {replaced} and passage_id in ({written})",  # noqa: S608 constants
        [project_id, job_id],
    )
    for pairs in each_waiting(workspace, project_id, job_id):
        insert_many(db, _settled(workspace, pairs))
    db.execute(  # one record a passage: that of the pairs that count
        f"delete from written_passages where pairs is null and passage_id in ({written})",  # noqa: S608 a constant
        [job_id],
    )
    return db.execute("update written_passages set pairs = null where job_id = ? and pairs is not null", [job_id]).rowcount


def _settled(workspace: Workspace, pairs: Sequence[QuestionPair]) -> list[QuestionPair]:
    """Return the new pairs of a passage that equal none that is there; one that is there takes over what the new one says.

    Those that are there are a person's: the others were deleted before.
    """
    there: dict[tuple[str, str], str] = {}
    for passage_id in {pair.passage_id for pair in pairs}:
        there |= {_said(pair): pair.id for pair in find(workspace.db, QuestionPair, passage_id=passage_id)}
    new = []
    for pair in pairs:
        same = there.pop(_said(pair), None)
        if same is None:
            new.append(pair)
        else:
            told = {each.name: getattr(pair, each.name) for each in fields(pair) if each.name not in _OF_A_PERSON}
            update(workspace.db, QuestionPair, same, **told)
    return new


def _said(pair: QuestionPair) -> tuple[str, str]:
    """Return what makes two pairs of a passage equal: their words, whatever the case and the blanks between them."""
    return " ".join(pair.input.casefold().split()), " ".join(pair.output.casefold().split())


def forget_others(workspace: Workspace, project_id: str, job_id: str) -> None:
    """Delete what this job makes obsolete. Call this after `put_in_place`, once the job has written everything.

    Deletes pairs generated from an earlier approval of a document that is approved again, unless a person decided on or
    edited them, and pairs of the project that other jobs wrote but that do not count yet. Pairs of a document whose approval
    was withdrawn stay: they count again if it is approved as it was.
    """
    rights.check(workspace.db, "work on questions", project_id)
    workspace.db.execute(
        f"delete from pairs where project_id = ? and {_UNTOUCHED} and exists (select 1 from reviews r"  # noqa: S608 a constant
        " where r.document_id = pairs.document_id and r.state = 'approved' and r.id is not pairs.review_id)",
        [project_id],
    )
    workspace.db.execute(
        "delete from written_passages where job_id <> ? and pairs is not null"
        " and document_id in (select id from documents where project_id = ?)",
        [job_id, project_id],
    )
