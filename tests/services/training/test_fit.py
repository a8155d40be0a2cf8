"""Whether a training fits this machine: its speed as measured before, and what is free."""

from dataclasses import replace

import psutil
import pytest

from core.records import Model, Run
from core.services.questions.trainable import trainable_amount
from core.services.training.fit import fit_here, measured_speed
from core.settings import TrainingSettings
from core.storage import get, insert, update

MODEL = Model(name="smollm2-135m-instruct", path="/m/a.gguf", format="gguf", size_bytes=98_362_432, sha256="")


def test_speed_is_that_of_the_newest_finished_run_of_the_model_that_measured_one(workspace, learned):
    run = learned.run
    assert measured_speed(workspace, learned.project, run.model) == 0.0
    update(workspace.db, Run, run.id, metrics={"tokens_per_s": 100})
    for number, changes in enumerate(
        [{"metrics": {"tokens_per_s": 300}, "model": "other"}, {"metrics": {"tokens_per_s": 400}, "is_finished": False}, {}],
        start=2,
    ):
        insert(workspace.db, replace(run, id=f"run-{number}", number=number, **changes))
    assert measured_speed(workspace, learned.project, run.model) == 100.0
    insert(workspace.db, replace(run, id="run-9", number=9, metrics={"tokens_per_s": 200.5}))
    assert measured_speed(workspace, learned.project, run.model) == 200.5


@pytest.mark.parametrize(("free", "is_enough"), [(10**8, False), (64 * 10**9, True)])
def test_free_memory_is_that_of_this_machine(workspace, learned, monkeypatch, free, is_enough):
    real = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(available=free))
    amount = trainable_amount(workspace, learned.project)
    fit = fit_here(workspace, learned.project, MODEL, amount=amount, settings=TrainingSettings())
    assert (fit.free_memory_bytes, fit.is_memory_enough) == (free, is_enough)


def test_time_follows_from_an_earlier_run(workspace, learned):
    def seconds() -> float:
        amount = trainable_amount(workspace, learned.project)
        return fit_here(workspace, learned.project, MODEL, amount=amount, settings=TrainingSettings()).duration_s

    before = seconds()
    update(workspace.db, Run, learned.run.id, metrics={"tokens_per_s": 1.0})
    assert get(workspace.db, Run, learned.run.id).metrics == {"tokens_per_s": 1.0}
    assert seconds() > before + 60
