"""Runs commands with their output going to the build log."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from console import Stop


def run(command: Sequence[str], log: Path, *, what: str, env: Mapping[str, str] | None = None) -> None:
    """Run a command, appending its output to `log`.

    Raises:
        Stop: The command failed; `what` names it in the message.
    """
    with log.open("a", encoding="utf-8") as writing:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        raise Stop(f"{what} failed.", f"What it said is at the end of {log}.")
