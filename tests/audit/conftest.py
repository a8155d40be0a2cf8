"""A workspace with an audit log, and a way to change the log as somebody would who may write the file."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.records import Document, Project, new_id, now
from core.storage import Workspace

Tamper = Callable[..., None]


def new_document(project: Project, **changes: object) -> Document:
    values = {
        "id": new_id("document"), "project_id": project.id, "name": "a.txt", "kind": "txt", "size_bytes": 5,
        "sha256": "5" * 64, "text_sha256": "7" * 64, "state": "read", "created_at": now(),
    }  # fmt: skip
    return Document(**{**values, **changes})  # type: ignore[arg-type]


def change_log(database: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Take the guards off, change the log, and put the guards back as they were."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        guards = db.execute(
            "select name, sql from sqlite_master where type = 'trigger' and tbl_name like 'audit%'"
        ).fetchall()
        for name, _ in guards:
            db.execute(f"drop trigger {name}")
        for statement, values in statements:
            db.execute(statement, values)
        for _, sql in guards:
            db.execute(sql)


@pytest.fixture
def tamper(workspace: Workspace) -> Tamper:
    """`tamper(SQL, value…)` on this test's workspace."""

    def change(statement: str, *values: object) -> None:
        change_log(workspace.home / "garrison.sqlite3", (statement, values))

    return change
