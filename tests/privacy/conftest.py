import sys
from pathlib import Path

import pytest

from core.privacy import Detector, build_detector

MODEL = Path(sys.prefix) / "share/garrison/models/en-core-web-md"


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The real one, loaded once."""
    return build_detector(MODEL)
