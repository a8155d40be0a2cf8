"""Delete for good what a project keeps no longer of what is said: chats, feedback, and the words of series, of everybody.

There is no daemon: `clean` is called where a dashboard session or a job begins, and where a list of conversations is read.
What is due is found by times alone, so that it does no harm to call it twice, or to be killed while it runs.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from core.records import ChatRetention
from core.storage import audit, rights
from core.storage.database import BUSY_TIMEOUT_S
from core.storage.series_words import delete_words
from core.storage.source_index import SourceIndex
from core.storage.traceless import empty_log, finish_emptying, traceless
from core.storage.workspace import Permitted, Workspace

LONGEST_OPEN = timedelta(days=1)  # that a conversation stays which is not kept, after its last message
WAIT_MS = 2_000  # for others to be done with the log, which the next call empties otherwise

_UNKEPT = "select id from projects where json_extract(retention, '$.kept') = 'not-kept'"
_WHOLE = "coalesce((select max(written_at) from chat_turns where conversation_id = conversations.id), '') <= :until"
_DUE = {  # the last question is looked at first, which is cheap: of most that are not due it is too young
    "conversations": f"project_id = :project and updated_at <= :until and {_WHOLE}",
    "comparisons": "project_id = :project and series_id is null and created_at <= :until",
    "feedback": "project_id = :project and turn_id is null and created_at <= :until",  # the other goes with its conversation
    "series": "project_id = :project and words_deleted_at is null and created_at <= :until"
    " and not exists (select 1 from jobs where id = job_id and state in ('queued', 'running'))",
}


def clean(workspace: Workspace, *, at: datetime | None = None) -> int:
    """Delete everything that is due, whoever looks; return how many conversations, comparisons, feedback and series.

    Of a series only the words go. `at` is the time that counts as now, in UTC. What bears a later time than that is not due.
    """
    limits = list(_limits(workspace.db, at))
    if not limits:
        finish_emptying(workspace.db)
        return 0
    # in nobody's name: a person may only happen to open a page, and may not see what others said
    everybody = Workspace(workspace.home) if workspace.actor else workspace
    try:
        deleted = sum(_delete(everybody, project_id, until) for project_id, until in limits)
        everybody.db.execute(f"pragma busy_timeout = {WAIT_MS}")
        empty_log(everybody.db)  # also if nothing is due: whoever deleted it may have been killed before this
    finally:
        everybody.db.execute(f"pragma busy_timeout = {1000 * BUSY_TIMEOUT_S}")
        if everybody is not workspace:
            everybody.close()
    return deleted


def is_due(db: sqlite3.Connection) -> bool:
    """Return whether `clean` would delete anything."""
    return any(sum(due_counts(db, project_id, until).values()) for project_id, until in _limits(db, None))


def due_counts(db: sqlite3.Connection, project_id: str, until: str) -> dict[str, int]:
    """Return how much of each kind of a project had its last message at `until` or before."""
    values = {"project": project_id, "until": until}
    found = {table: db.execute(f"select count(*) from {table} where {due}", values) for table, due in _DUE.items()}  # noqa: S608 ours
    return {table: int(rows.fetchone()[0]) for table, rows in found.items()}


def until_of(retention: ChatRetention, at: datetime | None = None) -> str | None:
    """Return the time up to which a last message makes a conversation due; None if it is kept until somebody deletes it."""
    if retention.kept == "until-deleted":
        return None
    longest = LONGEST_OPEN if retention.kept == "not-kept" else timedelta(days=retention.days or 0)
    return ((at or datetime.now(UTC)) - longest).isoformat(timespec="milliseconds")


def _limits(db: sqlite3.Connection, at: datetime | None) -> Iterator[tuple[str, str]]:
    """Yield the id of each project that limits how long it keeps chats, and the time up to which they are due."""
    for row in db.execute("select id, retention from projects where retention <> '{}'").fetchall():
        if until := until_of(ChatRetention(**json.loads(row["retention"])), at):
            yield row["id"], until


def _delete(workspace: Workspace, project_id: str, until: str) -> int:
    db = workspace.db
    if not any(due_counts(db, project_id, until).values()):
        return 0
    values = {"project": project_id, "until": until}
    said = _said(db, _DUE["conversations"], values)
    _drop(workspace, project_id, said)  # first, so that a crash leaves no words there
    with traceless(db):
        series = db.execute(f"select id from series where {_DUE['series']}", values).fetchall()  # noqa: S608 ours
        counts = {
            table: db.execute(f"delete from {table} where {due}", values).rowcount  # noqa: S608 ours
            for table, due in _DUE.items()
            if table != "series"
        }
        counts["series"] = delete_words(db, [row["id"] for row in series])
        _note(db, project_id, counts)
    _drop(workspace, project_id, said)  # again, if a question had them read meanwhile
    return sum(counts.values())


def forget_others(permitted: Permitted, project_id: str) -> int:
    """Delete what the acting person said before in a project that does not keep it; call it in a `traceless` block.

    Returns:
        How many conversations and comparisons that were; if any, empty the log after the block.
    """
    if not permitted.db.execute(f"{_UNKEPT} and id = ?", [project_id]).fetchone():
        return 0
    return _forget(permitted, project_id, rights.person_id(permitted.db))


def forget_at_sign_out(workspace: Workspace) -> None:
    """Delete what the person who signs out said in projects that do not keep it."""
    actor = rights.restricted(workspace.db)
    if actor is None:
        return
    everybody = Workspace(workspace.home)  # whatever roles the person still has
    try:
        for row in everybody.db.execute(_UNKEPT).fetchall():
            with traceless(everybody.db):
                _forget(everybody, row["id"], actor.person.id)
            empty_log(everybody.db)
    finally:
        everybody.close()


def _forget(workspace: Workspace, project_id: str, person_id: str | None) -> int:
    db, values = workspace.db, {"project": project_id, "person": person_id}
    own = "project_id = :project and person_id is :person"
    of = {"conversations": own, "comparisons": f"{own} and series_id is null"}
    _drop(workspace, project_id, _said(db, own, values))
    counts = {table: db.execute(f"delete from {table} where {which}", values).rowcount for table, which in of.items()}  # noqa: S608 ours
    _note(db, project_id, counts)
    return sum(counts.values())


def _said(db: sqlite3.Connection, which: str, values: Mapping[str, str | None]) -> dict[str | None, list[str]]:
    """Return the ids of the turns of these conversations by whose they are."""
    said = defaultdict[str | None, list[str]](list)
    found = (
        f"select person_id, t.id from conversations join chat_turns t on t.conversation_id = conversations.id where {which}"  # noqa: S608 ours
    )
    for row in db.execute(found, values):
        said[row["person_id"]].append(row["id"])
    return said


def _drop(workspace: Workspace, project_id: str, said: dict[str | None, list[str]]) -> None:
    """Remove turns from the indexes of what was said, the words too."""
    for person_id, turn_ids in said.items():
        if (path := workspace.said_path(project_id, person_id)).exists():
            with SourceIndex(path) as index:
                index.remove(turn_ids)


def _note(db: sqlite3.Connection, project_id: str, counts: dict[str, int]) -> None:
    if any(counts.values()):
        audit.append(db, "chats deleted", subjects={"project": project_id}, counts=counts)
