"""Acts on question pairs: each is recorded with the rows as they were before it, so that whoever did it can undo it.

Decisions and applied filters keep only what they change, so that an act about all pairs of a project stays small; other acts
keep whole rows. A document that is removed takes the rows with it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from core.records import AuditAction, PairState, Person, QuestionPair, Turn, now
from core.storage import audit
from core.storage.pair_measures import Outcome, filter_settings_text, store_filter_settings
from core.storage.pairs.pages import PairFilter, matching, search_terms
from core.storage.rows import delete, insert, update
from core.storage.workspace import Permitted

Change = Literal["decided", "filtered", "edited", "added", "removed"]
STEPS = 100  # acts that each person can undo in a project; older ones are forgotten
_DECISION = "state, reason, decided, changed_by, changed_at, reason_before"
_OF_PAIR = ", ".join(f"p.{name}" for name in _DECISION.split(", "))
# what became of a row's pair since its act: "is not", because null stands for what nobody decided or touched
_CHANGED = """case r.change
    when 'removed' then p.id is not null
    when 'filtered' then p.id is null or p.state <> r.state_after or p.reason <> r.reason_after
        or p.decided is not r.decided or p.changed_at is not r.changed_at
    else p.id is null or coalesce(p.changed_at, :at) <> :at end"""  # none: a decision was removed


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAct:
    """Something a person did to question pairs of a project at one moment."""

    number: int
    project_id: str
    action: AuditAction
    by: Person
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A state for pairs and the reason stored with it; with None, the pairs get back what the filters had said."""

    state: PairState | None
    reason: str = ""
    spares: str = ""  # pairs dropped for this reason stay as they are


def begin_act(permitted: Permitted, project_id: str, action: AuditAction, *, by: Person) -> PairAct:
    """Record that an act begins; call this in the transaction that does it, and `end_act` when it is done."""
    at = now()
    number = permitted.db.execute(
        "insert into pair_acts (project_id, person_id, person, action, created_at) values (?, ?, ?, ?, ?)",
        [project_id, by.id, by.name, action, at],
    ).lastrowid
    assert number is not None  # noqa: S101 an insert has one
    return PairAct(number=number, project_id=project_id, action=action, by=by, at=at)


def end_act(permitted: Permitted, act: PairAct) -> int:
    """Add the act to the audit log and forget the oldest ones of this person; return the number of pairs it changed.

    An act that changed nothing, neither pairs nor filter settings, leaves no trace.
    """
    rows = permitted.db.execute(
        "select count(*), min(pair_id), min(document_id) from pair_act_rows where act = ?", [act.number]
    ).fetchone()
    before, after = _filters_of(permitted, act)
    if not rows[0] and before == after:
        permitted.db.execute("delete from pair_acts where number = ?", [act.number])
        return 0
    _log(permitted, act, act.action, pairs=rows[0], only=rows[1:] if rows[0] == 1 else None)
    permitted.db.execute(
        "delete from pair_acts where project_id = ? and person_id = ? and number <= (select number from pair_acts"
        " where project_id = ? and person_id = ? order by number desc limit 1 offset ?)",
        [*[act.project_id, act.by.id] * 2, STEPS],
    )
    return int(rows[0])


def _log(permitted: Permitted, act: PairAct, action: AuditAction, *, pairs: int, only: Sequence[str] | None = None) -> None:
    subjects = {"project": act.project_id} | ({"pair": only[0], "document": only[1]} if only else {})
    audit.append(permitted.db, action, actor=act.by.name, subjects=subjects, counts={"pairs": pairs})


