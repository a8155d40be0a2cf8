"""The next version, its training, its evaluation on the same questions, and whether it takes the place; resumed, too."""

import pytest

from core import jobs
from core.errors import InputError
from core.identity import declared
from core.jobs import worker
from core.records import DatasetVersion, Evaluation, Job, QuestionPair
from core.services.monitoring import replacing, retraining
from core.services.monitoring.in_use import go_back, model_in_use, put_in_use
from core.services.monitoring.retraining import last_retraining, resume_retraining
from core.storage import find, get, update

from .conftest import RIGHT, ROWS, WRONG

ADA = declared("Ada")


@pytest.fixture
def used(workspace, learned, second):
    put_in_use(workspace, learned.project, "run-1", by=ADA)
    return learned.project


def begin(workspace, project) -> Job:
    job = jobs.submit(workspace, retraining.Params(), project_id=project.id)
    return worker.run_job(workspace, job.id)


def work(workspace) -> list[str]:
    """Do all queued jobs in their order, as one process after the other would; return their kinds and states."""
    done = []
    while queued := find(workspace.db, Job, state="queued", order="created_at, rowid"):
        job = worker.run_job(workspace, queued[0].id)
        done.append(f"{job.kind} {job.state}")
    return done


def test_a_run_that_is_not_worse_takes_the_place(workspace, used, learned, evaluated, scripted):
    evaluated(learned.run, RIGHT)
    assert last_retraining(workspace, used) is None
    result = retraining.Result.of(begin(workspace, used))
    assert result.number == 2 and get(workspace.db, DatasetVersion, result.dataset_id).parents == ("dataset-1",)
    train = get(workspace.db, Job, result.train_job_id)
    assert train.params["settings"]["epochs"] == 5 and train.params["dataset_id"] == result.dataset_id
    assert last_retraining(workspace, used).state == "waiting"
    assert work(workspace) == ["train done", "evaluate done", "replace done"]
    told = last_retraining(workspace, used)
    assert told.state == "done" and told.outcome.is_in_use and told.outcome.before_run_id == "run-1"
    assert told.outcome.succession.ruling == "not worse" and told.outcome.question_count == len(ROWS)
    now_used = model_in_use(workspace, used)
    assert (now_used.run_id, now_used.way) == (told.run.id, "automatic")
    assert scripted["asked"] == [(told.run.id, [row["input"] for row in ROWS])]


def test_a_run_that_is_worse_leaves_the_model_in_use_and_says_why(workspace, used, learned, evaluated, scripted):
    evaluated(learned.run, RIGHT)
    scripted["answers"] = WRONG
    begin(workspace, used)
    work(workspace)
    told = last_retraining(workspace, used)
    assert told.state == "done" and not told.outcome.is_in_use and told.outcome.ruling == "worse"
    assert model_in_use(workspace, used).run_id == "run-1"


def test_a_model_in_use_that_was_never_evaluated_is_evaluated_first(workspace, used, scripted):
    begin(workspace, used)
    assert work(workspace) == ["evaluate done", "train done", "evaluate done", "replace done"]
    assert [run_id for run_id, _ in scripted["asked"]][0] == "run-1"
    assert last_retraining(workspace, used).outcome.is_in_use


def test_where_no_model_is_in_use_the_newest_run_is_repeated_and_the_base_model_is_to_be_beaten(
    workspace, learned, second, evaluated, scripted
):
    evaluated(second, RIGHT)
    begin(workspace, learned.project)
    work(workspace)
    outcome = last_retraining(workspace, learned.project).outcome
    assert outcome.before_run_id is None and outcome.is_in_use and outcome.ruling == "not worse"


def test_the_same_questions_are_not_trained_on_twice(workspace, used, learned, evaluated, scripted):
    evaluated(learned.run, RIGHT)
    begin(workspace, used)
    work(workspace)
    job = begin(workspace, used)
    assert job.state == "failed" and "still those that run 3 was trained on" in job.error
    assert last_retraining(workspace, used).state == "failed"


def test_nothing_unreviewed_is_trained_on(workspace, used, scripted):
    workspace.db.execute("update reviews set state = 'withdrawn'")
    with pytest.raises(InputError, match="approval stands"):
        jobs.submit(workspace, retraining.Params(), project_id=used.id)
    other = workspace.create_project("Other")
    with pytest.raises(InputError, match="No run of Other"):
        jobs.submit(workspace, retraining.Params(), project_id=other.id)


def test_what_failed_is_resumed_with_what_waited_for_it(workspace, used, learned, evaluated, scripted):
    evaluated(learned.run, RIGHT)
    scripted["fail"] = True
    begin(workspace, used)
    assert work(workspace) == ["train failed", "evaluate cancelled", "replace cancelled"]
    assert last_retraining(workspace, used).state == "failed" and "memory" in last_retraining(workspace, used).error
    assert model_in_use(workspace, used).run_id == "run-1"
    scripted["fail"] = False
    assert resume_retraining(workspace, used) == 3
    assert work(workspace) == ["train done", "evaluate done", "replace done"]
    with pytest.raises(InputError, match="Nothing of the last retraining"):
        resume_retraining(workspace, used)


def test_jobs_that_are_killed_after_their_work_tell_of_it_once_more(workspace, used, learned, evaluated, scripted):
    evaluated(learned.run, RIGHT)
    job = begin(workspace, used)
    update(workspace.db, Job, job.id, state="queued", result={})
    before = len(find(workspace.db, Job))
    assert retraining.Result.of(worker.run_job(workspace, job.id)) == retraining.Result.of(get(workspace.db, Job, job.id))
    assert len(find(workspace.db, Job)) == before and len(find(workspace.db, DatasetVersion)) == 2
    work(workspace)
    replace_job = find(workspace.db, Job, kind="replace")[0]
    told = replacing.Result.of(replace_job)
    update(workspace.db, Job, replace_job.id, state="queued", result={})
    assert replacing.Result.of(worker.run_job(workspace, replace_job.id)) == told
    assert model_in_use(workspace, used).number == 2
    go_back(workspace, used, by=ADA)
    update(workspace.db, Job, replace_job.id, state="queued", result={})
    assert not replacing.Result.of(worker.run_job(workspace, replace_job.id)).is_in_use
    assert model_in_use(workspace, used).run_id == "run-1"


def test_pairs_added_meanwhile_do_not_move_the_questions_that_both_runs_are_asked(
    workspace, used, learned, scripted, evaluated
):
    stored = evaluated(learned.run, RIGHT)
    update(workspace.db, QuestionPair, "pair-0", input="How many tonnes does it hold?")
    begin(workspace, used)
    work(workspace)
    shas = {each.questions_sha256 for each in find(workspace.db, Evaluation)}
    assert shas == {stored.questions_sha256}


def test_the_comparison_must_be_one_of_the_project(workspace, used, learned):
    with pytest.raises(InputError, match="no job"):
        jobs.submit(workspace, replacing.Params(evaluate_job_id="job-x"), project_id=used.id)
