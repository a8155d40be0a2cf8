"""For every test: no network but the loopback, a workspace of its own, and no skipping."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.storage import Workspace

GUARD = Path(__file__).parent / "guard"
REFUSALS = Path(tempfile.mkdtemp(prefix="garrison-tests-")) / "refusals.txt"

os.environ["GARRISON_TEST_REFUSALS"] = str(REFUSALS)
os.environ["PYTHONPATH"] = os.pathsep.join([str(GUARD), *filter(None, [os.environ.get("PYTHONPATH")])])
if "sitecustomize" not in sys.modules or not hasattr(sys.modules["sitecustomize"], "refuse"):
    sys.modules.pop("sitecustomize", None)
    sys.path.insert(0, str(GUARD))
    import sitecustomize  # noqa: F401 - its import sets the guard


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail a test during which this process, or one it started, turned to another machine, even if nobody noticed."""
    REFUSALS.unlink(missing_ok=True)
    yield
    refused = REFUSALS.read_text(encoding="utf-8") if REFUSALS.exists() else ""
    assert not refused, f"Tried to reach another machine: {refused}"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`GARRISON_HOME` for this test alone."""
    folder = tmp_path / "garrison-home"
    monkeypatch.setenv("GARRISON_HOME", str(folder))
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> "Iterator[Workspace]":
    """An empty one, as the operating system's account has it: everything is allowed."""
    from core.storage import Workspace

    opened = Workspace(tmp_path / "home")
    yield opened
    opened.close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is one that nobody knows the result of: it fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"{len(skipped)} tests were skipped, which counts as a failure.", red=True)