def decide(permitted: Permitted, act: PairAct, decision: Decision, *, among: PairFilter | Sequence[str]) -> int:
    """Store a person's decision about the pairs with these ids, or about all of the project that match a filter.

    Returns:
        The number of pairs that it changed.
    """
    db = permitted.db
    source, values = _chosen(act.project_id, among)
    # "is not": a pair that nobody decided on has null there
    changing = "p.decided is not ?" if decision.state is not None else "p.decided is not null and ? is null"
    noted = db.execute(
        f"insert into pair_act_rows (act, pair_id, document_id, change, {_DECISION})"  # noqa: S608 columns are ours
        f" select ?, p.id, p.document_id, 'decided', {_OF_PAIR} {source} and {changing}"
        " and (p.reason <> ? or p.state = 'kept')",
        [act.number, *values, decision.state, decision.spares],
    ).rowcount
    if decision.state is None:
        changes, given = "state = iif(coalesce(reason_before, '') = '', 'kept', 'dropped'), decided = null", []
        changes += ", reason = coalesce(reason_before, ''), reason_before = null, "
        changes += "changed_by = iif(edited_by is null, null, ?), changed_at = iif(edited_by is null, null, ?)"
    else:
        changes = "reason_before = iif(decided is null, reason, reason_before), state = ?, reason = ?, decided = ?, "
        changes += "changed_by = ?, changed_at = ?"
        given = [decision.state, decision.reason, decision.state]
    db.execute(
        f"update pairs set {changes}"  # noqa: S608 columns are ours
        " where id in (select pair_id from pair_act_rows where act = ?)",
        [*given, act.by.name, act.at, act.number],
    )
    return noted


def _chosen(project_id: str, among: PairFilter | Sequence[str]) -> tuple[str, list[Any]]:
    if not isinstance(among, PairFilter):
        # "+" keeps SQLite from going through all pairs of the project
        return "from pairs p where +p.project_id = ? and p.id in (select value from json_each(?))", [
            project_id,
            json.dumps(list(among)),
        ]
    clauses, values = matching(among)
    terms = search_terms(among.words)
    words = " and p.number in (select rowid from pair_words where pair_words match ?)" if terms else ""
    return f"from pairs p where p.project_id = ?{words}{clauses}", [project_id, *([terms] if terms else []), *values]


def apply_filters(
    permitted: Permitted, act: PairAct, outcomes: Iterable[Outcome], *, settings: dict[str, Any]
) -> Counter[str]:
    """Store what filters made of pairs, where it is not so already, and their settings as the project's own.

    The outcomes may come from reading the same pairs: none is changed before all are noted.

    Returns:
        The number of pairs that are dropped for each reason, and of those "kept".
    """
    db, counts = permitted.db, Counter[str]()

    def noted() -> Iterator[tuple[str | int, ...]]:
        for pair_id, state, reason in _counted(outcomes, counts):
            yield act.number, state, reason, pair_id, act.project_id, state, reason

    db.executemany(
        f"insert into pair_act_rows (act, pair_id, document_id, change, {_DECISION}, state_after, reason_after)"  # noqa: S608
        f" select ?, p.id, p.document_id, 'filtered', {_OF_PAIR}, ?, ? from pairs p"
        " where p.id = ? and p.project_id = ? and (p.state <> ? or p.reason <> ?)",
        noted(),
    )
    db.execute(
        "update pairs set (state, reason) ="
        " (select state_after, reason_after from pair_act_rows where act = ? and pair_id = pairs.id)"
        " where id in (select pair_id from pair_act_rows where act = ?)",
        [act.number, act.number],
    )
    before = filter_settings_text(db, act.project_id)
    store_filter_settings(permitted, act.project_id, settings)
    db.execute(
        "update pair_acts set filters_before = ?, filters_after = ? where number = ?",
        [before, filter_settings_text(db, act.project_id), act.number],
    )
    return counts


def _counted(outcomes: Iterable[Outcome], counts: Counter[str]) -> Iterator[Outcome]:
    for outcome in outcomes:
        counts[outcome.counts_as] += 1
        yield outcome


def _filters_of(permitted: Permitted, act: PairAct) -> tuple[str | None, str | None]:
    """Return the filter settings before and after an act, as they are stored; None if they are no part of it."""
    row = permitted.db.execute(
        "select filters_before, filters_after from pair_acts where number = ?", [act.number]
    ).fetchone()
    return row["filters_before"], row["filters_after"]


def edit_pair(permitted: Permitted, act: PairAct, before: QuestionPair, after: QuestionPair) -> None:
    """Store `after` in place of `before`, which is the pair as it is stored."""
    _keep(permitted, act, before, "edited")
    changes = {field.name: getattr(after, field.name) for field in fields(QuestionPair) if field.name != "id"}
    update(permitted.db, QuestionPair, before.id, **changes)


def add_pair(permitted: Permitted, act: PairAct, pair: QuestionPair) -> None:
    """Store a new pair."""
    insert(permitted.db, pair)
    _keep(permitted, act, pair, "added")


def remove_pair(permitted: Permitted, act: PairAct, pair: QuestionPair) -> None:
    """Delete a pair."""
    _keep(permitted, act, pair, "removed")
    delete(permitted.db, QuestionPair, id=pair.id)


