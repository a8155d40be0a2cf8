"""Records in and out of their tables: column names are field names, dicts are JSON.

Only field names of our own dataclasses become SQL text; values are always parameters.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, TypeVar, get_origin

from core import records
from core.errors import InputError

Record = TypeVar("Record")

TABLES: dict[type, str] = {
    records.Project: "projects",
    records.Document: "documents",
    records.Passage: "passages",
    records.Span: "spans",
    records.ListEntry: "list_entries",
    records.PatternRule: "pattern_rules",
    records.Review: "reviews",
    records.QuestionPair: "pairs",
    records.DatasetVersion: "datasets",
    records.Run: "runs",
    records.Evaluation: "evaluations",
    records.Release: "releases",
    records.Job: "jobs",
}
NOT_STORED = {(records.Passage, "text")}  # a slice of the document's text file
WORDS = {
    records.DatasetVersion: "dataset version",
    records.QuestionPair: "question pair",
    records.ListEntry: "list entry",
    records.PatternRule: "pattern",
}


def _columns(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if (kind, field.name) not in NOT_STORED)


_READERS: dict[Any, tuple[tuple[str, Callable[[Any], Any] | None], ...]] = {}  # filled as kinds are met


def _readers(kind: Any) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """Each stored field's name and what makes its value from the column's (None: nothing to do)."""
    if kind not in _READERS:
        types = {field.name: field.type for field in fields(kind)}
        special = {name: bool if types[name] is bool else json.loads for name in types if _is_special(types[name])}
        _READERS[kind] = tuple((name, special.get(name)) for name in _columns(kind))
    return _READERS[kind]


def _is_special(hint: Any) -> bool:
    return hint is bool or get_origin(hint) is dict


def _to_sql(value: Any) -> Any:
    # escapes, because a path may hold bytes that are no UTF-8, which SQLite refuses as text
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value


def from_row(kind: type[Record], row: sqlite3.Row, **extra: Any) -> Record:
    """The record in `row`; `extra` gives the fields that are not stored."""
    values = {name: read(row[name]) if read else row[name] for name, read in _readers(kind)}
    return kind(**values, **extra)


def insert(db: sqlite3.Connection, *rows: Any) -> None:
    """Store new records of one kind."""
    if rows:
        insert_many(db, rows)


def insert_many(db: sqlite3.Connection, rows: Iterable[Any]) -> None:
    """Store new records of one kind; one statement, so all or none inside a transaction."""
    batch = list(rows)
    if not batch:
        return
    kind = type(batch[0])
    names = _columns(kind)
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    statement = f"insert into {TABLES[kind]} ({columns}) values ({marks})"  # noqa: S608 names are ours
    db.executemany(statement, [[_to_sql(getattr(row, name)) for name in names] for row in batch])


def _where(equals: dict[str, Any]) -> tuple[str, list[Any]]:
    clauses = " and ".join(f'"{name}" = ?' for name in equals)
    return (f" where {clauses}" if clauses else ""), [_to_sql(value) for value in equals.values()]


def find(db: sqlite3.Connection, kind: type[Record], /, *, order: str = "rowid", **equals: Any) -> list[Record]:
    """Every record of `kind` whose fields equal `equals`, sorted by the SQL expression `order`."""
    where, values = _where(equals)
    cursor = db.execute(f"select * from {TABLES[kind]}{where} order by {order}", values)  # noqa: S608 names are ours
    return [from_row(kind, row) for row in cursor]


def count(db: sqlite3.Connection, kind: type, /, **equals: Any) -> int:
    """How many records of `kind` have these fields."""
    where, values = _where(equals)
    return int(db.execute(f"select count(*) from {TABLES[kind]}{where}", values).fetchone()[0])  # noqa: S608 names are ours


def get(db: sqlite3.Connection, kind: type[Record], record_id: str) -> Record:
    """The record with this id.

    Raises:
        InputError: there is none.
    """
    found = find(db, kind, id=record_id)
    if not found:
        word = WORDS.get(kind, kind.__name__.lower())
        raise InputError(f"There is no {word} {record_id!r}.", "Look at the list for the right id.")
    return found[0]


def update(db: sqlite3.Connection, kind: type, record_id: str, /, **changes: Any) -> None:
    """Change fields of one record."""
    sets = ", ".join(f'"{name}" = ?' for name in changes)
    values = [_to_sql(value) for value in changes.values()]
    db.execute(f"update {TABLES[kind]} set {sets} where id = ?", [*values, record_id])  # noqa: S608 names are ours


def delete(db: sqlite3.Connection, kind: type, /, **equals: Any) -> int:
    """Delete the records with these fields; gives how many there were."""
    where, values = _where(equals)
    return db.execute(f"delete from {TABLES[kind]}{where}", values).rowcount  # noqa: S608 names are ours
