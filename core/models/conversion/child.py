"""A program of llama.cpp's in a process of its own: watched, stopped when nobody wants it any more, its end put in words."""

import fcntl
import json
import logging
import os
import signal
import subprocess  # noqa: S404 starts our own module and a program that came with the product
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from core.errors import InputError, SetupError
from core.files import disk_error, place_atomic
from core.models.conversion.launcher import Ending, Outcome, Request
from core.models.engine.crash import ended_by
from core.processes import bound_to_this

log = logging.getLogger(__name__)

Report = Callable[[float], None]  # told the share that is done, 0 to 1, a few times a second; what it raises stops the child

POLL_S = 0.2
LOG_BYTES = 20_000  # of a failed program's output, the end of which goes to our log
NO_MEMORY = SetupError("Memory ran out while the model was converted.", "Close other programs, or choose a smaller model.")


def ignore(_: float) -> None:
    """Be told how far it is, and do nothing."""


def convert(request: Request, *, report: Report = ignore, size_bytes: int = 0) -> Outcome:
    """Run one of the converters and return what came of it; `fault` says in words why it failed.

    Args:
        request: what to convert; its `outcome` and `scratch` are chosen here.
        report: see `Report`.
        size_bytes: how large the target is expected to become; 0 where nobody knows.

    Raises:
        SetupError: the disk is full, or memory ran out.
    """
    target = Path(request.target)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".converting-") as scratch:
        asked = replace(request, outcome=str(Path(scratch) / "outcome.json"), scratch=scratch)
        module = "core.models.conversion.launcher"
        # -s and -P: neither a folder of the person's own nor the current one can put a module in the way
        command = [sys.executable, "-s", "-P", "-m", module, json.dumps(asdict(asked))]
        status = run(command, folder=Path(scratch), report=lambda: report(_share(target, size_bytes)))
        outcome = _read(Path(asked.outcome), status)
    if outcome.ending is Ending.DISK:
        error = OSError(int(outcome.detail), os.strerror(int(outcome.detail)))
        raise disk_error(error, target.parent) or SetupError(f"{target.parent} cannot be written to.", "Look at the disk.")
    if outcome.ending is Ending.NO_MEMORY:
        raise NO_MEMORY
    return outcome


def fault(outcome: Outcome, name: str) -> InputError:
    """Return in words why the model or adapter called `name` could not be converted."""
    if outcome.ending is Ending.UNKNOWN_FAMILY:
        return InputError(
            f"llama.cpp does not know this family of models ({outcome.detail}).",
            "Export as merged, or choose another model.",
        )
    if outcome.ending is Ending.UNKNOWN_TOKENIZER:
        return InputError(
            f"llama.cpp would read text in other tokens than {name} does.", "Export as merged, or choose another model."
        )
    if outcome.ending is Ending.UNREADABLE_TOKENIZER:
        return InputError(
            f"The tokenizer of {name} cannot be converted for llama.cpp.",
            "If the model came with a tokenizer.model, put it into the model's folder and add the model again.",
        )
    if outcome.ending is Ending.UNFIT_ADAPTER:
        return InputError(
            "The adapter does more than llama.cpp can load (DoRA, biases or layers of their own).", "Export as merged."
        )
    return InputError(
        f"llama.cpp's converter cannot convert {name} ({outcome.detail}).", "Export as merged, or choose another model."
    )


def run(command: Sequence[str], *, folder: Path, report: Callable[[], None] = lambda: None) -> int:
    """Run a program in `folder` to its end and return its status; it is killed when `report` raises, or we are.

    Its output goes to a file, so that it never waits for a reader; the end of it to our log when it fails.
    """
    with tempfile.TemporaryFile() as output:
        # a group of its own: Ctrl-C on the terminal is this process's to answer
        process = subprocess.Popen(  # noqa: S603
            bound_to_this(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            process_group=0,
        )
        try:
            while process.poll() is None:
                report()
                time.sleep(POLL_S)
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode:
            output.seek(max(0, output.seek(0, os.SEEK_END) - LOG_BYTES))
            log.error(
                "%s ended with %d:\n%s", Path(command[0]).name, process.returncode, output.read().decode(errors="replace")
            )
        return process.returncode


@contextmanager
def alone(target: Path, report: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let one process at a time make `target`; the others wait, and find it made. What a killed one left is removed.

    `report` is called while waiting; what it raises ends the wait.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f".{target.name}.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                report()
                time.sleep(POLL_S)
        for left in target.parent.glob(f".{target.name}.*.tmp"):
            left.unlink(missing_ok=True)
        yield


def make_once(kept: Path, make: Callable[[Path], None], report: Callable[[], None] = lambda: None) -> Path:
    """Return the file `kept`; where it is not there, `make` writes it, given a place beside it, in one process at a time.

    `report` is called while another process makes it, see `alone`.
    """
    if not kept.exists():
        with alone(kept, report):
            if not kept.exists():
                with place_atomic(kept) as beside:
                    make(beside)
    return kept


def _read(path: Path, status: int) -> Outcome:
    """Return what the child wrote; without it, what its end says."""
    if not path.is_file():
        if status == -signal.SIGKILL:  # how the kernel ends a process when memory runs out
            return Outcome(ending=Ending.NO_MEMORY)
        return Outcome(ending=Ending.FAILED, detail=ended_by(status))
    values = json.loads(path.read_text(encoding="utf-8"))
    return Outcome(ending=Ending(values["ending"]), detail=values["detail"], probe=tuple(values["probe"]))


def _share(target: Path, size_bytes: int) -> float:
    written = target.stat().st_size if target.exists() else 0
    return min(1.0, written / size_bytes) if size_bytes else 0.0
