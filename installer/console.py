"""Console output of the installer: steps with their duration, and stops that say what happened and what to do next."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.errors import SetupError

Stop = SetupError  # raised when the installer cannot continue until the operator acts


def say(text: str) -> None:
    """Print one line to stdout, unbuffered."""
    print(text, flush=True)


def duration(seconds: float) -> str:
    """Format a duration, such as `0.4 s`, `75 s` or `5 min 12 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def size(count: float) -> str:
    """Format a number of bytes, such as `512 bytes`, `3.4 MB` or `1.2 GB`; units are powers of ten, as disks are sold."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count:.0f} bytes"


class Meter:
    """Progress in bytes with the time left: a single updating line on a terminal, silent elsewhere."""

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
        """Count `count` more bytes as done and update the line."""
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
    """Print a step's title, and how long it took once it has succeeded."""
    say(f"• {title}")
    started = time.monotonic()
    yield
    say(f"  done in {duration(time.monotonic() - started)}")


def detail(text: str) -> None:
    """Print an indented line within a step."""
    say(f"  {text}")


def complain(stop: Stop) -> None:
    """Print a stop to stderr."""
    print(f"\n{stop.message}", file=sys.stderr)
    if stop.hint.sentence:
        print(stop.hint.sentence, file=sys.stderr)


def exit_status(command: Callable[[], int | None]) -> int:
    """Run a command and return its status (None counts as 0); if a stop ends it, print the stop and return its status."""
    try:
        return command() or 0
    except Stop as stop:
        complain(stop)
        return stop.exit_code
    except KeyboardInterrupt:
        complain(Stop("Stopped.", "Run the same command again to go on from here."))
        return 130
