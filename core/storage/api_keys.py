"""Rows of the keys with which programs ask a service: stored as a hash, and kept after they were revoked.

A key is 256 random bits, so one SHA-256 of it is enough: unlike a password it cannot be guessed from a list.
"""

import hashlib
import sqlite3
from dataclasses import dataclass

from core.storage import rights


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key. Whose it is: a person's, whose role is read anew for each request, or this machine's account's (None)."""

    id: str
    name: str
    person_id: str | None
    project_id: str | None  # None: for whatever belongs to no project, too
    sha256: str
    created_at: str
    last_used_at: str | None = None
    revoked_at: str | None = None
    person: str = ""  # the person's name; "" for the account's


def hash_of(secret: str) -> str:
    """Return the hash under which a key is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def store_key(db: sqlite3.Connection, key: ApiKey) -> None:
    """Store a new key."""
    db.execute(
        "insert into api_keys (id, name, person_id, project_id, sha256, created_at) values (?, ?, ?, ?, ?, ?)",
        [key.id, key.name, key.person_id, key.project_id, key.sha256, key.created_at],
    )


def end_key(db: sqlite3.Connection, key: ApiKey) -> None:
    """Store that a key was revoked."""
    db.execute("update api_keys set revoked_at = ? where id = ?", [key.revoked_at, key.id])


def all_keys(db: sqlite3.Connection) -> list[ApiKey]:
    """Return every key, revoked or not, oldest first."""
    return [_of(row) for row in db.execute(f"{_SELECT} order by k.rowid")]


def is_known(db: sqlite3.Connection, person_id: str) -> bool:
    """Return whether a person has signed in here."""
    return db.execute("select 1 from people where id = ?", [person_id]).fetchone() is not None


def find_key(db: sqlite3.Connection, key_id: str) -> ApiKey | None:
    """Return the key with this id, revoked or not; None if there is none."""
    row = db.execute(_SELECT + " where k.id = ?", [key_id]).fetchone()
    return _of(row) if row else None


def has_keys(db: sqlite3.Connection) -> bool:
    """Return whether a key was ever made here, be it revoked: from then on none may ask without."""
    return db.execute("select 1 from api_keys limit 1").fetchone() is not None


def may_use(db: sqlite3.Connection, key: ApiKey, project_id: str | None) -> bool:
    """Return whether a key opens a service of a project, or of none, by the roles that its person holds now."""
    if key.revoked_at is not None or (key.project_id and project_id and key.project_id != project_id):
        return False
    if key.project_id and not db.execute("select 1 from projects where id = ?", [key.project_id]).fetchone():
        return False
    return key.person_id is None or rights.may_person(db, key.person_id, "chat", key.project_id)


_SELECT = "select k.*, coalesce(p.name, '') as person from api_keys k left join people p on p.id = k.person_id"


def _of(row: sqlite3.Row) -> ApiKey:
    return ApiKey(**dict(row))
