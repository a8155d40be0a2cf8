"""The process that runs one job: `python -m core.jobs.worker HOME JOB`.

Its output goes to a file, never to a pipe that would need draining. A thread watches for cancellation; if the work does
not react in time, the process exits, as finished rows and checkpoints are already stored.
"""

import logging
import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from core.access import Actor
from core.crash_reports import record_crash
from core.errors import GarrisonError, JobCancelled, SetupError
from core.files import disk_error
from core.jobs.context import JobContext
from core.jobs.kinds import KINDS
from core.jobs.queue import advance, as_columns, claim
from core.offline import refuse_connections
from core.records import Job, now
from core.storage import Workspace, get, transaction, update
from core.storage.chat_retention import clean
from core.storage.people import person_of_job

WATCH_INTERVAL_S = 0.5
CANCEL_GRACE_S = 20.0
NO_MEMORY = SetupError(
    "The machine ran out of memory.", "Close other programs, choose a smaller batch or 4-bit precision, then resume."
)
log = logging.getLogger("garrison.job")


def run_job(workspace: Workspace, job_id: str) -> Job:
    """Run a queued job in this process, record its outcome whatever it is, and return its row."""
    if not claim(workspace, job_id):
        return get(workspace.db, Job, job_id)
    context = JobContext(workspace, get(workspace.db, Job, job_id))
    is_over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(workspace, context, is_over), daemon=True)
    watcher.start()
    try:
        clean(workspace)  # there is no daemon: whatever begins deletes what is due
        workspace.actor = _actor(workspace, context.job)
        result = KINDS[context.job.kind].run(context).as_json()
        changes = {"state": "done", "result": result, "message": "", **as_columns(None)}
    except JobCancelled as error:
        changes = {"state": "cancelled", **as_columns(error)}
    except GarrisonError as error:
        changes = {"state": "failed", **as_columns(error)}
    except MemoryError:
        changes = {"state": "failed", **as_columns(NO_MEMORY)}
    except Exception as error:
        changes = {"state": "failed", **as_columns(disk_error(error, workspace.home) or _defect(error))}
    finally:
        is_over.set()
        watcher.join()
    log.info("%s: %s", job_id, changes["state"])
    with transaction(workspace.db):
        if context.is_held():  # otherwise another process has taken over and records the outcome
            update(workspace.db, Job, job_id, finished_at=now(), **changes)
    return get(workspace.db, Job, job_id)


def _actor(workspace: Workspace, job: Job) -> Actor | None:
    """Return who started the job, for its audit log entries; None for someone with direct access to the files.

    Raises:
        AccessError: the person no longer has a role that allows the job.
    """
    if job.person_id is None:
        return None
    return Actor(person=person_of_job(workspace, job.person_id, KINDS[job.kind].action, job.project_id))


def _defect(error: Exception) -> GarrisonError:
    return GarrisonError(
        f"A defect in Garrison stopped this job (reference {record_crash(error)}).",
        "Resume it; if it happens again, report the reference number with the job's log.",
    )


def _watch(workspace: Workspace, context: JobContext, is_over: threading.Event) -> None:
    asked_s = 0.0
    while not is_over.wait(WATCH_INTERVAL_S):
        is_held = context.is_held()
        if not asked_s and (not is_held or get(workspace.db, Job, context.job.id).is_cancel_requested):
            asked_s = time.monotonic()
            context.cancel_requested.set()
        if asked_s and time.monotonic() - asked_s > CANCEL_GRACE_S:
            if is_held:
                changes = {"state": "cancelled", **as_columns(context.cancelled()), "finished_at": now()}
                update(workspace.db, Job, context.job.id, **changes)
            os._exit(JobCancelled.exit_code)
    workspace.close()


def main(arguments: list[str]) -> int:
    """Run the job, then start the next one; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    refuse_connections()
    home, job_id = arguments
    workspace = Workspace(Path(home))

    def on_terminate(_number: int, _frame: FrameType | None) -> None:
        raise JobCancelled("The job was ended by the system.", "Resume it to go on from where it stopped.")

    signal.signal(signal.SIGTERM, on_terminate)
    try:
        job = run_job(workspace, job_id)
        advance(workspace)
    except sqlite3.OperationalError as error:  # the next `advance` will notice that this process is gone
        log.error("%s: its row could not be written (%s).", job_id, getattr(error, "sqlite_errorname", "unknown"))
        return SetupError.exit_code
    # queued or running: the job has to wait, or another process claimed it first
    return {"done": 0, "queued": 0, "running": 0, "cancelled": JobCancelled.exit_code}.get(job.state, 4)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
