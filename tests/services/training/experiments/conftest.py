"""Trainings and evaluations in place of a model's: what they leave, at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from core.evaluation.bootstrap import Interval
from core.files import sha256_folder, write_atomic
from core.jobs.context import JobContext
from core.records import Evaluation, Run, now
from core.services.training import evaluation
from core.storage import insert
from core.training import TrainingResult

F1_OF_RANK = {8: 0.60, 16: 0.62, 32: 0.20}


def _interval(mean: float) -> dict[str, float]:
    each = Interval(mean, mean - 0.05, mean + 0.05)
    return {"mean": each.mean, "low": each.low, "high": each.high}


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch, waiting_jobs: None) -> Callable[[int], None]:
    """Train and evaluate without a model; gives a function that lets the training of a rank fail, until called with 0."""
    failing: list[int] = [0]

    def trained(*_given: object, folder: Path, settings: Any, **_named: object) -> TrainingResult:
        if settings.lora_rank == failing[0]:
            raise InputError("No row can be used.", "Write more questions.")
        write_atomic(folder / "adapter" / "adapter_model.safetensors", "x" * settings.lora_rank)
        metrics = {"seconds": 60.0, "peak_memory_bytes": 10**9, "weights_bytes": 10**8 + settings.lora_rank}
        return TrainingResult(adapter_sha256=sha256_folder(folder / "adapter"), metrics=metrics)

    def evaluated(context: JobContext, run: Run, **_named: object) -> Evaluation:
        f1 = F1_OF_RANK[run.settings["lora_rank"]]
        stored = Evaluation(
            id=context.begun_id("evaluation"), project_id=run.project_id, run_id=run.id, adapter_sha256=run.adapter_sha256,
            questions_sha256="", question_count=20, verdict="Better.", created_at=now(),
            scores={"token_f1": {"base": _interval(0.1), "tuned": _interval(f1), "difference": _interval(f1 - 0.1)}},
        )  # fmt: skip
        insert(context.workspace.db, stored)
        return stored

    monkeypatch.setattr("core.services.training.runs.train", trained)
    monkeypatch.setattr("core.services.training.runs._make_ready", lambda *_given: None)
    monkeypatch.setattr("core.services.training.runs.measured_once", lambda *_given: None)
    monkeypatch.setattr(evaluation, "evaluate_run", evaluated)
    return lambda rank: failing.__setitem__(0, rank)
