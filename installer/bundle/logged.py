"""Commands whose words go to the build's log."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from console import Stop


def run(command: Sequence[str], log: Path, *, what: str, env: Mapping[str, str] | None = None) -> None:
    """Run a command; everything it says goes to `log`.

    Raises:
        Stop: it failed; `what` begins the sentence.
    """
    with log.open("a", encoding="utf-8") as writing:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        raise Stop(f"{what} failed.", f"What it said is at the end of {log}.")
