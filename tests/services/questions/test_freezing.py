"""The job that freezes pairs: what it tells, and what is left when it is stopped or killed."""

import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from core import jobs
from core.errors import InputError, JobCancelled
from core.jobs.worker import run_job
from core.records import DatasetVersion, Job, Project, QuestionPair
from core.services.questions import datasets
from core.services.questions.freezing import job as freezing
from core.services.questions.freezing.version import COMPARING, READING, WRITING, Stage, freeze
from core.settings import DatasetSettings
from core.storage import Workspace, find, get, insert, update
from tests.learned import LearnedProject

pytestmark = pytest.mark.usefixtures("waiting_jobs")
STAGES = (READING, COMPARING, WRITING)
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from core.records import Project
from core.services.questions.freezing.version import freeze
from core.storage import Workspace, get
workspace = Workspace(Path(sys.argv[1]))
def report(stage, done, total):
    if stage.words == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
def note(version):
    if sys.argv[3] == "storing":
        os.kill(os.getpid(), signal.SIGKILL)
freeze(workspace, get(workspace.db, Project, sys.argv[2]), report=report, note=note)
"""


@pytest.fixture
def project(workspace: Workspace, learned: LearnedProject) -> Project:
    """A project without a version, with 500 facts more, each in a passage of its own."""
    workspace.db.execute("delete from runs")
    workspace.db.execute("delete from datasets")
    pattern = learned.pairs[0]
    others = [
        replace(pattern, id=f"more-{n}", input=f"Where stands part {n}?", output=f"In hall {n}", passage_id=f"p{n}")
        for n in range(500)
    ]
    insert(workspace.db, *others)
    return learned.project


def frozen(workspace: Workspace, project: Project, settings: DatasetSettings | None = None) -> Job:
    params = freezing.Params(settings=settings) if settings else freezing.Params()
    job = jobs.submit(workspace, params, project_id=project.id)
    assert run_job(workspace, job.id).state == "done"
    return get(workspace.db, Job, job.id)


def left_in(workspace: Workspace, project: Project) -> list[str]:
    folder = workspace.dataset_folder(project.id, "")
    return sorted(path.name for path in folder.iterdir() if path.name != "dataset-1") if folder.exists() else []


def test_a_job_freezes_and_tells_whether_anything_changed(workspace: Workspace, project: Project) -> None:
    first = freezing.Result.of(frozen(workspace, project, DatasetSettings(heldout_share=0.3)))
    (version,) = datasets.versions_of(workspace, project)
    assert first == freezing.Result(dataset_id=version.id, number=1, is_new=True)
    assert version.card["settings"]["heldout_share"] == 0.3
    again = freezing.Result.of(frozen(workspace, project))
    assert again == freezing.Result(dataset_id=version.id, number=1, is_new=False)
    assert left_in(workspace, project) == [version.id]


def test_progress_goes_from_reading_to_writing_and_only_up(workspace: Workspace, project: Project) -> None:
    told: list[tuple[Stage, float]] = []
    freeze(workspace, project, report=lambda stage, done, total: told.append((stage, stage.percent(done, total))))
    percents = [percent for _, percent in told]
    assert percents == sorted(percents) and 0 <= percents[0] and percents[-1] <= 100
    assert list(dict.fromkeys(stage for stage, _ in told)) == list(STAGES)
    assert STAGES[0].start_percent == 0 and STAGES[-1].end_percent == 100
    assert all(before.end_percent == after.start_percent for before, after in zip(STAGES, STAGES[1:], strict=False))


@pytest.mark.parametrize("stage", STAGES)
def test_a_job_that_is_cancelled_leaves_nothing(workspace: Workspace, project: Project, stage: Stage) -> None:
    def stop(at: Stage, _done: int, _total: int) -> None:
        if at is stage:
            raise JobCancelled("The job was cancelled.")

    with pytest.raises(JobCancelled):
        freeze(workspace, project, report=stop)
    assert not find(workspace.db, DatasetVersion) and left_in(workspace, project) == []


@pytest.mark.parametrize("moment", [*(stage.words for stage in STAGES), "storing"])
def test_a_killed_process_leaves_no_half_version_and_another_makes_the_same(
    workspace: Workspace, project: Project, moment: str
) -> None:
    arguments = [sys.executable, "-c", KILLED_AT, str(workspace.home), project.id, moment]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL  # noqa: S603 our own code
    assert not find(workspace.db, DatasetVersion)
    version = freeze(workspace, project)
    assert left_in(workspace, project) == [version.id]
    workspace.db.execute("delete from datasets")
    assert freeze(workspace, project).sha256 == version.sha256


def test_an_attempt_that_was_killed_after_storing_tells_of_its_version(workspace: Workspace, project: Project) -> None:
    job = frozen(workspace, project)
    made = freezing.Result.of(job)
    update(workspace.db, QuestionPair, "more-3", state="dropped")
    update(workspace.db, Job, job.id, state="failed", result={})
    jobs.resume(workspace, job.id)
    assert run_job(workspace, job.id).state == "done"
    assert freezing.Result.of(get(workspace.db, Job, job.id)) == made
    assert len(datasets.versions_of(workspace, project)) == 1


def test_pairs_are_frozen_as_they_all_stood_at_one_moment(workspace: Workspace, project: Project) -> None:
    def change(stage: Stage, done: int, _total: int) -> None:
        if stage is READING and not done:
            update(workspace.db, QuestionPair, "more-499", output="Nowhere")

    before = freeze(workspace, project, report=change)
    rows = [row for name in (datasets.TRAIN, datasets.HELDOUT) for row in read(workspace, project, before, name)]
    assert {row["pair_id"]: row["output"] for row in rows}["more-499"] == "In hall 499"
    assert freeze(workspace, project).number == 2


def test_a_project_without_pairs_starts_no_job(workspace: Workspace) -> None:
    empty = workspace.create_project("Empty")
    with pytest.raises(InputError, match="no question pairs"):
        jobs.submit(workspace, freezing.Params(), project_id=empty.id)


def read(workspace: Workspace, project: Project, version: DatasetVersion, name: str) -> list[dict[str, str]]:
    return datasets.read_rows(workspace.dataset_folder(project.id, version.id) / name)
