"""What the installer says: steps with their time, and stops (what happened, what to do) that name the next move."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.errors import SetupError

Stop = SetupError  # the installer cannot go on: the operator's turn


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


def size(count: float) -> str:
    """`512 bytes`, `3.4 MB`, `1.2 GB`: powers of ten, as disks are sold."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count:.0f} bytes"


class Meter:
    """Bytes dealt with, of how many, and the time left: one line that renews itself on a terminal, silent elsewhere."""

    INTERVAL_S = 0.5

    def __init__(self, word: str, total_bytes: int) -> None:
        self.word = word
        self.total_bytes = total_bytes
        self._done = 0
        self._started = self._shown = time.monotonic()
        self._is_shown = sys.stdout.isatty()

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            print("\r\x1b[K", end="", flush=True)

    def add(self, count: int) -> None:
        """`count` further bytes are done."""
        self._done += count
        now = time.monotonic()
        if not self._is_shown or now - self._shown < self.INTERVAL_S:
            return
        self._shown = now
        left_s = (now - self._started) * (self.total_bytes - self._done) / max(self._done, 1)
        line = f"  {self.word} {size(self._done)} of {size(self.total_bytes)}, {duration(max(left_s, 0))} left"
        print(f"\r\x1b[K{line}", end="", flush=True)


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


def exit_status(command: Callable[[], int | None]) -> int:
    """Run a command; what it returns (None is 0), or the status of the stop that ended it, which is said."""
    try:
        return command() or 0
    except Stop as stop:
        complain(stop)
        return stop.exit_code
    except KeyboardInterrupt:
        complain(Stop("Stopped.", "Run the same command again to go on from here."))
        return 130
