"""Tries native libraries on a small piece of real work, by running `core/cli/trials.py` on the environment's Python."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import environment
from environment import Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a trial: `words` say what was done or what went wrong."""

    name: str
    is_ok: bool
    words: str


def attempt(place: Place, *names: str) -> Iterator[Outcome]:
    """Try the named libraries, or all of them, and yield the outcomes; a failed trial process counts as one too."""
    done = subprocess.run(
        [str(place.python), "-m", "core.cli.trials", *names],
        env=environment.child_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    yield from (Outcome(**json.loads(line)) for line in done.stdout.splitlines() if line.startswith("{"))
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        yield Outcome("trials", False, said[-1] if said else f"ended with status {done.returncode}")


def fault(place: Place, name: str) -> str:
    """Try a library and return what went wrong; "" if it works."""
    outcomes = list(attempt(place, name))
    if not outcomes:
        return "gave no answer"
    return next((outcome.words for outcome in outcomes if not outcome.is_ok), "")
