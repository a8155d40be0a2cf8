"""A project to ask services about, and a training that tells what it was given."""

from pathlib import Path
from typing import Any

import pytest

from core.services.training import runs
from core.training import TrainingResult
from tests.learned import learned  # noqa: F401 - a fixture


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a job hands to a training, by name; nothing is trained."""
    given: dict[str, Any] = {}

    def train(path: Path, format: str, **options: Any) -> TrainingResult:
        given.update(options)
        return TrainingResult(adapter_sha256="a" * 64, metrics={})

    monkeypatch.setattr(runs, "train", train)
    monkeypatch.setattr(runs, "measured_once", lambda path: {})
    monkeypatch.setattr(runs, "_make_ready", lambda *told: None)
    return given
