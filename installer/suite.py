"""`test`: style, types and every test. The quick stage comes first; if it fails, the slow one is not started."""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import environment
import machine
from console import Stop, duration, say
from environment import Place

Part = Literal["all", "quick", "slow"]
TESTS_OF: dict[Part, str] = {"quick": "not browser and not model and not slow", "slow": "browser or model or slow"}
UNKEPT = "PYTHONDONTWRITEBYTECODE"  # removed: tests start a thousand processes, which should share compiled bytecode
BYTES_EACH = 4 * machine.GIB  # memory per test process: one that was training a model took 2.6 GB


@dataclass(frozen=True, slots=True)
class Check:
    """A check, and the arguments to run it with in Python."""

    name: str
    arguments: tuple[str, ...]


TYPES = Check("mypy", ("-m", "mypy"))  # runs in parallel to the others: tests often wait, and it takes half a minute
STYLE = (
    Check("ruff check", ("-m", "ruff", "check", ".")),
    Check("ruff format", ("-m", "ruff", "format", "--check", ".")),
    TYPES,
)


def check_browser() -> None:
    """Check that there is a browser: pages are tested in a real one, and a test that cannot run counts as failed.

    Raises:
        Stop: There is none.
    """
    if not machine.browser():
        raise Stop(
            "There is no Chromium on this machine, and the tests of the pages need one.",
            "Install it, on Debian with: apt-get install chromium (on Ubuntu and Fedora the package has the same name).",
        )


def run(place: Place, part: Part, pytest_arguments: list[str]) -> int:
    """Run the checks, say how each ended and how long it took, and return the highest exit status.

    Args:
        place: The checkout.
        part: "quick" for style, types and the quick tests; "slow" for all other tests; "all" for both in that order.
        pytest_arguments: Passed on to pytest; with "all", the tests they select run in a single stage.
    """
    results: list[tuple[str, int, float]] = []
    for stage in stages(part, pytest_arguments):
        with ThreadPoolExecutor(1) as beside:
            types = [beside.submit(passed, place, check) for check in stage if check is TYPES]
            results += [passed(place, check) for check in stage if check is not TYPES]
            results += [future.result() for future in types]
        if any(status for _, status, _ in results):
            break
    say("")
    for name, status, seconds in results:
        say(f"{'passed' if status == 0 else f'FAILED ({status})':12} {name:12} {duration(seconds)}")
    return max(status for _, status, _ in results)


def stages(part: Part, pytest_arguments: list[str]) -> Iterator[list[Check]]:
    """Yield the stages. All checks of a stage run even if one fails; a stage starts only if the earlier ones passed."""
    if part == "all" and pytest_arguments:
        yield [*STYLE, Check("pytest", (*pytest(), *pytest_arguments))]
        return
    if part != "slow":
        yield [*STYLE, Check("quick tests", (*pytest(TESTS_OF["quick"]), *pytest_arguments))]
    if part != "quick":
        yield [Check("slow tests", (*pytest(TESTS_OF["slow"]), *pytest_arguments))]


def pytest(marks: str = "") -> list[str]:
    """Return the Python arguments to run the tests that match the marker expression `marks`, in parallel processes.

    Tests of a group stay in one process (see `tests/arrangement.py`); groups start in the order they are collected.
    """
    among = ["-n", str(processes()), "--dist", "loadscope", "--no-loadscope-reorder"]
    return ["-m", "pytest", *among, *(["-m", marks] if marks else [])]


def processes() -> int:
    """Return the number of parallel test processes: one per core, as far as memory allows."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores, memory_bytes // BYTES_EACH))


def passed(place: Place, check: Check) -> tuple[str, int, float]:
    """Run a check and return its name, its exit status and its duration in seconds."""
    say(f"\n• {check.name}")
    started = time.monotonic()
    code = subprocess.run(
        [str(place.python), *check.arguments],
        cwd=place.root,
        env={name: value for name, value in environment.child_environment().items() if name != UNKEPT},
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode
    return check.name, exit_status(code), time.monotonic() - started


def exit_status(code: int) -> int:
    """Convert a return code to a shell's exit status: 128 + N for a process ended by signal N (`-N` in Python)."""
    return 128 - code if code < 0 else code
