"""`test`: style, types and every test, one after the other; the worst exit status counts."""

import subprocess
import time

import environment
import machine
from console import Stop, duration, say
from environment import Place

CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "pytest": ["-m", "pytest"],
}


def check_browser() -> None:
    """The pages are tested in a real browser, and a test that cannot run counts as failed.

    Raises:
        Stop: there is none.
    """
    if not machine.browser():
        raise Stop(
            "There is no Chromium on this machine, and the tests of the pages need one.",
            "Install it, on Debian with: apt-get install chromium (on Ubuntu and Fedora the package has the same name).",
        )


def run(place: Place, pytest_arguments: list[str]) -> int:
    """Run all checks, even after one has failed; returns the highest exit status."""
    results = []
    for name, command in CHECKS.items():
        say(f"\n• {name}")
        started = time.monotonic()
        extra = pytest_arguments if name == "pytest" else []
        code = subprocess.run(
            [str(place.python), *command, *extra],
            cwd=place.root,
            env=environment.child_environment(),
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        results.append((name, exit_status(code), time.monotonic() - started))
    say("")
    for name, status, seconds in results:
        say(f"{'passed' if status == 0 else f'FAILED ({status})':12} {name:12} {duration(seconds)}")
    return max(status for _, status, _ in results)


def exit_status(code: int) -> int:
    """As a shell gives it: a process ended by signal N (`-N` in Python) counts as 128 + N."""
    return 128 - code if code < 0 else code
