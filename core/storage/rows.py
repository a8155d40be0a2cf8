"""Store and load records: column names are field names; dicts, nested records and tuples are stored as JSON.

Only field names of our own dataclasses and table names become SQL text; values are always parameters.
"""

import json
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator
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
    records.CustomPattern: "pattern_rules",
    records.Review: "reviews",
    records.QuestionPair: "pairs",
    records.WrittenText: "texts",
    records.DatasetVersion: "datasets",
    records.Run: "runs",
    records.Evaluation: "evaluations",
    records.ModelInUse: "models_in_use",
    records.Experiment: "experiments",
    records.OwnGoal: "own_goals",
    records.Conversation: "conversations",
    records.ChatTurn: "chat_turns",
    records.OwnInstruction: "own_instructions",
    records.Feedback: "feedback",
    records.Preference: "preferences",
    records.Comparison: "comparisons",
    records.Series: "series",
    records.SeriesQuestion: "series_questions",
    records.SeriesAnswer: "series_answers",
    records.Release: "releases",
    records.Job: "jobs",
}
AT_ONCE = 500  # rows read by `find_each`
NOT_STORED = {(records.Passage, "text")}  # a slice of the document's text file
# Which rows of a table a signed-in person gets: those of projects that allow this action, matched by this column. Jobs are
# missing because the queue needs all of them; `core.jobs` decides which ones a person may see.
VISIBLE: dict[type, tuple[Action, str]] = {
    records.Project: ("see project", "id"),
    records.Document: ("see project", "project_id"),
    records.Passage: ("see project", "document_id"),
    records.Span: ("see project", "document_id"),
    records.Review: ("see project", "document_id"),
    records.QuestionPair: ("read documents", "project_id"),
    records.WrittenText: ("read documents", "project_id"),
    records.DatasetVersion: ("see project", "project_id"),
    records.Run: ("see project", "project_id"),
    records.Evaluation: ("see project", "project_id"),
    records.ModelInUse: ("see project", "project_id"),
    records.Experiment: ("see project", "project_id"),
    records.OwnGoal: ("see project", "project_id"),
    records.Conversation: ("chat", "project_id"),
    records.ChatTurn: ("chat", "conversation_id"),
    records.OwnInstruction: ("chat", "project_id"),
    records.Feedback: ("work on questions", "project_id"),
    records.Preference: ("read documents", "project_id"),
    records.Comparison: ("chat", "project_id"),
    records.Series: ("chat", "project_id"),
    records.SeriesQuestion: ("chat", "project_id"),
    records.SeriesAnswer: ("chat", "project_id"),
    records.Release: ("see project", "project_id"),
    records.ListEntry: ("read documents", "project_id"),
    records.CustomPattern: ("read documents", "project_id"),
}
PERSONAL = (records.Conversation, records.ChatTurn, records.Comparison)  # of these, a signed-in person gets their own alone
# Records changed without an audit entry, and the action that permits it. Other changes are checked when their entry is
# appended (`core.access.GATES`).
CHANGES: dict[type, Action] = {
    records.QuestionPair: "work on questions",
    records.WrittenText: "work on questions",
    records.ModelInUse: "train",
    records.Feedback: "work on questions",
    records.Preference: "work on questions",
    records.Experiment: "train",
    records.OwnGoal: "train",
    records.OwnInstruction: "chat",
}
WORDS = {
    records.DatasetVersion: "dataset version",
    records.ModelInUse: "model in use",
    records.QuestionPair: "question pair",
    records.ListEntry: "list entry",
    records.OwnGoal: "goal",
    records.ChatTurn: "answer",
    records.OwnInstruction: "instruction",
    records.CustomPattern: "pattern",
}


def _columns(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if (kind, field.name) not in NOT_STORED)


_READERS: dict[Any, tuple[tuple[str, Callable[[Any], Any] | None], ...]] = {}  # cache, filled on first use of a kind


def _readers(kind: Any) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """Return each stored field's name with the function that converts its column's value (None if none is needed)."""
    if kind not in _READERS:
        types = {field.name: field.type for field in fields(kind)}
        _READERS[kind] = tuple((name, _reader(types[name])) for name in _columns(kind))
    return _READERS[kind]


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """Return the function that converts a column to a value of this type, or None if none is needed."""
    if hint is bool:
        return bool
    if hint == bool | None:
        return lambda value: None if value is None else bool(value)
    if get_origin(hint) is dict:
        return json.loads
    if get_origin(hint) is tuple:
        item: Any = get_args(hint)[0]
        if item is str:
            return lambda text: tuple(json.loads(text))
        return lambda text: tuple(item(**values) for values in json.loads(text)) if text != "[]" else ()
    kinds = get_args(hint) or (hint,)
    inner: Any = next((part for part in kinds if is_dataclass(part)), None)  # the record in `Record` or `Record | None`
    return None if inner is None else lambda text: None if text is None else inner(**json.loads(text))


def _to_sql(value: Any) -> Any:
    value = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    if isinstance(value, tuple):  # of records or texts
        return json.dumps([item if isinstance(item, str) else asdict(item) for item in value])
    if isinstance(value, str) and not value.isascii():
        _check_whole(value)
    # json.dumps escapes non-ASCII: a path may hold bytes that are not UTF-8, which SQLite refuses as text
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value


