"""What is not known is null: in a new row, in a search for it, and in a workspace that stored "", 0 or -1 for it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.records import Document, Evaluation, Job, Project, QuestionPair, Review, Run, Span
from core.storage import Workspace, audit_check, count, delete, find, insert, update
from core.storage.migrations import MIGRATIONS, m014_not_known, m015_not_known_of_jobs

THEN = "2026-01-01T00:00:00.000+00:00"
BEFORE = MIGRATIONS.index(m014_not_known)
TABLES = {
    Document: "documents", Span: "spans", Review: "reviews", QuestionPair: "pairs", Run: "runs", Evaluation: "evaluations",
    Job: "jobs",
}  # fmt: skip

# What each record holds in both of its rows, then what was stored where it is not known beside what is read now, then values
# that are known and stay as they are; 0 and "" are among them where they mean something.
SAME: dict[type, dict[str, Any]] = {
    Document: {
        "project_id": "project-1", "name": "v.txt", "kind": "txt", "size_bytes": 0, "sha256": "", "state": "read",
        "problem": "", "page_count": 0, "word_count": 0, "created_at": THEN,
    },
    Span: {
        "document_id": "known", "start": 0, "end": 9, "entity": "PERSON", "score": 0.0, "detector": "spacy",
        "state": "detected", "surrogate": "",
    },
    Review: {
        "document_id": "known", "text_sha256": "t", "anonymized_sha256": "a", "span_count": 0, "is_authenticated": 0,
        "sampled": 0, "missed": 0, "state": "approved", "reason": "", "created_at": THEN,
    },
    QuestionPair: {
        "project_id": "project-1", "input": "Why?", "output": "So.", "origin": "imported", "state": "kept", "reason": "",
        "document_id": "known", "document_name": "v.txt", "page": "", "quote": "", "quote_start": 0, "quote_end": 0,
        "created_at": THEN,
    },
    Run: {
        "project_id": "project-1", "dataset_id": "dataset-1", "dataset_sha256": "", "model": "m", "model_sha256": "",
        "is_finished": 0, "created_at": THEN,
    },
    Evaluation: {
        "project_id": "project-1", "run_id": "known", "questions_sha256": "", "question_count": 0, "verdict": "",
        "created_at": THEN,
    },
    Job: {
        "kind": "read", "key": "", "needs_accelerator": 0, "state": "queued", "done": 0.0, "unit": "", "message": "",
        "error": "", "hint": "", "hint_command": "", "is_cancel_requested": 0, "created_at": THEN,
    },
}  # fmt: skip
NOT_KNOWN: dict[type, dict[str, Any]] = {
    Document: {
        "text_sha256": "", "language": "", "analyzed_sha256": "", "search_version": 0, "marking": "", "marking_level": -1
    },
    Span: {"reviewer": ""},
    Review: {
        "reviewer": "", "reviewer_id": "", "proposer": "", "proposer_id": "", "unread_count": -1, "second_found": -1,
        "second_detector": "",
    },
    QuestionPair: {"review_id": "", "passage_id": ""},
    Run: {"adapter_sha256": ""},
    Evaluation: {"adapter_sha256": ""},
    Job: {
        "project_id": "", "person_id": "", "total": 0.0, "pid": 0, "pid_started": 0.0, "started_at": "", "finished_at": "",
        "progress_at": "", "launched_s": 0.0,
    },
}  # fmt: skip
KNOWN: dict[type, dict[str, Any]] = {
    Document: {
        "text_sha256": "t", "language": "en", "analyzed_sha256": "t", "search_version": 1, "marking": "SECRET",
        "marking_level": 0,
    },
    Span: {"reviewer": "Ada"},
    Review: {
        "reviewer": "Bob", "reviewer_id": "b", "proposer": "Ada", "proposer_id": "a", "unread_count": 0, "second_found": 0,
        "second_detector": "rampart",
    },
    QuestionPair: {"review_id": "known", "passage_id": "passage-1"},
    Run: {"adapter_sha256": "7"},
    Evaluation: {"adapter_sha256": "7"},
    Job: {
        "project_id": "project-1", "person_id": "a", "total": 3.0, "pid": 7, "pid_started": 1.5, "started_at": THEN,
        "finished_at": THEN, "progress_at": THEN, "launched_s": 2.5,
    },
}  # fmt: skip
JSON: dict[type, tuple[str, ...]] = {
    Run: ("settings", "metrics", "risk"), Evaluation: ("scores",), Job: ("params", "result")
}  # fmt: skip


def put(db: sqlite3.Connection, table: str, **values: Any) -> None:
    """Store a row as SQL, whatever the records say today."""
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
    db.execute(f"insert into {table} ({names}) values ({marks})", list(values.values()))  # noqa: S608 ours


def write_older(path: Path) -> None:
    """Write a database of the schema before, with two rows of each record and rows that refer to them."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for step in MIGRATIONS[:BEFORE]:
            step(db)
        db.execute(f"pragma user_version = {BEFORE}")
        put(db, "projects", id="project-1", name="Valves", policy="each-document", is_sample=0, created_at=THEN)
        put(
            db, "datasets", id="dataset-1", project_id="project-1", number=1, sha256="d", train_count=1, heldout_count=0,
            created_at=THEN,
        )  # fmt: skip
        for kind, table in TABLES.items():
            numbered = {name: "{}" for name in JSON.get(kind, ())}
            for number, (row_id, own) in enumerate((("not-known", NOT_KNOWN[kind]), ("known", KNOWN[kind])), start=1):
                numbered |= {"number": number} if kind is Run else {}
                put(db, table, id=row_id, **SAME[kind], **numbered, **own)
        put(
            db, "passages", id="passage-1", document_id="known", index=0, start=0, end=9, heading="", page="", token_count=1
        )  # fmt: skip
        put(db, "approved_passages", review_id="known", passage_id="passage-1", start=0, end=9)


