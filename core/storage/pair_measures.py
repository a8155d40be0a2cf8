"""What was measured of question pairs, and the filter settings of a project."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields
from typing import Any, NamedTuple

from core.records import PairMeasures, PairState
from core.storage import rights
from core.storage.transactions import transaction
from core.storage.workspace import Workspace

_COLUMNS = tuple(field.name for field in fields(PairMeasures))
_STORE = f"insert or replace into pair_measures ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608


class Outcome(NamedTuple):
    """What the filters made of a pair."""

    pair_id: str
    state: PairState
    reason: str

    @property
    def counts_as(self) -> str:
        """The name under which it is counted: the reason, or "kept"."""
        return (self.reason or "no reason given") if self.state == "dropped" else "kept"


def stored_measures(
    workspace: Workspace, project_id: str, *, pair_ids: Iterable[str] | None = None
) -> dict[str, PairMeasures]:
    """Return what was measured of the project's pairs, or of those with these ids, by pair id."""
    rights.check(workspace.db, "read documents", project_id)
    statement, values = "select * from pair_measures where project_id = ?", [project_id]
    if pair_ids is not None:
        statement += " and pair_id in (select value from json_each(?))"
        values.append(json.dumps(list(pair_ids)))
    rows = workspace.db.execute(statement, values)
    return {row["pair_id"]: _from_row(row) for row in rows}


def _from_row(row: Any) -> PairMeasures:
    values = {name: row[name] for name in _COLUMNS}
    is_whole = None if values["is_whole"] is None else bool(values["is_whole"])
    return PairMeasures(**values | {"is_whole": is_whole})


def store_measures(workspace: Workspace, project_id: str, measures: Iterable[PairMeasures]) -> None:
    """Store measures, in place of earlier ones of the same pairs."""
    rights.check(workspace.db, "work on questions", project_id)
    with transaction(workspace.db):
        workspace.db.executemany(_STORE, [astuple(each) for each in measures if each.project_id == project_id])


def forget_measures(workspace: Workspace, project_id: str) -> None:
    """Delete the measures of pairs that are gone. Call this inside the transaction that put pairs in place."""
    rights.check(workspace.db, "work on questions", project_id)
    workspace.db.execute(
        "delete from pair_measures where project_id = ? and pair_id not in (select id from pairs where project_id = ?)",
        [project_id, project_id],
    )


def store_outcomes(workspace: Workspace, project_id: str, outcomes: Iterable[Outcome]) -> Counter[str]:
    """Store what the filters made of pairs, where it is not so already; count the reasons, and those "kept".

    Call this inside a transaction. The outcomes may come from reading the same pairs: each is stored as it comes.
    """
    rights.check(workspace.db, "work on questions", project_id)
    counts: Counter[str] = Counter()

    def counted() -> Iterator[tuple[str, ...]]:
        for outcome in outcomes:
            counts[outcome.counts_as] += 1
            yield outcome.state, outcome.reason, outcome.pair_id, project_id, outcome.state, outcome.reason

    workspace.db.executemany(
        "update pairs set state = ?, reason = ? where id = ? and project_id = ? and (state <> ? or reason <> ?)", counted()
    )
    return counts


def stored_filter_settings(workspace: Workspace, project_id: str) -> dict[str, Any]:
    """Return the filter settings that people chose for the project, by name; empty if they chose none."""
    rights.check(workspace.db, "see project", project_id)
    return dict(json.loads(filter_settings_text(workspace.db, project_id)))


def filter_settings_text(db: sqlite3.Connection, project_id: str) -> str:
    """Return the filter settings that people chose for the project as they are stored: one text for the same settings."""
    row = db.execute("select settings from filter_settings where project_id = ?", [project_id]).fetchone()
    return "{}" if row is None else str(row["settings"])


def store_filter_settings(workspace: Workspace, project_id: str, settings: dict[str, Any]) -> None:
    """Store the filter settings of a project."""
    rights.check(workspace.db, "work on questions", project_id)
    with transaction(workspace.db):
        workspace.db.execute(
            "insert or replace into filter_settings (project_id, settings) values (?, ?)",
            [project_id, json.dumps(settings, sort_keys=True)],
        )