def _keep(permitted: Permitted, act: PairAct, pair: QuestionPair, change: Change) -> None:
    """Note a whole pair, as it is before a change."""
    permitted.db.execute(
        "insert into pair_act_rows (act, pair_id, document_id, change, reason_before, number, whole)"
        " select ?, id, document_id, ?, reason_before, number, ? from pairs where id = ?",
        [act.number, change, json.dumps(asdict(pair)), pair.id],
    )


def last_act(permitted: Permitted, project_id: str, *, by: Person) -> tuple[PairAct, int, str] | None:
    """Return the last act of a person that can be undone in a project, how many pairs it changed, and the first of them."""
    row = permitted.db.execute(
        "select * from pair_acts where project_id = ? and person_id = ? order by number desc limit 1", [project_id, by.id]
    ).fetchone()
    if row is None:
        return None
    act = PairAct(number=row["number"], project_id=project_id, action=row["action"], by=by, at=row["created_at"])
    # a document that was removed since took its rows with it
    pairs = permitted.db.execute("select count(*), min(pair_id) from pair_act_rows where act = ?", [act.number]).fetchone()
    return act, pairs[0], pairs[1] or ""


def act_that_added(permitted: Permitted, pair: QuestionPair, *, by: Person) -> PairAct | None:
    """Return the act in which a person added a pair; None if it was somebody else's, or is forgotten."""
    row = permitted.db.execute(
        "select a.* from pair_acts a join pair_act_rows r on r.act = a.number"
        " where a.project_id = ? and a.person_id = ? and r.pair_id = ? and r.change = 'added'",
        [pair.project_id, by.id, pair.id],
    ).fetchone()
    return row and PairAct(
        number=row["number"], project_id=pair.project_id, action=row["action"], by=by, at=row["created_at"]
    )


def is_untouched(permitted: Permitted, act: PairAct) -> bool:
    """Return whether nobody has changed, removed or brought back any of the act's pairs, or the filter settings it set."""
    changed = permitted.db.execute(
        f"select count(*) from pair_act_rows r left join pairs p on p.id = r.pair_id where r.act = :act and {_CHANGED}",  # noqa: S608
        {"act": act.number, "at": act.at},
    ).fetchone()[0]
    # acts within one millisecond bear the same time
    later = permitted.db.execute(
        "select count(*) from pair_act_rows where act > ? and pair_id in (select pair_id from pair_act_rows where act = ?)",
        [act.number, act.number],
    ).fetchone()[0]
    filters = _filters_of(permitted, act)[1]
    return not changed and not later and filters in (None, filter_settings_text(permitted.db, act.project_id))


def take_back(permitted: Permitted, act: PairAct) -> None:
    """Give the pairs of an act their rows from before it, and the project its filter settings; then forget the act.

    It becomes an entry of the audit log.
    """
    db = permitted.db
    db.execute(
        f"update pairs set ({_DECISION}) = (select {_DECISION} from pair_act_rows where act = ? and pair_id = pairs.id)"  # noqa: S608
        " where id in (select pair_id from pair_act_rows where act = ? and whole is null)",
        [act.number, act.number],
    )
    if (filters := _filters_of(permitted, act)[0]) is not None:
        store_filter_settings(permitted, act.project_id, json.loads(filters))
    for row in db.execute("select * from pair_act_rows where act = ? and whole is not null", [act.number]).fetchall():
        pair = _pair(row["whole"])
        if row["change"] == "edited":
            update(db, QuestionPair, pair.id, **{field.name: getattr(pair, field.name) for field in fields(QuestionPair)})
        elif row["change"] == "added":
            delete(db, QuestionPair, id=pair.id)
        else:
            insert(db, pair)
            db.execute("update pairs set number = ? where id = ?", [row["number"], pair.id])
        if row["change"] != "added":
            db.execute("update pairs set reason_before = ? where id = ?", [row["reason_before"], pair.id])
    pairs = db.execute("select count(*) from pair_act_rows where act = ?", [act.number]).fetchone()[0]
    _log(permitted, act, "act on pairs undone", pairs=pairs)
    db.execute("delete from pair_acts where number = ?", [act.number])


def _pair(text: str) -> QuestionPair:
    values = json.loads(text)
    return QuestionPair(**values | {"history": tuple(Turn(**turn) for turn in values["history"])})
