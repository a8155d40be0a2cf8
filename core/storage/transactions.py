"""All or nothing, in one SQLite file that several processes write."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.access import Action, Actor


class Database(sqlite3.Connection):
    """A connection that knows for whom it is open, and does one thing more once a transaction is stored or undone."""

    actor: Actor | None = None  # None: whoever has the files (`core.access`)
    on_refusal: Callable[[Action, str], None] | None = None  # told of every action, in a project or "", that is refused
    once_stored: Callable[[], None] | None = None
    once_undone: Callable[[], None] | None = None


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. Takes the write lock at once, so that what is read inside stays true; nests."""
    if db.in_transaction:
        yield
        return
    db.execute("begin immediate")
    _take(db)  # of a transaction that could not be stored
    try:
        yield
    except BaseException:
        if db.in_transaction:  # a full disk has undone it already, and its error must not be lost
            db.execute("rollback")
        if act := _take(db)[1]:
            act()
        raise
    db.execute("commit")
    if act := _take(db)[0]:
        act()


def _take(db: sqlite3.Connection) -> tuple[Callable[[], None] | None, Callable[[], None] | None]:
    if not isinstance(db, Database):
        return None, None
    taken = db.once_stored, db.once_undone
    db.once_stored = db.once_undone = None
    return taken
