"""Questions and answers of a series a page at a time, so that a series of any length fits into memory."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Order = Literal["as asked", "most different"]
_GOOD = "case when q.is_answerable then a.outcome = 'right' else a.outcome = 'refused' end"
_ORDERS: dict[Order, str] = {
    "as asked": "q.number",
    "most different": "max(good) - min(good) desc, max(f1) - min(f1) desc, count(distinct trim(text)) desc, q.number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """How one answer was scored, without its words."""

    number: int
    side: int
    f1: float
    outcome: Literal["right", "wrong", "refused"]
    is_good: bool


def numbers(db: sqlite3.Connection, series_id: str, *, order: Order, first: int, most: int) -> list[int]:
    """Return the numbers of `most` questions in this order, beginning with the one at place `first`, from 0."""
    rows = db.execute(
        f"select q.number, max(f1), min(f1) from (select q.number as number, a.f1 as f1, a.text as text, {_GOOD} as good"  # noqa: S608 ours
        " from series_questions q left join series_answers a using (series_id, number) where q.series_id = ?) q"
        f" group by q.number order by {_ORDERS[order]} limit ? offset ?",
        [series_id, most, first],
    )
    return [row[0] for row in rows]


def marks(db: sqlite3.Connection, series_id: str) -> list[Marked]:
    """Return how the answers were scored, by question and side; not those to a question that one of them was trained on."""
    rows = db.execute(
        f"select a.number, a.side, a.f1, a.outcome, {_GOOD} from series_answers a"  # noqa: S608 ours
        " join series_questions q using (series_id, number)"
        " where a.series_id = ? and a.outcome is not null and not q.was_trained_on order by a.number, a.side",
        [series_id],
    )
    return [Marked(number=row[0], side=row[1], f1=row[2], outcome=row[3], is_good=bool(row[4])) for row in rows]


def answered(db: sqlite3.Connection, series_id: str, side: int) -> set[int]:
    """Return the numbers of the questions that this side has answered, or cannot."""
    rows = db.execute("select number from series_answers where series_id = ? and side = ?", [series_id, side])
    return {row[0] for row in rows}


def open_ballots(db: sqlite3.Connection, series_id: str, *, sides: int, person_id: str | None) -> list[int]:
    """Return the questions that this person can still vote on: all sides have answered, and not all the same."""
    rows = db.execute(
        "select number from series_answers a where series_id = ? and problem = ''"
        " and not exists (select 1 from comparisons c where c.series_id = a.series_id and c.series_number = a.number"
        " and c.person_id is ? and c.vote is not null)"
        " group by number having count(*) = ? and count(distinct trim(text)) > 1 order by number",
        [series_id, person_id, sides],
    )
    return [row[0] for row in rows]


def texts(db: sqlite3.Connection, series_id: str, wanted: Sequence[int]) -> list[sqlite3.Row]:
    """Return the rows of the answers to these questions, by question and side."""
    return db.execute(
        "select * from series_answers where series_id = ? and number in (select value from json_each(?))"
        " order by number, side",
        [series_id, json.dumps(list(wanted))],
    ).fetchall()
