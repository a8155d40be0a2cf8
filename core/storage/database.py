"""Open the SQLite file (write-ahead log, foreign keys) and bring its schema up to date, running each migration once."""

import sqlite3
from contextlib import closing
from pathlib import Path

from core.errors import Hint, SetupError
from core.files import disk_error
from core.storage.audit import append_begin
from core.storage.migrations import MIGRATIONS
from core.storage.transactions import Database, transaction

BUSY_TIMEOUT_S = 30
CACHE_KIB = 65_536  # grows as pages are read: with SQLite's 2 MB, storing 200,000 question pairs takes three times as long


def connect(path: Path) -> sqlite3.Connection:
    """Open the database at `path`, creating it if needed and bringing its schema up to date.

    Every statement commits by itself; use `transaction` to group several.

    Raises:
        SetupError: the file cannot be opened, is not a database, or was written by a newer version.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # private: other accounts must not read documents
        db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, factory=Database)
        db.row_factory = sqlite3.Row
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")  # a completed commit survives a power cut
        db.execute("pragma foreign_keys = on")
        db.execute(f"pragma cache_size = -{CACHE_KIB}")
        _migrate(db, path)
    except (sqlite3.DatabaseError, OSError) as error:
        raise disk_error(error, path.parent) or SetupError(
            f"The workspace {path.parent} cannot be opened: {error}.",
            Hint("Check the disk, or choose another folder.", command="--home FOLDER"),
        ) from error
    return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("pragma user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise SetupError(
            f"This workspace was written by a newer Garrison (schema {version}; this one knows {len(MIGRATIONS)}).",
            Hint("Install the newer version, or go back.", command="garrison-setup rollback --home WORKSPACE"),
        )
    if version == len(MIGRATIONS):
        return
    with transaction(db):
        version = db.execute("pragma user_version").fetchone()[0]  # another process may have migrated meanwhile
        if 0 < version < len(MIGRATIONS):
            _keep_copy(path, version)
        for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
            step(db)
            db.execute(f"pragma user_version = {number}")
        append_begin(db)


def _keep_copy(path: Path, version: int) -> None:
    """Copy the database to `<name>.schema-<version>` before its schema changes, to allow going back to an older Garrison."""
    target = path.with_name(f"{path.name}.schema-{version}")
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as reading, closing(sqlite3.connect(partial)) as writing:
        reading.backup(writing)
    partial.rename(target)
