"""Shared by all commands: access to the workspace, and printing of results, progress and errors."""

import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import typer

from core import jobs
from core.cli.record_json import json_fields
from core.errors import GarrisonError, Hint, JobCancelled, JobFailed
from core.jobs.typed import JobParams
from core.records import Job
from core.storage import Workspace, get
from core.words import counted

POLL_S = 0.3
_ACTING = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]")


class Shell:
    """One invocation of `garrison`: its workspace and output format."""

    def __init__(self, home: Path, *, is_json: bool) -> None:
        self.workspace = Workspace(home)
        self.is_json = is_json

    def show(self, payload: Any, text: str) -> None:
        """Print the command's result: `payload` as one JSON document, or `text` for human readers."""
        if self.is_json:
            print(visible(json.dumps(plain(payload), ensure_ascii=False, indent=1)))
        elif text:
            print(visible(text))

    def run(self, params: JobParams, *, project_id: str | None = None, detach: bool = False) -> Job:
        """Start a job and follow it to its end, or only start it if `detach` is set.

        Raises:
            JobFailed: the job failed; carries its message and hint.
            JobCancelled: the job was canceled, with Ctrl-C or elsewhere.
        """
        job = jobs.submit(self.workspace, params, project_id=project_id)
        return job if detach else self.follow(job)

    def follow(self, job: Job) -> Job:
        """Print a job's progress to stderr until it ends, and return it; Ctrl-C cancels it. Raises as `run` does."""
        printer = ProgressPrinter()
        try:
            while job.state in ("queued", "running"):
                printer.show(job)
                time.sleep(POLL_S)
                jobs.advance(self.workspace)
                job = get(self.workspace.db, Job, job.id)
        except KeyboardInterrupt:
            jobs.cancel(self.workspace, job.id)
            raise JobCancelled(
                f"Job {job.id} is being cancelled.", f"Finished work is kept: `garrison jobs resume {job.id}`."
            ) from None
        finally:
            printer.end()
        if job.state == "cancelled":
            raise JobCancelled(f"Job {job.id} was cancelled.", f"Go on with `garrison jobs resume {job.id}`.")
        if job.state == "failed":
            raise JobFailed(job.error, hint_of(job))
        return job


class ProgressPrinter:
    """Shows progress: on a terminal as one line that is overwritten, elsewhere as a new line for every 10%."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._last: object = None

    def show(self, job: Job) -> None:
        """Print the job's progress if it has changed."""
        line = visible(progress_line(job))
        mark = line if self._is_terminal or not job.total else (job.state, int(10 * job.done / job.total))
        if mark == self._last:
            return
        self._last = mark
        print(
            f"\r\033[K{line}" if self._is_terminal else line,
            end="" if self._is_terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        """End the line."""
        if self._is_terminal and self._last:
            print(file=sys.stderr)


class ByteLine:
    """Shows bytes done of the total, on one line that is overwritten; prints nothing without a terminal."""

    INTERVAL_S = 0.3

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._shown_at = 0.0

    def show(self, doing: str, done: float, total: float) -> None:
        """Print the progress, at most once per INTERVAL_S."""
        now = time.monotonic()
        if self._is_terminal and now - self._shown_at >= self.INTERVAL_S:
            self._shown_at = now
            print(f"\r\033[K{doing} {done / 1e6:,.0f} of {total / 1e6:,.0f} MB", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """End the line."""
        if self._shown_at:
            print(file=sys.stderr)


def progress_line(job: Job) -> str:
    """Format a job's progress, such as "Reading file 3 of 12 · 25% · about 40 seconds left", as far as known."""
    parts = [job.message or _beginning(job)]
    if job.total:
        parts.append(f"{int(100 * job.done / job.total)}%")  # rounded down: no 100% before the end
    eta = jobs.eta_s(job)
    if eta is not None:
        parts.append(time_left(eta))
    return " · ".join(parts)


def _beginning(job: Job) -> str:
    """Say what a job does that has not told anything yet."""
    is_waiting = job.state == "queued" and job.launched_s is None
    return "Waiting for its turn: another job needs the processor to itself" if is_waiting else "Starting"


def time_left(seconds: float) -> str:
    """Say how long a job still takes, such as "about 40 seconds left" or "about 12 minutes left".

    Unlike `core.words.duration`, which tells how long something takes as a whole, this is watched as it goes down: it
    counts seconds up to a minute and a half, down to 0, and never changes to hours.
    """
    words = counted(round(seconds), "second") if seconds < 90 else counted(round(seconds / 60), "minute")
    return f"about {words} left"


def visible(text: str) -> str:
    """Escape characters, as JSON does, that could control the terminal or hide text.

    These are control characters except tab and newline (ECMA-48: a document could set titles, move the cursor or overwrite
    text), and those that change the writing direction (Unicode Standard Annex 9).
    """
    return _ACTING.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def plain(value: Any) -> Any:
    """Convert records, paths and tuples, also nested ones, to JSON types; a job's hint becomes one sentence."""
    if isinstance(value, Job):
        named = {name: entry for name, entry in json_fields(value).items() if name != "hint_command"}
        return plain(named | {"hint": hint_of(value).sentence})
    if is_dataclass(value) and not isinstance(value, type):
        return plain(json_fields(value))
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return str(value) if isinstance(value, Path) else value


def table(rows: Sequence[Mapping[str, Any]], *, empty: str) -> str:
    """Format rows as aligned columns below their names; return `empty` if there are none."""
    if not rows:
        return empty
    names = list(rows[0])
    cells = [names, *([str(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def report_error(error: GarrisonError, *, is_json: bool) -> int:
    """Print an error with its hint as one line on stderr, with `is_json` also as JSON on stdout; return the exit code."""
    if is_json:
        print(visible(json.dumps({"error": error.message, "hint": error.hint.sentence}, ensure_ascii=False)))
    print(f"garrison: {visible(one_line(error))}", file=sys.stderr)
    return error.exit_code


def one_line(error: Exception) -> str:
    """Return an error as one line; one of Garrison's own with its hint and the command in it."""
    words = f"{error.message} {error.hint.sentence}" if isinstance(error, GarrisonError) else str(error)
    return " ".join(words.split())


def hint_of(job: Job) -> Hint:
    """Return the hint that a job's error came with."""
    return Hint(job.hint, command=job.hint_command)


def shell_of(context: typer.Context) -> Shell:
    """Return the shell of this invocation."""
    shell: Shell = context.obj
    return shell
