"""A training as a job: what is checked before a model is loaded, and what is told while it goes on."""

import shutil
from dataclasses import replace

import psutil
import pytest

from core.errors import InputError, SetupError
from core.jobs.context import JobContext
from core.records import Job, Model, Run, new_id, now
from core.services.questions.freezing.version import freeze
from core.services.training import runs
from core.services.training.stopping import run_states
from core.settings import TrainingSettings
from core.storage import find, get, insert, update
from core.training import Progress, TrainingResult

STEP = Progress(
    step=1, steps=4, epoch=0.1, loss=2.0, learning_rate=1e-3, tokens_per_s=90.0, gradient_norm=1.0, memory_bytes=10**9
)


@pytest.fixture
def job(workspace, learned, monkeypatch):
    """A training of a model that is said to be there; nothing is multiplied or loaded for it."""
    model = Model(name="tiny", path="/m/a.gguf", format="gguf", size_bytes=98_362_432, sha256="")
    monkeypatch.setattr(runs, "find_trainable", lambda _workspace, _name: model)
    monkeypatch.setattr(runs, "measured_once", lambda _path: {})
    monkeypatch.setattr(runs, "_make_ready", lambda *_: None)
    stored = Job(id=new_id("job"), kind="train", project_id=learned.project.id, state="running", created_at=now())
    insert(workspace.db, replace(stored, started_at=now()))
    return JobContext(workspace, get(workspace.db, Job, stored.id))


def begin(job, learned, **changes):
    settings = TrainingSettings(max_steps=4)
    return runs.train_run(job, learned.project, model_name="tiny", settings=settings, **changes)


def training(monkeypatch, *, steps=4, is_busy=False):
    """Let a training be these steps, and give what the job has told after each of them."""
    told = []

    def train(_path, _format, *, report, note, **_):
        note("Loading the model")
        for step in range(1, steps + 1):
            report(replace(STEP, step=step))
            told.append(train.job())
        return TrainingResult(adapter_sha256="a", metrics={"tokens_per_s": 90.0})

    monkeypatch.setattr(runs, "train", train)
    monkeypatch.setattr(runs, "is_busy", lambda **_: is_busy)
    monkeypatch.setattr("core.jobs.context.REPORT_INTERVAL_S", 0.0)
    return train, told


@pytest.mark.parametrize("is_busy", [True, False])
def test_each_step_is_told_and_whether_others_keep_the_machine_busy(workspace, learned, job, monkeypatch, is_busy):
    train, told = training(monkeypatch, is_busy=is_busy)
    train.job = lambda: get(workspace.db, Job, job.job.id)
    begin(job, learned)
    busy = ". Other programs keep this machine busy." if is_busy else ""
    assert [each.message for each in told] == [f"Training run 2: step {step} of 4{busy}" for step in (1, 2, 3, 4)]
    assert [each.unit for each in told] == ["%"] * 4
    assert told[0].done == 0 < told[1].done < told[3].done == 100


def test_a_stage_is_told_however_short_the_one_before_was(workspace, job):
    job.progress(0, 1, message="Measuring")
    job.progress(0, 1, message="Loading the model")
    assert get(workspace.db, Job, job.job.id).message == "Loading the model"


def test_a_model_larger_than_the_memory_ends_the_training_before_it_is_loaded(workspace, learned, job, monkeypatch):
    monkeypatch.setattr(runs, "train", lambda *_, **__: pytest.fail("it was loaded"))
    real = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=10**8))
    with pytest.raises(SetupError, match="tiny needs .* of memory in fp32, and 100.0 MB are free"):
        begin(job, learned)


def test_a_dataset_version_whose_files_are_gone_ends_the_training(workspace, learned, job, monkeypatch):
    monkeypatch.setattr(runs, "train", lambda *_, **__: pytest.fail("it was loaded"))
    version = freeze(workspace, learned.project)
    shutil.rmtree(workspace.dataset_folder(learned.project.id, version.id))
    with pytest.raises(SetupError, match="dataset file .* is gone") as error:
        begin(job, learned, dataset_id=version.id)
    assert "train again from the pairs" in error.value.hint.words


def test_another_projects_dataset_version_is_refused(workspace, learned, job):
    other = workspace.create_project("Other")
    version = freeze(workspace, learned.project)
    with pytest.raises(InputError, match="belongs to another project"):
        runs.train_run(
            job, other, model_name="tiny", settings=TrainingSettings(), dataset_id=version.id
        )  # fmt: skip


def test_only_the_run_of_a_job_at_work_trains(workspace, learned, job):
    for number, is_finished in ((2, False), (3, False), (4, True)):
        metrics = {"is_stopped_early": True} if is_finished else {}
        changes = {"number": number, "is_finished": is_finished, "metrics": metrics}
        insert(workspace.db, replace(learned.run, id=f"run-{number}", **changes))
    workspace.db.execute("insert into job_items (job_id, item) values (?, 'run:run-3')", [job.job.id])
    states = {"run-1": "finished", "run-2": "interrupted", "run-3": "training", "run-4": "finished early"}
    assert run_states(workspace, learned.project.id) == states
    update(workspace.db, Job, job.job.id, state="failed")
    assert run_states(workspace, learned.project.id)["run-3"] == "interrupted"
    assert {run.id for run in find(workspace.db, Run)} == set(states)
