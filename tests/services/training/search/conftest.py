"""A project with a frozen version of many facts, and trainings whose error follows from their settings alone."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import ModelError
from core.files import write_atomic
from core.services.questions.datasets import HELDOUT, TRAIN
from core.services.training.search import job as searching
from core.services.training.search.job import Params
from core.settings import EMBEDDED_MODEL, TrainingSettings
from core.training import Progress, TrainingResult

STEPS = 8


class Trainings:
    """Stands for `core.training.train`: a step takes `step_s` of the clock, and a learning rate of 2e-3 is the best."""

    def __init__(self) -> None:
        self.now_s, self.step_s = 0.0, 1.0
        self.rates: list[float] = []
        self.given: dict[str, Any] = {}
        self.found: list[bool] = []  # whether each found the folder of an interrupted training
        self.failing: set[int] = set()  # which of them come apart, from 1
        self.at_step: Callable[[int, int], None] = lambda number, step: None  # called with the training and its step

    def monotonic(self) -> float:
        return self.now_s

    def train(self, *_given: object, settings: TrainingSettings, folder: Path, report: Any, **named: Any) -> TrainingResult:
        self.rates.append(settings.learning_rate)
        self.given = named | {"settings": settings}
        self.found.append((folder / "settings.json").exists())
        write_atomic(folder / "settings.json", settings.model_dump_json(indent=1))
        if len(self.rates) in self.failing:
            raise ModelError("The training came apart.", "Lower learning_rate.")
        loss = 1 + abs(math.log(settings.learning_rate / 2e-3))
        for step in range(1, STEPS + 1):
            self.now_s += self.step_s
            self.at_step(len(self.rates), step)
            report(
                Progress(
                    step=step, steps=STEPS, epoch=1, loss=1.0, learning_rate=1e-3, tokens_per_s=1, gradient_norm=1,
                    memory_bytes=1, validation_loss=loss if step % 2 == 0 else None,
                )
            )  # fmt: skip
        return TrainingResult(adapter_sha256="", metrics={"validation_loss": loss})


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch, waiting_jobs: None) -> Trainings:
    stand_in = Trainings()
    monkeypatch.setattr(searching, "train", stand_in.train)
    monkeypatch.setattr(searching, "time", SimpleNamespace(monotonic=stand_in.monotonic))
    monkeypatch.setattr(searching, "measured_once", lambda *_given: None)
    return stand_in


@pytest.fixture
def params(workspace, learned) -> Callable[..., Params]:
    """Build what a search on the project's version is started with; the version gets twelve facts in three wordings."""
    folder = workspace.dataset_folder(learned.project.id, learned.run.dataset_id)
    rows = [
        {
            "input": f"Wording {way} of {fact}?",
            "output": f"{fact}.",
            "fact": f"fact-{fact}",
            "pair_id": "pair-0",
            "review_id": "review-1",
        }
        for fact in range(12)
        for way in range(3)
    ]
    write_atomic(folder / TRAIN, "".join(json.dumps(row) + "\n" for row in rows))
    write_atomic(
        folder / HELDOUT,
        json.dumps({"input": "Who?", "output": "Nobody.", "pair_id": "pair-0", "review_id": "review-1"}) + "\n",
    )

    def build(**changes: Any) -> Params:
        given = {
            "model": EMBEDDED_MODEL, "settings": TrainingSettings(epochs=10).in_full(), "full_epochs": 10.0,
            "dataset_id": learned.run.dataset_id, "minutes": 60, "trials": 6,
        }  # fmt: skip
        return Params(**given | changes)

    return build
