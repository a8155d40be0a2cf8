"""A project's feedback by the page: filtered and counted in the database, so that no call loads all of it."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from core.records import Feedback
from core.storage import rights
from core.storage.rows import from_row
from core.storage.workspace import Workspace

FeedbackKind = Literal["down", "up", "corrected", "unanswerable"]
FeedbackState = Literal["open", "done", "set aside"]
STATES: tuple[FeedbackState, ...] = get_args(FeedbackState)
_PAIR = "(select id from pairs where feedback_id = f.id order by number limit 1)"
_PREFERENCE = "(select id from preferences where feedback_id = f.id)"
_NOT_DONE = "case when f.set_aside_by is null then 'open' else 'set aside' end"
_STATE = f"case when exists {_PAIR} or exists {_PREFERENCE} then 'done' else {_NOT_DONE} end"
_ITEMS = (
    f"select f.*, f.rowid as place, {_STATE} as state, {_PAIR} as pair_id, {_PREFERENCE} as preference_id from feedback f"  # noqa: S608 constants
    " where f.project_id = :project"
)
_KINDS: dict[FeedbackKind, str] = {
    "down": "f.thumb = 'down'",
    "up": "f.thumb = 'up'",
    "corrected": "f.correction is not null",
    "unanswerable": "f.is_unanswerable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFilter:
    """Which feedback is meant; None leaves a field open."""

    kind: FeedbackKind | None = None
    state: FeedbackState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackItem:
    """Feedback with its state, and what was made of it: None where nothing was."""

    feedback: Feedback
    state: FeedbackState
    pair_id: str | None
    preference_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackCounts:
    """How much feedback matches a filter, and how much each kind and state would leave with the other part in force."""

    matching: int
    kinds: Mapping[FeedbackKind, int]
    states: Mapping[FeedbackState, int]


def feedback_page(
    workspace: Workspace, project_id: str, chosen: FeedbackFilter, *, first: int = 1, size: int = 50
) -> list[FeedbackItem]:
    """Return up to `size` items from the place `first` on, the newest first."""
    rights.check(workspace.db, "work on questions", project_id)
    rows = workspace.db.execute(
        f"select * from ({_ITEMS}) f where {_of_kind(chosen)} and coalesce(state = :state, 1)"  # noqa: S608 constants
        " order by created_at desc, place desc limit :size offset :skipped",
        {"project": project_id, "state": chosen.state, "size": size, "skipped": first - 1},
    )
    return [_item(row) for row in rows]


def feedback_item(workspace: Workspace, project_id: str, feedback_id: str) -> FeedbackItem | None:
    """Return one item of a project; None if there is none, or not any more."""
    rights.check(workspace.db, "work on questions", project_id)
    row = workspace.db.execute(f"{_ITEMS} and f.id = :id", {"project": project_id, "id": feedback_id}).fetchone()
    return None if row is None else _item(row)


def feedback_counts(workspace: Workspace, project_id: str, chosen: FeedbackFilter) -> FeedbackCounts:
    """Count what matches, by kind and by state."""
    rights.check(workspace.db, "work on questions", project_id)
    in_state = "coalesce(state = :state, 1)"
    sums: dict[str, str] = {kind: f"{clause} and {in_state}" for kind, clause in _KINDS.items()}
    sums |= {state: f"{_of_kind(chosen)} and state = '{state}'" for state in STATES}
    sums["matching"] = f"{_of_kind(chosen)} and {in_state}"
    columns = ", ".join(f'coalesce(sum({what}), 0) as "{name}"' for name, what in sums.items())
    row = workspace.db.execute(
        f"select {columns} from ({_ITEMS}) f",  # noqa: S608 constants
        {"project": project_id, "state": chosen.state},
    ).fetchone()
    return FeedbackCounts(
        matching=row["matching"],
        kinds={kind: row[kind] for kind in _KINDS},
        states={state: row[state] for state in STATES},
    )


def _of_kind(chosen: FeedbackFilter) -> str:
    return _KINDS[chosen.kind] if chosen.kind else "1"


def _item(row: sqlite3.Row) -> FeedbackItem:
    return FeedbackItem(
        feedback=from_row(Feedback, row), state=row["state"], pair_id=row["pair_id"], preference_id=row["preference_id"]
    )
