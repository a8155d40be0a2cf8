"""The job queue: rows in SQLite, each run by a separate process.

There is no daemon. `advance`, called by the command line, by pages and by finishing workers, queues what is due, marks jobs
whose process is gone as failed and starts the next queued ones.
"""

import json
import shutil
import signal
import subprocess  # noqa: S404 starts our own worker module
import sys
import time
from datetime import datetime
from pathlib import Path

import psutil

from core.access import Action
from core.errors import GarrisonError, Hint, InputError, JobFailed
from core.jobs.context import UNPACKED
from core.jobs.kinds import KINDS, queue_due
from core.jobs.typed import JobParams
from core.models.engine.crash import ended_by
from core.records import Job, Project, new_id, now
from core.storage import Workspace, find, get, insert, rights, transaction, update

RELAUNCH_S = 30.0  # a process that has not claimed its job by then is launched again
REPORT_S = 2.0  # wait for the exit status of a process whose main thread is gone
LOG_LINES = 15
LOG_TAIL_BYTES = 65536  # read for them
BROKEN = Hint(
    "Resume it: finished work is kept. If it ends again, ask whoever installed Garrison to see what is broken.",
    command="python3 installer doctor",
)
SHORT_OF_MEMORY = Hint(
    "Resume it: finished work is kept. If it ends again, look at its last log lines; memory may be short."
)
# Processes started by this one, by job id and launch time: a resumed job has a new launch time.
_children: dict[tuple[str, float | None], subprocess.Popen[bytes]] = {}


def submit(workspace: Workspace, params: JobParams, *, project_id: str | None = None) -> Job:
    """Queue a job of the kind that `params` are for, and start it right away if possible.

    Submitting is idempotent: if a job of the same kind, project and params is queued or running, that job is returned.

    Raises:
        InputError: the kind's rules forbid it, such as training on unapproved text.
        AccessError: the actor's role does not allow it.
    """
    job = enqueue(workspace, params, project_id=project_id)
    advance(workspace)
    return get(workspace.db, Job, job.id)


def enqueue(workspace: Workspace, params: JobParams, *, project_id: str | None = None) -> Job:
    """Queue a job as `submit` does, but start nothing: so several are queued in one transaction, and `advance` called after.

    Jobs that need the accelerator run one after the other, in the order in which they are queued.
    """
    kind = KINDS[params.kind]
    rights.check(workspace.db, kind.action, project_id)
    kind.check(workspace, project_id, params)
    values = params.as_json()
    key = json.dumps([params.kind, project_id or "", values], sort_keys=True)  # as in jobs that an older version queued
    with transaction(workspace.db):
        for state in ("queued", "running"):
            for job in find(workspace.db, Job, key=key, state=state):
                return job
        job = Job(
            id=new_id("job"),
            kind=params.kind,
            project_id=project_id,
            person_id=_person_id(workspace),
            params=values,
            key=key,
            needs_accelerator=kind.needs_accelerator,
            created_at=now(),
        )
        insert(workspace.db, job)
    return job


def advance(workspace: Workspace) -> None:
    """Mark jobs whose process is gone as failed, then start queued ones; only one at a time uses the accelerator.

    What is due by now is queued first.
    """
    queue_due(workspace)
    ready: list[Job] = []
    started = list(_children.items())
    with transaction(workspace.db):
        running = find(workspace.db, Job, state="running")
        for job in running:
            if not is_alive(job):
                _mark_dead(workspace, job)
        is_taken = any(job.needs_accelerator and is_alive(job) for job in running)
        queued = find(workspace.db, Job, state="queued", order="created_at, rowid")
        for job in queued:
            if _status(job):  # it would fail every time, as when a library crashes on this CPU or a file is damaged
                _mark_dead(workspace, job)
                continue
            if job.needs_accelerator and is_taken:
                continue
            is_taken = is_taken or job.needs_accelerator
            if job.launched_s is None or time.time() - job.launched_s > RELAUNCH_S:
                update(workspace.db, Job, job.id, launched_s=time.time())
                ready.append(get(workspace.db, Job, job.id))
    wanted = {(job.id, job.launched_s) for job in (*running, *queued)}
    for key, child in started:
        if key not in wanted and child.poll() is not None:
            _children.pop(key, None)
    for job in ready:
        _launch(workspace, job)


def _status(job: Job, *, longest_s: float = 0.0) -> int | None:
    """Return the exit status of this launch of a job; None if it is running or was started by another process."""
    child = _children.get((job.id, job.launched_s))
    try:
        return child.wait(longest_s) if child else None
    except subprocess.TimeoutExpired:
        return None


def is_device_wanted(workspace: Workspace) -> bool:
    """Return whether a job that needs the accelerator (or, without one, memory and cores) is running or queued."""
    return any(find(workspace.db, Job, state=state, needs_accelerator=True) for state in ("running", "queued"))


def _launch(workspace: Workspace, job: Job) -> None:
    folder = workspace.job_folder(job.id)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "output.log").open("ab") as log:
        _children[job.id, job.launched_s] = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [sys.executable, "-m", "core.jobs.worker", str(workspace.home), job.id],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # survives closing the terminal or dashboard
            cwd=folder,
        )


def claim(workspace: Workspace, job_id: str) -> bool:
    """Claim a queued job for this process; False if it is no longer queued or the accelerator is in use."""
    process = psutil.Process()
    with transaction(workspace.db):
        job = get(workspace.db, Job, job_id)
        others = find(workspace.db, Job, state="running", needs_accelerator=True) if job.needs_accelerator else []
        if job.state != "queued" or any(is_alive(other) for other in others):
            update(workspace.db, Job, job_id, launched_s=None)
            return False
        update(
            workspace.db,
            Job,
            job_id,
            state="running",
            pid=process.pid,
            pid_started=process.create_time(),
            started_at=now(),
            finished_at=None,
            progress_at=None,
        )
    return True


