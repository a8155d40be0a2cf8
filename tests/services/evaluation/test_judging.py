"""Judging two runs as a job: which questions, what is refused before it begins, and what it makes."""

import json
from dataclasses import replace

import pytest

from core import jobs
from core.cli.app import main
from core.errors import InputError, SetupError
from core.files import write_atomic
from core.jobs.context import JobContext
from core.records import Evaluation, Job, new_id, now
from core.services.evaluation import judging
from core.services.evaluation.judging import WEAK_JUDGE, Params, Result, find_duels, judge_runs
from core.settings import EMBEDDED_MODEL
from core.storage import find, insert
from tests.evaluation.test_preference import Judge, longer
from tests.graded import graded


@pytest.fixture
def runs(workspace, learned):
    """Two finished runs."""
    other = replace(learned.run, id="run-2", number=learned.run.number + 1)
    insert(workspace.db, other)
    return learned.run, other


@pytest.fixture
def evaluate(workspace):
    """A function that stores an evaluation of a run, with the same answer to each of its questions."""

    def store(run, answer: str, *, first: int = 0, count: int = 10) -> None:
        rows = [{"input": f"Part {n}?", "output": "12 tonnes"} for n in range(first, first + count)]
        result = graded(rows, ["x"] * count, [answer] * count, resamples=50)
        evaluation = Evaluation(
            id=new_id("evaluation"), project_id=run.project_id, run_id=run.id, adapter_sha256="", questions_sha256="",
            question_count=count, scores=result.as_json()["scores"], verdict="", created_at=now(),
        )  # fmt: skip
        write_atomic(workspace.evaluation_path(run.project_id, evaluation.id), json.dumps(result.as_json()))
        insert(workspace.db, evaluation)

    return store


def params(runs, model: str = "site-70b") -> Params:
    return Params(first_run_id=runs[0].id, second_run_id=runs[1].id, model=model)


@pytest.mark.parametrize(("model", "is_warned"), [("site-70b", False), (EMBEDDED_MODEL, True)])
def test_a_judge_is_asked_about_all_questions_in_common(workspace, learned, runs, evaluate, model, is_warned):
    evaluate(runs[0], "twelve tonnes and more")
    evaluate(runs[1], "twelve", first=1)
    job = Job(id=new_id("job"), kind="judge", project_id=learned.project.id, created_at=now())
    insert(workspace.db, job)
    found = judge_runs(JobContext(workspace, job), params(runs, model), Judge(longer))
    assert (found.preferences.first, found.preferences.asked) == (9, 9)
    assert f"Run {runs[0].number} is better, by this judge." in found.words
    assert (WEAK_JUDGE in found.words) is is_warned
    assert Result.find(replace(job, result=found.as_json())) == found  # as the database gives it back


def test_what_cannot_be_judged_is_refused_before_it_begins(workspace, learned, runs, evaluate):
    project_id = learned.project.id
    with pytest.raises(InputError, match="against itself"):
        find_duels(workspace, project_id, params((runs[0], runs[0])))
    evaluate(runs[0], "one")
    with pytest.raises(InputError, match="Run 2 has not been compared"):
        find_duels(workspace, project_id, params(runs))
    evaluate(runs[1], "two", first=50)
    with pytest.raises(InputError, match="no question in common"):
        find_duels(workspace, project_id, params(runs))
    evaluate(runs[1], "two")
    assert len(find_duels(workspace, project_id, params(runs))) == 10
    with pytest.raises(InputError, match="another project"):
        find_duels(workspace, workspace.create_project("Other").id, params(runs))
    with pytest.raises(SetupError, match="site-70b"):
        jobs.submit(workspace, params(runs), project_id=project_id)


def test_the_command_judges_and_prints_the_words(workspace, learned, runs, evaluate, monkeypatch, capsys):
    for run, answer in zip(runs, ("twelve", "twelve tonnes and more"), strict=True):
        evaluate(run, answer)
    monkeypatch.setattr(judging, "find_writing_model", lambda *_: None)
    monkeypatch.setattr(judging, "opened", _opened)
    monkeypatch.setattr("core.jobs.queue._launch", _at_once)
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(workspace.home), "judge", learned.project.name, runs[0].id, runs[1].id, "--model", "site-70b"])
    told = capsys.readouterr().out
    assert ended.value.code == 0 and "Asked about 10 questions, site-70b takes the answer of run 1 never" in told
    (job,) = find(workspace.db, Job, kind="judge")
    assert Result.of(job).preferences.second == 10


class _opened:  # noqa: N801 - in place of a function
    def __init__(self, *_args, **_more) -> None:
        self.generator = Judge(longer)

    def __enter__(self):
        return self

    def __exit__(self, *_raised) -> None:
        pass


def _at_once(workspace, job):
    from core.jobs import worker

    worker.run_job(workspace, job.id)
