"""The project that each person worked in last, which a page opens when its address names none."""

import sqlite3

from core.records import Project
from core.storage import rights
from core.storage.transactions import transaction


def remember(db: sqlite3.Connection, project: Project) -> None:
    """Keep `project` as the last one of whoever uses this connection."""
    with transaction(db):
        db.execute(
            "insert or replace into last_projects (person_id, project_id) values (?, ?)", [_person_id(db), project.id]
        )


def last_project_id(db: sqlite3.Connection) -> str | None:
    """Return the id of the project that whoever uses this connection worked in last; None if there is none yet."""
    row = db.execute("select project_id from last_projects where person_id = ?", [_person_id(db)]).fetchone()
    return str(row["project_id"]) if row else None


def _person_id(db: sqlite3.Connection) -> str:
    """Return the id of the signed-in person; "" stands for the operating system's account."""
    actor = rights.restricted(db)
    return actor.person.id if actor else ""
