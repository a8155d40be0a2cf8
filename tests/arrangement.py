"""How the tests are arranged: what they are marked with, which of them share a process, and where they write.

`browser`, `model` and `slow` are left out by `python3 installer test --quick`. What loads weights or starts a browser must
bear one of them; `marked` in `conftest.py` fails it otherwise, so that the quick tests stay quick.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadScopeScheduling

SHARED_MODELS = {"detector", "thorough", "rampart"}  # fixtures that hold a loaded model: tests that ask for one are marked
BROWSER = "tests/browser/"
MEMORY = Path("/dev/shm")  # noqa: S108 - the kernel's, not a name that somebody could have made first
ROOM_BYTES = 6 * 2**30
QUICK = "not browser and not model and not slow"  # as `installer test --quick` asks for
_ALL_MARKED = re.compile(r"^pytestmark = (?:\[\s*)?pytest\.mark\.(?:browser|model|slow)\b", re.MULTILINE)
ORDER = ("browser", "model", "slow")  # what takes longest begins first, so that no process is left with it at the end


def is_worker() -> bool:
    """Return True in one of several processes that share the tests."""
    return "PYTEST_XDIST_WORKER" in os.environ


def write_to_memory() -> None:
    """Have temporary folders in memory where there is room: each transaction of a workspace waits for a disk.

    Nothing that is tested shows the difference, for only a power cut would: what was written before a process was killed is
    read by the next one from a disk as from here. What a passed test wrote is deleted at its end (pyproject.toml).
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir():
        return
    status = os.statvfs(MEMORY)
    room = min(status.f_bavail * status.f_frsize, psutil.virtual_memory().available // 2)
    if room >= ROOM_BYTES and os.access(MEMORY, os.W_OK | os.X_OK) and not status.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def share_cores() -> None:
    """Have one thread a library where every core has a process of its own: with more each waits for the other's."""
    if is_worker():
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, "1")


def group_of(test: str) -> str:
    """Return the group of a test, by its id: its file, or the browser, for two of which the cores are too few."""
    file = test.partition("::")[0]
    return BROWSER if file.startswith(BROWSER) else file


class Together(LoadScopeScheduling):
    """Gives each process whole groups, in the order in which they lie."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Choose how tests are spread. Not by xdist's own groups: it writes them into ids that pytest 9.2 gives out anew."""
    return Together(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file unread whose tests are all marked, where no marked test is wanted: some take seconds to import."""
    if config.option.markexpr != QUICK or collection_path.suffix != ".py":
        return None
    return True if _ALL_MARKED.search(collection_path.read_text(encoding="utf-8")) else None


@pytest.hookimpl(tryfirst=True)  # before pytest leaves tests out by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a loaded model, and put first what takes longest."""
    for item in items:
        if SHARED_MODELS & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.model)
    places = {name: number for number, name in enumerate(ORDER)}
    items.sort(key=lambda item: min((places[mark.name] for mark in item.iter_markers() if mark.name in places), default=9))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for a skipped test: nobody knows its result. The reports of all processes come together in one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"{len(skipped)} tests were skipped, which counts as a failure.", red=True)


write_to_memory()
share_cores()
