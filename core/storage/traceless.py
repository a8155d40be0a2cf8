"""Change personal words so that nothing of what they replace or delete stays in the database's files."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.storage.transactions import transaction


@contextmanager
def traceless(db: sqlite3.Connection) -> Iterator[None]:
    """Run the block all or nothing; what it deletes or replaces is overwritten in the file.

    See https://sqlite.org/pragma.html#pragma_secure_delete. Words are only gone if they were always written so: a text that
    grows leaves its old pages behind.
    """
    db.execute("pragma secure_delete = on")
    with transaction(db):
        yield


def empty_log(db: sqlite3.Connection) -> None:
    """Write the log (`garrison.sqlite3-wal`) into the database and empty it, so that it holds nothing deleted either.

    Whoever reads at the moment keeps it from being emptied; a mark beside it then tells `finish_emptying` to try again.
    """
    mark = _mark(db)
    mark.touch()
    is_busy = db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    if not is_busy:
        mark.unlink(missing_ok=True)


def finish_emptying(db: sqlite3.Connection) -> None:
    """Empty the log if that was tried before and did not come to its end."""
    if _mark(db).exists():
        empty_log(db)


def _mark(db: sqlite3.Connection) -> Path:
    name = next(row[2] for row in db.execute("pragma database_list") if row[1] == "main")
    return Path(f"{name}-log-to-empty")
