"""The project that each person worked in last, which a page opens when its address names none.

In the table "" stands for the operating system's account.
"""

import sqlite3

from core.records import Project
from core.storage import rights
from core.storage.transactions import transaction


def remember(db: sqlite3.Connection, project: Project) -> None:
    """Keep `project` as the last one of whoever uses this connection."""
    with transaction(db):
        db.execute(
            "insert or replace into last_projects (person_id, project_id) values (?, ?)",
            [rights.person_id(db) or "", project.id],
        )


def last_project_id(db: sqlite3.Connection) -> str | None:
    """Return the id of the project that whoever uses this connection worked in last; None if there is none yet."""
    row = db.execute("select project_id from last_projects where person_id = ?", [rights.person_id(db) or ""]).fetchone()
    return str(row["project_id"]) if row else None
