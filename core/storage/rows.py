"""Records in and out of their tables: column names are field names, dicts and records within records are JSON.

Only field names of our own dataclasses become SQL text; values are always parameters.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin

from core import records
from core.access import Action
from core.errors import InputError
from core.storage import rights

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
# What of a table is given to a person who signed in: rows of the projects in which this action is allowed, found by this
# column. Jobs are not here: the queue looks at all of them, and `core.jobs` says whose a person may see.
VISIBLE: dict[type, tuple[Action, str]] = {
    records.Project: ("see project", "id"),
    records.Document: ("see project", "project_id"),
    records.Passage: ("see project", "document_id"),
    records.Span: ("see project", "document_id"),
    records.Review: ("see project", "document_id"),
    records.QuestionPair: ("read documents", "project_id"),
    records.DatasetVersion: ("see project", "project_id"),
    records.Run: ("see project", "project_id"),
    records.Evaluation: ("see project", "project_id"),
    records.Release: ("see project", "project_id"),
    records.ListEntry: ("read documents", "project_id"),
    records.PatternRule: ("read documents", "project_id"),
}
# What is changed without an entry in the audit log, whose gate every other change passes (`core.access.GATES`).
CHANGES: dict[type, Action] = {records.QuestionPair: "work on questions"}
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
        _READERS[kind] = tuple((name, _reader(types[name])) for name in _columns(kind))
    return _READERS[kind]


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """Give what makes a value of this type from its column; None where nothing is to do."""
    if hint is bool:
        return bool
    if get_origin(hint) is dict:
        return json.loads
    inner: Any = next((part for part in get_args(hint) if is_dataclass(part)), None)  # of `Record | None`
    return None if inner is None else lambda text: None if text is None else inner(**json.loads(text))


def _to_sql(value: Any) -> Any:
    value = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
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
    if kind in CHANGES:
        for project_id in {row.project_id for row in batch}:
            rights.check(db, CHANGES[kind], project_id)
    names = _columns(kind)
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    statement = f"insert into {TABLES[kind]} ({columns}) values ({marks})"  # noqa: S608 names are ours
    db.executemany(statement, [[_to_sql(getattr(row, name)) for name in names] for row in batch])


def _where(db: sqlite3.Connection, kind: type, equals: dict[str, Any], *, is_change: bool = False) -> tuple[str, list[Any]]:
    """The condition of a statement, and its values: what is asked for, and no row that whoever asks may not see."""
    clauses = [f'"{name}" = ?' for name in equals]
    values = [_to_sql(value) for value in equals.values()]
    action, column = VISIBLE.get(kind, (None, ""))
    if action and (projects := rights.visible_projects(db, CHANGES.get(kind, action) if is_change else action)) is not None:
        among = "(select value from json_each(?))"
        if column == "document_id":
            among = f"(select id from documents where project_id in {among})"  # noqa: S608 a constant
        clauses.append(f"{column} in {among}")
        values.append(projects)
    return (f" where {' and '.join(clauses)}" if clauses else ""), values


def find(db: sqlite3.Connection, kind: type[Record], /, *, order: str = "rowid", **equals: Any) -> list[Record]:
    """Every record of `kind` whose fields equal `equals`, sorted by the SQL expression `order`."""
    where, values = _where(db, kind, equals)
    cursor = db.execute(f"select * from {TABLES[kind]}{where} order by {order}", values)  # noqa: S608 names are ours
    return [from_row(kind, row) for row in cursor]


def find_all(db: sqlite3.Connection, kind: type[Record], record_ids: Iterable[str]) -> list[Record]:
    """Those of the records with these ids that exist, in one statement however many they are."""
    where, values = _where(db, kind, {})
    where = f"{where} and" if where else " where"
    statement = f"select * from {TABLES[kind]}{where} id in (select value from json_each(?)) order by rowid"  # noqa: S608 ours
    return [from_row(kind, row) for row in db.execute(statement, [*values, json.dumps(list(record_ids))])]


def count(db: sqlite3.Connection, kind: type, /, **equals: Any) -> int:
    """How many records of `kind` have these fields."""
    where, values = _where(db, kind, equals)
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
    where, among = _where(db, kind, {"id": record_id}, is_change=True)
    values = [_to_sql(value) for value in changes.values()]
    db.execute(f"update {TABLES[kind]} set {sets}{where}", [*values, *among])  # noqa: S608 names are ours


def delete(db: sqlite3.Connection, kind: type, /, **equals: Any) -> int:
    """Delete the records with these fields; gives how many there were."""
    where, values = _where(db, kind, equals, is_change=True)
    return db.execute(f"delete from {TABLES[kind]}{where}", values).rowcount  # noqa: S608 names are ours
