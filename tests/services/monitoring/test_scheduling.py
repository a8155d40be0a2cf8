"""Evaluations by themselves: when they are due, once, and in whose name."""

from datetime import UTC, datetime, timedelta

import pytest

from core import jobs
from core.identity import declared
from core.jobs import worker
from core.records import Job
from core.services.monitoring.in_use import put_in_use
from core.services.monitoring.questions import compare_questions
from core.services.monitoring.rules import set_monitoring
from core.settings import MonitoringSettings
from core.storage import find, people
from tests.access.conftest import signed_in  # noqa: F401 - a fixture

from .conftest import RIGHT, ROWS, embed

ADA = declared("Ada")


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="milliseconds")


@pytest.fixture
def used(workspace, learned, second, waiting_jobs):
    put_in_use(workspace, learned.project, "run-1", by=ADA)
    return learned.project


def evaluations(workspace) -> list[Job]:
    jobs.advance(workspace)
    return find(workspace.db, Job, kind="evaluate")


def test_nothing_is_evaluated_unless_the_project_asked_for_it(workspace, used, learned, evaluated):
    evaluated(learned.run, RIGHT, created_at=ago(days=300))
    assert evaluations(workspace) == []


@pytest.mark.parametrize(("last", "is_due"), [({"days": 6, "hours": 23}, False), ({"days": 7, "minutes": 1}, True)])
def test_an_evaluation_is_due_so_many_days_after_the_last(workspace, used, learned, evaluated, last, is_due):
    evaluated(learned.run, RIGHT, created_at=ago(**last))
    set_monitoring(workspace, used, MonitoringSettings(evaluate_every_days=7), by=ADA)
    assert [job.params for job in evaluations(workspace)] == [{"run_id": "run-1", "asks_like": "run-1"}] * is_due


def test_one_that_failed_is_tried_again_when_the_next_is_due_and_asks_the_same(
    workspace, used, learned, evaluated, scripted
):
    stored = evaluated(learned.run, RIGHT, created_at=ago(days=8))
    set_monitoring(workspace, used, MonitoringSettings(evaluate_every_days=7), by=ADA)
    (job,) = evaluations(workspace)
    workspace.db.execute("update jobs set state = 'failed'")
    assert len(evaluations(workspace)) == 1
    workspace.db.execute("update monitoring_settings set evaluation_queued_at = ?", [ago(days=8)])
    assert len(evaluations(workspace)) == 2
    again = find(workspace.db, Job, state="queued")[0]
    assert again.id != job.id and worker.run_job(workspace, again.id).state == "done"
    assert scripted["asked"] == [("run-1", [row["input"] for row in ROWS])]
    workspace.db.execute("update monitoring_settings set evaluation_queued_at = null")
    assert len(evaluations(workspace)) == 2 and stored


def test_a_model_that_was_never_evaluated_is_due_so_many_days_after_it_came_into_use(workspace, used):
    set_monitoring(workspace, used, MonitoringSettings(evaluate_every_days=1), by=ADA)
    assert evaluations(workspace) == []
    workspace.db.execute("update models_in_use set created_at = ?", [ago(days=2)])
    assert len(evaluations(workspace)) == 1


def test_it_is_done_in_the_name_of_who_asked_for_it_whoever_looks(workspace, used, learned, evaluated, signed_in):  # noqa: F811
    evaluated(learned.run, RIGHT, created_at=ago(days=30))
    eve, stranger = signed_in("eve", ("expert",), used), signed_in("stranger")
    set_monitoring(eve, used, MonitoringSettings(evaluate_every_days=7), by=eve.actor.person)
    people.revoke(workspace, eve.actor.person.id, "expert", project=used)
    assert evaluations(stranger) == [] and find(workspace.db, Job) == []  # she may not train any more
    people.grant(workspace, eve.actor.person.id, "expert", project=used)
    jobs.advance(stranger)
    assert [job.person_id for job in find(workspace.db, Job)] == [eve.actor.person.id]


def test_questions_that_wait_are_compared_once_a_day_whatever_became_of_it(workspace, used, asked):
    def comparing() -> list[str]:
        jobs.advance(workspace)
        return [job.state for job in find(workspace.db, Job, kind="compare questions")]

    assert comparing() == []
    asked()
    assert comparing() == ["queued"] == comparing()
    workspace.db.execute("update jobs set state = 'failed'")
    assert comparing() == ["failed"]
    workspace.db.execute("update jobs set created_at = ?", [ago(hours=25)])
    assert comparing() == ["failed", "queued"]
    assert find(workspace.db, Job, state="queued")[0].person_id is None
    workspace.db.execute("update jobs set state = 'done', created_at = ?", [ago(hours=25)])
    compare_questions(workspace, used, embed=embed)
    assert comparing() == ["done", "done"]  # nothing waits


def test_a_model_that_is_gone_stops_no_page(workspace, used, learned, evaluated):
    evaluated(learned.run, RIGHT, created_at=ago(days=30))
    workspace.db.execute("update runs set model = 'gone'")
    set_monitoring(workspace, used, MonitoringSettings(evaluate_every_days=7), by=ADA)
    assert evaluations(workspace) == []