def _check_whole(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("A text holds half a character, which cannot be stored.", "Type it anew.") from error


def from_row(kind: type[Record], row: sqlite3.Row, **extra: Any) -> Record:
    """Build the record in `row`; `extra` supplies the fields that are not stored."""
    values = {name: read(row[name]) if read else row[name] for name, read in _readers(kind)}
    return kind(**values, **extra)


def insert(db: sqlite3.Connection, *rows: Any) -> None:
    """Store new records of one kind."""
    if rows:
        insert_many(db, rows)


def insert_many(db: sqlite3.Connection, rows: Iterable[Any]) -> None:
    """Store new records of one kind. Inside a transaction, either all or none are stored.

    Raises:
        AccessError: the acting person may not change records of this kind (see `CHANGES`).
    """
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
    """Build a statement's where clause and its values: fields equal to `equals`, in rows the acting person may access.

    `is_change` demands the right to change the rows (see `CHANGES`) rather than the right to see them.
    """
    clauses = [f'"{name}" is null' if value is None else f'"{name}" = ?' for name, value in equals.items()]
    values = [_to_sql(value) for value in equals.values() if value is not None]
    action, column = VISIBLE.get(kind, (None, ""))
    if action and (projects := rights.visible_projects(db, CHANGES.get(kind, action) if is_change else action)) is not None:
        among = "(select value from json_each(?))"
        if column == "document_id":
            among = f"(select id from documents where project_id in {among})"  # noqa: S608 a constant
        if column == "conversation_id":
            among = f"(select id from conversations where project_id in {among} and person_id = ?)"  # noqa: S608 a constant
        clauses.append(f"{column} in {among}")
        values.append(projects)
        if kind in PERSONAL:  # `visible_projects` has told that somebody is signed in
            clauses += ['"person_id" = ?'] if column == "project_id" else []
            values.append(rights.person_id(db))
    return (f" where {' and '.join(clauses)}" if clauses else ""), values


def find(db: sqlite3.Connection, kind: type[Record], /, *, order: str = "rowid", **equals: Any) -> list[Record]:
    """Return every visible record of `kind` whose fields equal `equals`, sorted by the SQL expression `order`."""
    where, values = _where(db, kind, equals)
    cursor = db.execute(f"select * from {TABLES[kind]}{where} order by {order}", values)  # noqa: S608 names are ours
    return [from_row(kind, row) for row in cursor]


def find_each(db: sqlite3.Connection, kind: type[Record], /, *, order: str = "rowid", **equals: Any) -> Iterator[Record]:
    """Yield what `find` returns, a few hundred records at a time; of all of them only the row numbers are held.

    No statement is open between two records, so that whoever asks may store something. A row that is deleted meanwhile is
    left out, and one that is changed comes as it is by then; inside a transaction neither happens.
    """
    where, values = _where(db, kind, equals)
    numbers = db.execute(f"select rowid from {TABLES[kind]}{where} order by {order}", values)  # noqa: S608 names are ours
    return _each(db, kind, array("q", (row[0] for row in numbers)))


def _each(db: sqlite3.Connection, kind: type[Record], numbers: "array[int]") -> Iterator[Record]:
    statement = f"select t.* from json_each(?) asked join {TABLES[kind]} t on t.rowid = asked.value order by asked.key"  # noqa: S608
    for start in range(0, len(numbers), AT_ONCE):
        asked = json.dumps(numbers[start : start + AT_ONCE].tolist())
        yield from (from_row(kind, row) for row in db.execute(statement, [asked]).fetchall())


def find_all(db: sqlite3.Connection, kind: type[Record], record_ids: Iterable[str]) -> list[Record]:
    """Return the existing visible records with these ids, in one statement for any number of ids."""
    where, values = _where(db, kind, {})
    where = f"{where} and" if where else " where"
    statement = f"select * from {TABLES[kind]}{where} id in (select value from json_each(?)) order by rowid"  # noqa: S608 ours
    return [from_row(kind, row) for row in db.execute(statement, [*values, json.dumps(list(record_ids))])]


def count(db: sqlite3.Connection, kind: type, /, **equals: Any) -> int:
    """Count the visible records of `kind` whose fields equal `equals`."""
    where, values = _where(db, kind, equals)
    return int(db.execute(f"select count(*) from {TABLES[kind]}{where}", values).fetchone()[0])  # noqa: S608 names are ours


def get(db: sqlite3.Connection, kind: type[Record], record_id: str) -> Record:
    """Return the record with this id.

    Raises:
        InputError: there is none, or the acting person may not see it.
    """
    matching = find(db, kind, id=record_id)
    if not matching:
        word = WORDS.get(kind, kind.__name__.lower())
        raise InputError(f"There is no {word} {record_id!r}.", "Look at the list for the right id.")
    return matching[0]


def update(db: sqlite3.Connection, kind: type, record_id: str, /, **changes: Any) -> None:
    """Change fields of one record; nothing happens if the acting person may not access it."""
    sets = ", ".join(f'"{name}" = ?' for name in changes)
    where, among = _where(db, kind, {"id": record_id}, is_change=True)
    values = [_to_sql(value) for value in changes.values()]
    db.execute(f"update {TABLES[kind]} set {sets}{where}", [*values, *among])  # noqa: S608 names are ours


def delete(db: sqlite3.Connection, kind: type, /, **equals: Any) -> int:
    """Delete the accessible records whose fields equal `equals` and return how many there were."""
    where, values = _where(db, kind, equals, is_change=True)
    return db.execute(f"delete from {TABLES[kind]}{where}", values).rowcount  # noqa: S608 names are ours
