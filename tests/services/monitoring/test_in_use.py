"""Which run a project uses: set by hand with a reason where one is needed, and taken back."""

import pytest

from core.errors import AccessError, InputError
from core.identity import declared
from core.records import Run
from core.services.monitoring.in_use import go_back, history_of, model_in_use, needs_reason, put_in_use, run_before
from core.storage import audit, insert, update
from tests.access.conftest import signed_in  # noqa: F401 - a fixture

from .conftest import RIGHT, WRONG

ADA = declared("Ada")


def test_the_first_run_needs_no_reason_and_who_set_it_is_kept(workspace, learned):
    assert model_in_use(workspace, learned.project) is None
    used = put_in_use(workspace, learned.project, learned.run.id, by=ADA)
    assert (used.number, used.run_id, used.way, used.set_by) == (1, "run-1", "by hand", "Ada")
    assert model_in_use(workspace, learned.project) == used
    entry = [each for each, _ in audit.entries(workspace.db)][-1]
    assert (entry.action, entry.actor, entry.subjects["run"]) == ("model in use set", "Ada", "run-1")


def test_a_run_that_nobody_compared_needs_a_reason_which_stays_out_of_the_audit_log(workspace, learned, second):
    put_in_use(workspace, learned.project, "run-1", by=ADA)
    with pytest.raises(InputError, match="not shown to be as good"):
        put_in_use(workspace, learned.project, "run-2", reason="  ", by=ADA)
    used = put_in_use(workspace, learned.project, "run-2", reason="It speaks as we do.", by=ADA)
    assert (used.reason, used.number) == ("It speaks as we do.", 2)
    assert all("speaks" not in text for _, text in audit.entries(workspace.db))


@pytest.mark.parametrize(("answers", "is_needed"), [(RIGHT, False), (WRONG, True)])
def test_a_run_that_is_not_worse_needs_no_reason(workspace, learned, second, evaluated, answers, is_needed):
    put_in_use(workspace, learned.project, "run-1", by=ADA)
    evaluated(learned.run, RIGHT)
    evaluated(second, answers)
    assert needs_reason(workspace, learned.project, second) == is_needed


def test_a_run_in_use_one_that_has_not_finished_and_one_of_another_project_are_refused(workspace, learned, second):
    put_in_use(workspace, learned.project, "run-1", by=ADA)
    update(workspace.db, Run, "run-2", is_finished=False)
    other = workspace.create_project("Other")
    for project, run_id, words in (
        (learned.project, "run-1", "in use already"),
        (learned.project, "run-2", "has not finished"),
        (other, "run-1", "another project"),
    ):
        with pytest.raises(InputError, match=words):
            put_in_use(workspace, project, run_id, reason="x", by=ADA)
    with pytest.raises(InputError, match="at most 500"):
        put_in_use(workspace, learned.project, "run-1", reason="x" * 501, by=ADA)


def test_going_back_takes_one_step_each_time_and_forgets_nothing(workspace, learned, second):
    third = Run(**{name: getattr(second, name) for name in second.__slots__} | {"id": "run-3", "number": 3})
    insert(workspace.db, third)
    for run_id in ("run-1", "run-2", "run-3"):
        put_in_use(workspace, learned.project, run_id, reason="x", by=ADA)
    assert go_back(workspace, learned.project, by=ADA).run_id == "run-2"
    assert run_before(workspace, learned.project).id == "run-1"
    put_in_use(workspace, learned.project, "run-3", reason="x", by=ADA)
    assert [go_back(workspace, learned.project, by=ADA).run_id for _ in range(2)] == ["run-2", "run-1"]
    with pytest.raises(InputError, match="No other run"):
        go_back(workspace, learned.project, by=ADA)
    ways = [each.way for each in reversed(history_of(workspace, learned.project))]
    assert ways == ["by hand"] * 3 + ["rolled back", "by hand", "rolled back", "rolled back"]


def test_who_may_not_train_changes_nothing(workspace, learned, second, signed_in):  # noqa: F811
    reviewer = signed_in("rita", ("reviewer",), learned.project)
    with pytest.raises(AccessError, match="train"):
        put_in_use(reviewer, learned.project, "run-1", by=reviewer.actor.person)
    expert = signed_in("eve", ("expert",), learned.project)
    with pytest.raises(AccessError, match="another person"):
        put_in_use(expert, learned.project, "run-1", by=ADA)
    assert put_in_use(expert, learned.project, "run-1", by=expert.actor.person).set_by == "Eve"
    assert model_in_use(reviewer, learned.project).run_id == "run-1"