def is_alive(job: Job) -> bool:
    """Return whether the process that runs this job still exists."""
    if job.pid is None or job.pid_started is None:
        return False
    try:
        process = psutil.Process(job.pid)
        is_same = abs(process.create_time() - job.pid_started) < 1
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def process_ids(workspace: Workspace) -> set[int]:
    """Return the ids of the processes that run jobs."""
    return {job.pid for job in find(workspace.db, Job, state="running") if job.pid is not None}


def _person_id(workspace: Workspace) -> str | None:
    """Return the id of the signed-in person; None for someone with direct access to the files."""
    return workspace.actor.person.id if workspace.actor else None


def _check(workspace: Workspace, job_id: str, *, action: Action | None = None) -> None:
    """Raise unless the actor may manage all jobs or has the right for this one (`action`; default: its kind's)."""
    if not rights.may(workspace.db, "manage jobs"):
        job = get(workspace.db, Job, job_id)
        rights.check(workspace.db, action or KINDS[job.kind].action, job.project_id)


def _mark_dead(workspace: Workspace, job: Job) -> None:
    """Record that a job's process is gone and, if this process started it, how it ended."""
    shutil.rmtree(workspace.job_folder(job.id) / UNPACKED, ignore_errors=True)
    if job.is_cancel_requested:
        update(workspace.db, Job, job.id, state="cancelled", finished_at=now())
        return
    status = _status(job, longest_s=REPORT_S)
    how = f" with {ended_by(status)}" if status else ""
    done = "it began" if job.state == "queued" else "its work was done"
    is_struck = status is not None and status < 0 and status != -signal.SIGKILL  # SIGKILL usually means out of memory
    hint = BROKEN if is_struck or job.state == "queued" else SHORT_OF_MEMORY
    error = JobFailed(f"The job's process ended{how} before {done}.", hint)
    update(workspace.db, Job, job.id, state="failed", finished_at=now(), **as_columns(error))


def as_columns(error: GarrisonError | None) -> dict[str, str]:
    """Return the fields of a job's row that keep an error, and its hint with its command; all are "" for none."""
    hint = error.hint if error else Hint()
    return {"error": error.message if error else "", "hint": hint.words, "hint_command": hint.command}


def cancel(workspace: Workspace, job_id: str) -> Job:
    """Ask a running job to stop, keeping its finished work; a queued job is canceled at once.

    Raises:
        InputError: there is no such job, or it has ended.
        AccessError: the actor's role does not allow it.
    """
    _check(workspace, job_id)
    with transaction(workspace.db):
        job = get(workspace.db, Job, job_id)
        if job.state == "queued":
            update(workspace.db, Job, job_id, state="cancelled", is_cancel_requested=True, finished_at=now())
        elif job.state == "running":
            update(workspace.db, Job, job_id, is_cancel_requested=True)
        else:
            raise InputError(f"Job {job_id} has ended already ({job.state}).", "Only a queued or running job is cancelled.")
    advance(workspace)
    return get(workspace.db, Job, job_id)


def resume(workspace: Workspace, job_id: str) -> Job:
    """Queue a failed or canceled job again; it continues from its last checkpoint or row.

    Raises:
        InputError: there is no such job, or it is done, queued or running.
        AccessError: the actor's role does not allow it.
    """
    _check(workspace, job_id)
    advance(workspace)
    with transaction(workspace.db):
        job = get(workspace.db, Job, job_id)
        if job.state not in ("failed", "cancelled"):
            raise InputError(f"Job {job_id} is {job.state}.", "Only a failed or cancelled job is resumed.")
        update(
            workspace.db, Job, job_id, state="queued", is_cancel_requested=False, launched_s=None, pid=None,
            person_id=_person_id(workspace), **as_columns(None),
        )  # fmt: skip
    advance(workspace)
    return get(workspace.db, Job, job_id)


def list_jobs(workspace: Workspace, *, project_id: str | None = None) -> list[Job]:
    """Return the jobs the actor may see (of one project, if given), newest first, after updating their states."""
    advance(workspace)
    chosen = {} if project_id is None else {"project_id": project_id}
    jobs = find(workspace.db, Job, order="created_at desc, rowid desc", **chosen)
    if rights.may(workspace.db, "manage jobs"):
        return jobs
    seen = {project.id for project in find(workspace.db, Project)}
    return [job for job in jobs if job.project_id in seen or job.person_id == _person_id(workspace)]


def log_tail(workspace: Workspace, job_id: str) -> list[str]:
    """Return the last lines of a job's output, which never contains document text.

    Raises:
        AccessError: the actor may not see the job.
    """
    _check(workspace, job_id, action="see project")
    path = workspace.job_folder(job_id) / "output.log"
    return _tail(path).splitlines()[-LOG_LINES:] if path.exists() else []


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - LOG_TAIL_BYTES))
        return file.read().decode("utf-8", "replace")


def eta_s(job: Job) -> float | None:
    """Estimate the remaining seconds of a running job from its rate; None in its first ten seconds or without progress."""
    if job.state != "running" or not job.total or job.done <= 0 or job.started_at is None:
        return None
    elapsed_s = (datetime.fromisoformat(now()) - datetime.fromisoformat(job.started_at)).total_seconds()
    return None if elapsed_s < 10 else max(0.0, elapsed_s * (job.total - job.done) / job.done)
