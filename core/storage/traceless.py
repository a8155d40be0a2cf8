"""Change personal words so that nothing of what they replace or delete stays in the database's files."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

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
    """Write the log (`garrison.sqlite3-wal`) into the database and empty it, so that it holds nothing deleted either."""
    db.execute("pragma wal_checkpoint(truncate)")
