"""What monitoring does by itself, queued when its time has come.

Questions that nobody compared yet are compared once a day, where a model is in use; and that model is evaluated again every
so many days, if its project asked for that. Nothing waits for either: whoever looks after the queue (`core.jobs.advance`:
pages, commands, jobs that end) asks here.
"""

import logging
from datetime import UTC, datetime, timedelta

from core import jobs
from core.access import Actor
from core.errors import AccessError, GarrisonError
from core.records import Evaluation, ModelInUse, now
from core.services.monitoring.notes import NOT_COMPARED, since_of
from core.settings import MonitoringSettings
from core.storage import Workspace, find, transaction
from core.storage.people import person_of_job

log = logging.getLogger(__name__)
_SCHEDULED = """
select s.project_id, s.person_id, s.evaluation_queued_at, json_extract(s.settings, '$.evaluate_every_days') as days
from monitoring_settings s where days > 0
"""
# Projects with a model in use in which no questions were compared since some time, whatever became of the job.
_NOT_COMPARED = """
select u.project_id, r.dataset_id, json_extract(s.settings, '$.days') as days
from models_in_use u join runs r on r.id = u.run_id left join monitoring_settings s on s.project_id = u.project_id
where u.number = (select max(number) from models_in_use where project_id = u.project_id)
    and not exists (
        select 1 from jobs where project_id = u.project_id and kind = 'compare questions' and created_at > ?
    )
"""


def queue_due(workspace: Workspace) -> None:
    """Queue what is due.

    An evaluation is in the name of whoever asked for it, and left out if that person may not train any more. Questions are
    compared in nobody's name: that stores numbers alone, and shows nothing.
    """
    for row in workspace.db.execute(_NOT_COMPARED, [_days_ago(1)]).fetchall():
        if _is_any_waiting(workspace, row["project_id"], row["dataset_id"], row["days"]):
            _queue_comparing(workspace, row["project_id"])
    for row in workspace.db.execute(_SCHEDULED).fetchall():
        asked = Workspace(workspace.home)  # whoever looks after the queue need not belong to the project
        try:
            _queue_if_due(asked, row["project_id"], row["person_id"])
        except AccessError:
            log.debug("%s: who asked for evaluations may not train any more.", row["project_id"])
        finally:
            asked.close()


def _is_any_waiting(workspace: Workspace, project_id: str, dataset_id: str, days: int | None) -> bool:
    """Return whether there are questions, of the days that are looked at, that were not compared yet."""
    since = since_of(days or MonitoringSettings().days)
    waiting = workspace.db.execute(f"select 1 {NOT_COMPARED} limit 1", [dataset_id, project_id, since])  # noqa: S608 a constant
    return waiting.fetchone() is not None


def _queue_comparing(workspace: Workspace, project_id: str) -> None:
    from core.services.monitoring.questions import Params  # imports numpy, so only when it is due

    asked = Workspace(workspace.home)
    try:
        jobs.enqueue(asked, Params(), project_id=project_id)
    finally:
        asked.close()


def _queue_if_due(workspace: Workspace, project_id: str, person_id: str | None) -> None:
    if person_id is not None:
        workspace.actor = Actor(person=person_of_job(workspace, person_id, "train", project_id))
    with transaction(workspace.db):
        used = next(iter(find(workspace.db, ModelInUse, project_id=project_id, order="number desc")), None)
        row = workspace.db.execute(f"{_SCHEDULED} and s.project_id = ?", [project_id]).fetchone()
        if used is None or row is None or not _is_due(workspace, used, row["days"], row["evaluation_queued_at"]):
            return
        workspace.db.execute(
            "update monitoring_settings set evaluation_queued_at = ? where project_id = ?", [now(), project_id]
        )
        _enqueue(workspace, used)


def _is_due(workspace: Workspace, used: ModelInUse, days: int, queued_at: str | None) -> bool:
    """Return whether the last evaluation of the model in use, or the last try to make one, is so many days ago."""
    evaluated = find(workspace.db, Evaluation, run_id=used.run_id, order="created_at desc")
    last = max(evaluated[0].created_at if evaluated else used.created_at, queued_at or "")
    return datetime.now(UTC) - datetime.fromisoformat(last) >= timedelta(days=days)


def _enqueue(workspace: Workspace, used: ModelInUse) -> None:
    from core.services.training.evaluation import Params  # imports the training stage, so only when it is due

    try:
        jobs.enqueue(workspace, Params(run_id=used.run_id, asks_like=used.run_id), project_id=used.project_id)
    except GarrisonError as error:  # such as a model that is gone: it is tried again when the next one is due
        log.warning("%s: the evaluation that is due cannot begin (%s).", used.project_id, type(error).__name__)


def _days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")