def stored_like(kind: type, row_id: str, **own: Any) -> Any:
    """Build the record that a row must be read as."""
    number = {"number": 1 if row_id == "not-known" else 2} if kind is Run else {}
    return kind(id=row_id, **SAME[kind], **{name: {} for name in JSON.get(kind, ())}, **number, **own)


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Workspace]:
    """Give a workspace that was written before this step and is opened after it."""
    write_older(tmp_path / "older" / "garrison.sqlite3")
    workspace = Workspace(tmp_path / "older")
    yield workspace
    workspace.close()


@pytest.mark.parametrize("kind", TABLES)
def test_older_rows_are_read_with_none_for_what_is_not_known(older: Workspace, kind: type) -> None:
    not_known = dict.fromkeys(NOT_KNOWN[kind])
    wanted = [stored_like(kind, "not-known", **not_known), stored_like(kind, "known", **KNOWN[kind])]
    assert find(older.db, kind) == wanted
    for name, value in KNOWN[kind].items():
        assert [row.id for row in find(older.db, kind, **{name: None})] == ["not-known"]
        assert [row.id for row in find(older.db, kind, **{name: value})] == ["known"]


def test_the_step_keeps_the_database_sound(older: Workspace) -> None:
    assert [row[0] for row in older.db.execute("pragma integrity_check")] == ["ok"]
    assert older.db.execute("pragma foreign_key_check").fetchall() == []
    assert older.db.execute("pragma foreign_keys").fetchone()[0] == 1
    assert older.db.execute("pragma writable_schema").fetchone()[0] == 0
    assert count(older.db, Review) == 2 and older.db.execute("select count(*) from approved_passages").fetchone()[0] == 1
    assert audit_check.verify(older.db).is_whole
    delete(older.db, Project, id="project-1")
    referring = [kind for kind in TABLES if kind is not Job]
    assert [count(older.db, kind) for kind in referring] == [0] * len(referring)  # they still go with the project


def test_an_older_workspace_has_the_schema_of_a_new_one(older: Workspace, tmp_path: Path) -> None:
    statement = "select type, name, sql from sqlite_master order by type, name"
    new = Workspace(tmp_path / "new")
    assert [tuple(row) for row in older.db.execute(statement)] == [tuple(row) for row in new.db.execute(statement)]
    for kind, table in TABLES.items():
        columns = {row["name"]: row for row in new.db.execute(f"pragma table_info({table})")}
        for name in NOT_KNOWN[kind]:
            assert (columns[name]["notnull"], columns[name]["dflt_value"]) == (0, None), (table, name)
        assert columns["created_at" if "created_at" in columns else "state"]["notnull"] == 1
    new.close()


def test_jobs_follow_in_a_workspace_whose_other_records_have_null_already(tmp_path: Path) -> None:
    path = tmp_path / "older" / "garrison.sqlite3"
    write_older(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        m014_not_known(db)
        db.execute(f"pragma user_version = {MIGRATIONS.index(m015_not_known_of_jobs)}")
        assert db.execute("select count(*) from jobs where project_id = '' and total = 0").fetchone() == (1,)
        db.execute("insert into job_items values ('known', 'file 1')")
    with closing(Workspace(path.parent)) as workspace:
        unknown = dict.fromkeys(NOT_KNOWN[Job])
        assert find(workspace.db, Job) == [stored_like(Job, "not-known", **unknown), stored_like(Job, "known", **KNOWN[Job])]
        assert workspace.db.execute("select count(*) from job_items").fetchone()[0] == 1
        indexes = workspace.db.execute("select name from sqlite_master where type = 'index' and tbl_name = 'jobs'")
        assert "jobs_state" in {row["name"] for row in indexes}


def test_opening_again_changes_nothing(older: Workspace) -> None:
    before = list(older.db.iterdump())
    older.close()
    again = Workspace(older.home)
    assert list(again.db.iterdump()) == before and len(before) > 20
    again.close()


def test_a_connection_that_was_open_during_the_step_reads_the_new_schema(tmp_path: Path) -> None:
    path = tmp_path / "older" / "garrison.sqlite3"
    write_older(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as open_before:
        assert open_before.execute("select reviewer from spans where id = 'not-known'").fetchone() == ("",)
        Workspace(path.parent).db.close()
        assert open_before.execute("select reviewer from spans where id = 'not-known'").fetchone() == (None,)
        open_before.execute("update spans set reviewer = null")


@pytest.mark.parametrize("kind", TABLES)
def test_none_is_stored_and_changed(older: Workspace, kind: type) -> None:
    delete(older.db, kind, id="not-known")
    fresh = stored_like(kind, "not-known", **dict.fromkeys(NOT_KNOWN[kind]))
    insert(older.db, fresh)
    assert find(older.db, kind, id="not-known") == [fresh]
    update(older.db, kind, "known", **dict.fromkeys(NOT_KNOWN[kind]))
    for name in NOT_KNOWN[kind]:
        assert count(older.db, kind, **{name: None}) == 2


def test_the_steps_use_only_what_the_sqlite_of_the_bundle_can_do() -> None:
    """Its Python is built with the SQLite of Debian 11, version 3.34: columns can be dropped since 3.35."""
    statements: list[str] = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.set_trace_callback(statements.append)
        for step in MIGRATIONS:
            step(db)
    assert len(statements) > 50
    assert not [text for text in statements if "drop column" in text.lower() or " returning " in text.lower()]
