import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.privacy import Detector, build_detector
from core.storage import Workspace

MODEL = Path(sys.prefix) / "share/garrison/models/en-core-web-md"


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The real one, loaded once."""
    return build_detector(MODEL)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """An empty one."""
    opened = Workspace(tmp_path / "workspace")
    yield opened
    opened.close()
