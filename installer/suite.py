"""`test`: style, types and every test. What is quick comes first, and nothing else begins where it fails."""

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
UNKEPT = "PYTHONDONTWRITEBYTECODE"  # tests start a thousand processes: what each has compiled is kept for the next
BYTES_EACH = 4 * machine.GIB  # of memory for a process that runs tests: one with a model in training took 2.6 GB


@dataclass(frozen=True, slots=True)
class Check:
    """A check, and the arguments that Python runs it with."""

    name: str
    arguments: tuple[str, ...]


TYPES = Check("mypy", ("-m", "mypy"))  # run beside the others: tests often wait, and it takes half a minute
STYLE = (
    Check("ruff check", ("-m", "ruff", "check", ".")),
    Check("ruff format", ("-m", "ruff", "format", "--check", ".")),
    TYPES,
)


def check_browser() -> None:
    """Check that there is a browser: the pages are tested in a real one, and a test that cannot run counts as failed.

    Raises:
        Stop: there is none.
    """
    if not machine.browser():
        raise Stop(
            "There is no Chromium on this machine, and the tests of the pages need one.",
            "Install it, on Debian with: apt-get install chromium (on Ubuntu and Fedora the package has the same name).",
        )


def run(place: Place, part: Part, pytest_arguments: list[str]) -> int:
    """Run the checks, say what each took, and return the highest exit status.

    Args:
        place: the checkout.
        part: style, types and the quick tests; all other tests; or the one after the other.
        pytest_arguments: passed on; the tests that they choose are then run in one go.
    """
    results: list[tuple[str, int, float]] = []
    for stage in stages(part, pytest_arguments):
        with ThreadPoolExecutor(1) as beside:
            types = [beside.submit(passed, place, check) for check in stage if check is TYPES]
            results += [passed(place, check) for check in stage if check is not TYPES]
            results += [found.result() for found in types]
        if any(status for _, status, _ in results):
            break
    say("")
    for name, status, seconds in results:
        say(f"{'passed' if status == 0 else f'FAILED ({status})':12} {name:12} {duration(seconds)}")
    return max(status for _, status, _ in results)


def stages(part: Part, pytest_arguments: list[str]) -> Iterator[list[Check]]:
    """Yield what is run together, whatever fails of it; a stage begins when those before it have passed."""
    if part == "all" and pytest_arguments:
        yield [*STYLE, Check("pytest", (*pytest(), *pytest_arguments))]
        return
    if part != "slow":
        yield [*STYLE, Check("quick tests", (*pytest(TESTS_OF["quick"]), *pytest_arguments))]
    if part != "quick":
        yield [Check("slow tests", (*pytest(TESTS_OF["slow"]), *pytest_arguments))]


def pytest(marks: str = "") -> list[str]:
    """Return the arguments that run the tests with these marks, in as many processes as there are cores.

    Tests of a group stay in one process, see `tests/arrangement.py`; groups begin in the order in which they lie.
    """
    among = ["-n", str(processes()), "--dist", "loadscope", "--no-loadscope-reorder"]
    return ["-m", "pytest", *among, *(["-m", marks] if marks else [])]


def processes() -> int:
    """Return how many processes run tests at a time: one a core, as far as the memory reaches."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores, memory_bytes // BYTES_EACH))


def passed(place: Place, check: Check) -> tuple[str, int, float]:
    """Run a check; return its name, its exit status and its seconds."""
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
    """Return a status as a shell gives it: a process ended by signal N (`-N` in Python) counts as 128 + N."""
    return 128 - code if code < 0 else code
