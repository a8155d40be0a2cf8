"""All or nothing, in one SQLite file that several processes write."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Database(sqlite3.Connection):
    """A connection that does one thing more once the transaction at hand is stored; nothing when it fails."""

    once_stored: Callable[[], None] | None = None


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. Takes the write lock at once, so that what is read inside stays true; nests."""
    if db.in_transaction:
        yield
        return
    db.execute("begin immediate")
    _take_once_stored(db)  # of a transaction that could not be stored
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")
    if act := _take_once_stored(db):
        act()


def _take_once_stored(db: sqlite3.Connection) -> Callable[[], None] | None:
    if not isinstance(db, Database):
        return None
    act, db.once_stored = db.once_stored, None
    return act
