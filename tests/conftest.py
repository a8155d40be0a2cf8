"""For every test: no network but the loopback, a workspace of its own, marks that are true, and no skipping."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.arrangement import (  # noqa: F401 - hooks of pytest
    ORDER,
    is_worker,
    pytest_collection_modifyitems,
    pytest_ignore_collect,
    pytest_sessionfinish,
    pytest_xdist_make_scheduler,
)

if TYPE_CHECKING:
    from core.storage import Workspace

GUARD = Path(__file__).parent / "guard"
NOTES = Path(tempfile.mkdtemp(prefix="garrison-tests-"))  # of this process and all that it starts
REFUSALS, STARTED = NOTES / "refusals.txt", NOTES / "started.txt"

os.environ["GARRISON_TEST_REFUSALS"], os.environ["GARRISON_TEST_STARTED"] = str(REFUSALS), str(STARTED)
os.environ["PYTHONPATH"] = os.pathsep.join([str(GUARD), *filter(None, [os.environ.get("PYTHONPATH")])])
if "sitecustomize" not in sys.modules or not hasattr(sys.modules["sitecustomize"], "refuse"):
    sys.modules.pop("sitecustomize", None)
    sys.path.insert(0, str(GUARD))
    import sitecustomize  # noqa: F401 - its import sets the guard


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail a test during which this process, or one it started, turned to another machine, even if nobody noticed.

    What a test has allowed, such as a provider to sign in with, is not allowed to the next one.
    """
    REFUSALS.unlink(missing_ok=True)
    yield
    if offline := sys.modules.get("core.offline"):
        offline._allowed.clear()
    refused = REFUSALS.read_text(encoding="utf-8") if REFUSALS.exists() else ""
    assert not refused, f"Tried to reach another machine: {refused}"


@pytest.fixture(autouse=True)
def marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a quick test that loads weights or starts a browser, itself or in a process of its own.

    Looked at is what happened since the last test, so that fixtures which live longer count for the first who asks for them.
    """
    yield
    started = set(STARTED.read_text(encoding="utf-8").split()) if STARTED.exists() else set()
    STARTED.unlink(missing_ok=True)
    is_quick = not {mark.name for mark in request.node.iter_markers()} & {*ORDER}
    assert not (started and is_quick), (
        f"Not marked with {', '.join(sorted(started))}, so `installer test --quick` would wait for it."
    )


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


@pytest.fixture
def waiting_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave jobs queued: the test does their work itself, or asks for one that would load a model."""
    from core.jobs import queue

    monkeypatch.setattr(queue, "_launch", lambda workspace, job: None)


@pytest.fixture
def warm_converters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convert models and adapters in processes that begin with the imports done (see `tests/warm_converters.py`)."""
    from core.models.conversion import child
    from tests import warm_converters

    monkeypatch.setattr(child, "run", warm_converters.run)


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded model lies unpacked, once for all tests and processes of a run (34 s of processor time)."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if is_worker() else base) / "unpacked"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def unpacked_home(tmp_path: Path, unpacked: Path) -> Path:
    """The folder of a workspace that finds the embedded model unpacked, as after its first training."""
    cache = tmp_path / "home" / "cache"
    cache.mkdir(parents=True)
    (cache / "unpacked").symlink_to(unpacked)
    return tmp_path / "home"
