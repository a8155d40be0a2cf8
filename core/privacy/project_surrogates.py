"""The surrogate table of a project, out of the storage and back."""

from collections.abc import Iterable

from core.privacy.surrogates import SurrogateTable, new_key
from core.storage import Workspace, rights


def surrogate_table(workspace: Workspace, project_id: str, *, avoid: Iterable[str] = ()) -> SurrogateTable:
    """The project's table; its secret key is made on first use. Call it, and store, inside one transaction.

    Args:
        workspace: where the project is.
        project_id: whose table.
        avoid: words of the documents at hand, so that no surrogate equals one of them.
    """
    db = workspace.db
    rights.check(db, "decide", project_id)
    db.execute("insert or ignore into project_keys (project_id, key) values (?, ?)", [project_id, new_key()])
    key = db.execute("select key from project_keys where project_id = ?", [project_id]).fetchone()["key"]
    rows = db.execute("select entity, value_hmac, surrogate from surrogates where project_id = ?", [project_id])
    return SurrogateTable(key, [(row["entity"], row["value_hmac"], row["surrogate"]) for row in rows], avoid=avoid)


def store_surrogates(workspace: Workspace, project_id: str, table: SurrogateTable) -> None:
    """Store what `table` gave out since it was made."""
    rights.check(workspace.db, "decide", project_id)
    workspace.db.executemany(
        "insert into surrogates (project_id, entity, value_hmac, surrogate) values (?, ?, ?, ?)",
        [(project_id, *row) for row in table.new_rows()],
    )
