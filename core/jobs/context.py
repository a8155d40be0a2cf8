"""The context passed to a job's code: its row, the workspace, and the means to report, cancel and resume."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import InputError, JobCancelled
from core.records import Job, Project, new_id, now
from core.storage import Workspace, get, update

REPORT_INTERVAL_S = 0.25

UNPACKED = "unpacked"  # subfolder of a job's folder for files extracted from archives, removed after reading


class JobContext:
    """Argument of a job kind's `run` function. `progress` also raises JobCancelled if the job was canceled."""

    def __init__(self, workspace: Workspace, job: Job) -> None:
        self.workspace = workspace
        self.job = job
        self.cancel_requested = threading.Event()
        self._reported_s = 0.0
        self._message = ""
        self._part: tuple[str, float, float] | None = None

    def project(self) -> Project:
        """Return the project that the job works in.

        Raises:
            InputError: it was removed, or the job works in none.
        """
        if self.job.project_id is None:
            raise InputError(f"Job {self.job.id} works in no project.", "Start one in a project.")
        return get(self.workspace.db, Project, self.job.project_id)

    @contextmanager
    def part(self, title: str, start_percent: float, end_percent: float) -> Iterator[None]:
        """Map progress within this block to `start_percent` to `end_percent` of a job with several stages."""
        self._part = (title, start_percent, end_percent)
        self._reported_s = 0.0
        self.progress(0, 1)
        yield
        self._part = None

    def progress(self, done: float, total: float, *, unit: str = "", message: str = "") -> None:
        """Report `done` of `total` `unit`s; written at most four times a second, and when done or when a stage begins.

        Raises:
            JobCancelled: the job was canceled.
        """
        self.check()
        is_new_stage = done == 0 and message != self._message
        if done < total and not is_new_stage and time.monotonic() - self._reported_s < REPORT_INTERVAL_S:
            return
        self._reported_s, self._message = time.monotonic(), message
        if self._part:
            title, start, end = self._part
            share = min(1.0, done / total) if total else 0.0
            message = f"{title}: {message}" if message else title
            done, total, unit = start + share * (end - start), 100.0, "%"
        changes = {"done": float(done), "total": float(total), "unit": unit, "message": message, "progress_at": now()}
        update(self.workspace.db, Job, self.job.id, **changes)

    def check(self) -> None:
        """Raise JobCancelled if the job was canceled."""
        if self.cancel_requested.is_set():
            raise self.cancelled()

    @staticmethod
    def cancelled() -> JobCancelled:
        """Build the exception that ends a canceled job."""
        return JobCancelled("The job was cancelled.", "Resume it to go on from where it stopped.")

    def is_held(self) -> bool:
        """Return whether this process still owns the job: another takes over if this one was mistaken for dead."""
        job = get(self.workspace.db, Job, self.job.id)
        return (job.pid, job.pid_started) == (self.job.pid, self.job.pid_started)

    def begun_id(self, kind: str) -> str:
        """Return the id of the only object of `kind` that this job creates, the same in every attempt."""
        begun = self.finished_ids(kind) or [new_id(kind)]
        self.finish_item(f"{kind}:{begun[0]}")
        return begun[0]

    def finished_ids(self, kind: str) -> list[str]:
        """Return the ids from the finished items `kind:ID` of this job, including those of earlier attempts."""
        return [item.removeprefix(f"{kind}:") for item in self.finished_items() if item.startswith(f"{kind}:")]

    def finished_items(self) -> set[str]:
        """Return the items this job has finished so far, including those of earlier attempts."""
        rows = self.workspace.db.execute("select item from job_items where job_id = ?", [self.job.id])
        return {row["item"] for row in rows}

    def finish_item(self, item: str) -> None:
        """Record an item as finished; call it inside the transaction that stores the item's results.

        Raises:
            JobCancelled: another process has taken over the job and stores its own results.
        """
        if not self.is_held():
            raise JobCancelled("The job was resumed by another process.", "Nothing is to be done: that one goes on with it.")
        self.workspace.db.execute("insert or ignore into job_items (job_id, item) values (?, ?)", [self.job.id, item])
