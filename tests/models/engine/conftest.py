"""A stand-in engine, or the real one, for a test alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.models.engine.supervisor import Supervisor
from tests.models.engine.standing import install_stand_in, write_model


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file where the stand-in writes what it was asked; it is the engine of this test."""
    return install_stand_in(tmp_path, monkeypatch)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    made.stop()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file that the stand-in takes for a model."""
    return write_model(tmp_path / "model.gguf")
