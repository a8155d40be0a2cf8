"""Run llama.cpp's programs as child processes: watch them, stop them on demand, and explain how they ended."""

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

Report = Callable[[float], None]  # called with progress (0 to 1) a few times a second; an exception from it stops the child

POLL_S = 0.2
LOG_BYTES = 20_000  # of a failed program's output: its end is written to our log
NO_MEMORY = SetupError("Memory ran out while the model was converted.", "Close other programs, or choose a smaller model.")


def ignore(_: float) -> None:
    """Ignore progress."""


def convert(request: Request, *, report: Report = ignore, size_bytes: int = 0) -> Outcome:
    """Run one of the converters and return its outcome; `fault` turns a failed one into an error.

    Args:
        request: what to convert; its `outcome` and `scratch` are filled in here.
        report: called with progress, see `Report`.
        size_bytes: expected size of the target; 0 if unknown.

    Raises:
        SetupError: the disk is full, or memory ran out.
    """
    target = Path(request.target)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".converting-") as scratch:
        asked = replace(request, outcome=str(Path(scratch) / "outcome.json"), scratch=scratch)
        module = "core.models.conversion.launcher"
        # -s and -P: neither user site-packages nor the current folder can shadow a module
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
    """Build the error that says why the model or adapter called `name` could not be converted."""
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
            "The adapter does more than llama.cpp can load (DoRA, biases, embeddings or layers of their own).",
            "Export as merged.",
        )
    return InputError(
        f"llama.cpp's converter cannot convert {name} ({outcome.detail}).", "Export as merged, or choose another model."
    )


def run(command: Sequence[str], *, folder: Path, report: Callable[[], None] = lambda: None) -> int:
    """Run a program in `folder` and return its exit status; it is killed if `report` raises or this process dies.

    Its output goes to a file, so that it never blocks on a full pipe; if it fails, the end of that goes to our log.
    """
    with tempfile.TemporaryFile() as output:
        # a separate process group: Ctrl-C is handled by this process only
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
    """Let only one process at a time make `target`; others wait. Leftovers of killed processes are removed.

    `report` is called while waiting; an exception from it ends the wait.
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
    """Return the file `kept`, first writing it with `make` if it does not exist, in only one process at a time.

    `make` is given a temporary path beside it. `report` is called while another process makes it, see `alone`.
    """
    if not kept.exists():
        with alone(kept, report):
            if not kept.exists():
                with place_atomic(kept) as beside:
                    make(beside)
    return kept


def _read(path: Path, status: int) -> Outcome:
    """Return the outcome the child wrote, or one derived from its exit status if it wrote none."""
    if not path.is_file():
        if status == -signal.SIGKILL:  # how the kernel ends a process when memory runs out
            return Outcome(ending=Ending.NO_MEMORY)
        return Outcome(ending=Ending.FAILED, detail=ended_by(status))
    values = json.loads(path.read_text(encoding="utf-8"))
    return Outcome(ending=Ending(values["ending"]), detail=values["detail"], probe=tuple(values["probe"]))


def _share(target: Path, size_bytes: int) -> float:
    written = target.stat().st_size if target.exists() else 0
    return min(1.0, written / size_bytes) if size_bytes else 0.0
