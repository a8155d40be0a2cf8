"""Downloads through pip, whose own settings say from where: sources, wheels for this machine or another target."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from console import Stop

QUIET = ["--disable-pip-version-check", "--no-input"]


def pip(arguments: Sequence[str], log: Path) -> None:
    """Run this Python's pip, its words to `log`.

    Raises:
        Stop: it failed.
    """
    with log.open("a", encoding="utf-8") as writing:
        done = subprocess.run(
            [sys.executable, "-m", "pip", *arguments, *QUIET],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise Stop(f"pip {arguments[0]} failed.", f"What it said is at the end of {log}.")


def source(requirement: str, folder: Path, log: Path) -> None:
    """The source archive of one package, not built."""
    pip(["download", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), requirement], log)


def wheels(requirements: Sequence[str], folder: Path, log: Path) -> None:
    """Wheels of packages and of what they need, for this Python."""
    pip(["download", "--only-binary", ":all:", "--dest", str(folder), *requirements], log)
