"""What the installer says: steps with their time, and stops that name the next move."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stop(Exception):
    """The installer cannot go on: what happened, and what to do (one sentence each)."""

    exit_code = 3  # the operator's turn, as `SetupError` in core

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def say(text: str) -> None:
    """One line on stdout, at once."""
    print(text, flush=True)


def duration(seconds: float) -> str:
    """`0.4 s`, `75 s`, `5 min 12 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what begins, and how long it took once it has succeeded."""
    say(f"• {title}")
    started = time.monotonic()
    yield
    say(f"  done in {duration(time.monotonic() - started)}")


def detail(text: str) -> None:
    """A line inside a step."""
    say(f"  {text}")


def complain(stop: Stop) -> None:
    """The stop, on stderr."""
    print(f"\n{stop.message}", file=sys.stderr)
    if stop.hint:
        print(stop.hint, file=sys.stderr)
