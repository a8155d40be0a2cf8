"""Transactions in one SQLite file that several processes write to."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.access import Action, Actor


class Database(sqlite3.Connection):
    """A connection that knows its actor and runs a callback once after a transaction is committed or rolled back."""

    actor: Actor | None = None  # None: whoever has access to the files (`core.access`)
    on_refusal: Callable[[Action, str | None], None] | None = None  # called with each refused action and its project id
    known: dict[str, Any] | None = None  # what was read of rights within a transaction, where nobody else changes them
    once_stored: Callable[[], None] | None = None  # called once, after the next commit
    once_undone: Callable[[], None] | None = None  # called once, after the next rollback


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Run the block all or nothing. Takes the write lock at once, so what is read inside stays valid. May be nested."""
    if db.in_transaction:
        yield
        return
    db.execute("begin immediate")
    _take(db)  # discard callbacks left by a transaction whose commit failed
    if isinstance(db, Database):
        db.known = {}
    try:
        yield
    except BaseException:
        if db.in_transaction:  # SQLite has rolled back already if the disk is full; that error must not be masked
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
    db.known = None
    taken = db.once_stored, db.once_undone
    db.once_stored = db.once_undone = None
    return taken
