"""What a job's code gets: its row, the workspace, and ways to report, to be cancelled and to resume."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import JobCancelled
from core.records import Job, new_id, now
from core.storage import Workspace, get, update

REPORT_INTERVAL_S = 0.25

UNPACKED = "unpacked"  # in the folder of a job: what it takes out of archives, for as long as it reads it


class JobContext:
    """Handed to the function of a job kind. `progress` also raises JobCancelled when somebody asked for that."""

    def __init__(self, workspace: Workspace, job: Job) -> None:
        self.workspace = workspace
        self.job = job
        self.cancel_requested = threading.Event()
        self._reported_s = 0.0
        self._part: tuple[str, float, float] | None = None

    @contextmanager
    def part(self, title: str, start_percent: float, end_percent: float) -> Iterator[None]:
        """Within this block, progress counts for `start_percent` to `end_percent` of a job of many stages."""
        self._part = (title, start_percent, end_percent)
        self._reported_s = 0.0
        self.progress(0, 1)
        yield
        self._part = None

    def progress(self, done: float, total: float, *, unit: str = "", message: str = "") -> None:
        """Report `done` of `total` (0: not known) `unit`s; written at most four times a second.

        Raises:
            JobCancelled: the job was cancelled.
        """
        self.check()
        if done < total and time.monotonic() - self._reported_s < REPORT_INTERVAL_S:
            return
        self._reported_s = time.monotonic()
        if self._part:
            title, start, end = self._part
            share = min(1.0, done / total) if total else 0.0
            message = f"{title}: {message}" if message else title
            done, total, unit = start + share * (end - start), 100.0, "%"
        changes = {"done": float(done), "total": float(total), "unit": unit, "message": message, "progress_at": now()}
        update(self.workspace.db, Job, self.job.id, **changes)

    def check(self) -> None:
        """Raise JobCancelled when the job was cancelled."""
        if self.cancel_requested.is_set():
            raise self.cancelled()

    @staticmethod
    def cancelled() -> JobCancelled:
        """Build what a job ends with that somebody cancelled."""
        return JobCancelled("The job was cancelled.", "Resume it to go on from where it stopped.")

    def is_held(self) -> bool:
        """Tell whether this process is still the one that runs the job: one taken for dead may live."""
        job = get(self.workspace.db, Job, self.job.id)
        return (job.pid, job.pid_started) == (self.job.pid, self.job.pid_started)

    def begun_id(self, kind: str) -> str:
        """Give the id of the one thing of a kind that this job makes, the same in every attempt."""
        begun = self.finished_ids(kind) or [new_id(kind)]
        self.finish_item(f"{kind}:{begun[0]}")
        return begun[0]

    def finished_ids(self, kind: str) -> list[str]:
        """Give the ids in the items `kind:ID` that an earlier attempt of this job finished."""
        return [item.removeprefix(f"{kind}:") for item in self.finished_items() if item.startswith(f"{kind}:")]

    def finished_items(self) -> set[str]:
        """Items that an earlier attempt of this job finished."""
        rows = self.workspace.db.execute("select item from job_items where job_id = ?", [self.job.id])
        return {row["item"] for row in rows}

    def finish_item(self, item: str) -> None:
        """Remember an item as finished; call it inside the transaction that stores the item's results.

        Raises:
            JobCancelled: another process runs the job by now, and stores what it does.
        """
        if not self.is_held():
            raise JobCancelled("The job was resumed by another process.", "Nothing is to be done: that one goes on with it.")
        self.workspace.db.execute("insert or ignore into job_items (job_id, item) values (?, ?)", [self.job.id, item])
