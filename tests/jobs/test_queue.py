"""Jobs: rows that outlive the processes around them."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ConfigDict

from core import jobs
from core.errors import GarrisonError, Hint, InputError, ModelError, SetupError
from core.jobs import queue, worker
from core.jobs.context import JobContext
from core.jobs.kinds import KINDS, Kind
from core.jobs.typed import JobParams, JobResult
from core.jobs.worker import run_job
from core.records import ChatRetention, ChatSetup, Conversation, Document, Job, Project, now
from core.services import sample
from core.services.documents import reading
from core.storage import Workspace, count, find, get, insert, update

Work = Callable[[JobContext], dict[str, Any]]


class Tried(JobParams):
    kind = "tried"
    a: int = 0


class Made(JobResult):
    model_config = ConfigDict(extra="allow")
    kind = "tried"


Register = Callable[..., type[Tried]]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path / "home")
    yield workspace
    for job in find(workspace.db, Job, state="running"):
        if queue.is_alive(job) and job.pid != os.getpid():
            os.kill(job.pid, signal.SIGKILL)


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch, waiting_jobs: None) -> Register:
    """Register a kind of job that runs a function in this process; nothing is launched."""

    def register(work: Work, *, needs_accelerator: bool = False) -> type[Tried]:
        module = ModuleType("core.services.tried")
        module.Params, module.Result = Tried, Made  # type: ignore[attr-defined]
        module.run = lambda context, params: Made(**work(context))  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "core.services.tried", module)
        monkeypatch.setitem(KINDS, "tried", Kind("Tried", "tried", needs_accelerator=needs_accelerator))
        return Tried

    return register


def wait_for(workspace: Workspace, job_id: str, *states: str, timeout_s: float = 60) -> Job:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        jobs.advance(workspace)
        job = get(workspace.db, Job, job_id)
        if job.state in states:
            return job
        time.sleep(0.05)
    raise AssertionError(f"job is {job.state}: {jobs.log_tail(workspace, job_id)}")


def test_starting_the_same_twice_gives_the_same_job(workspace: Workspace, kind: Register) -> None:
    started = kind(lambda context: {})
    first = jobs.submit(workspace, started(a=1))
    assert jobs.submit(workspace, started(a=1)).id == first.id
    assert jobs.submit(workspace, started(a=2)).id != first.id
    run_job(workspace, first.id)
    assert jobs.submit(workspace, started(a=1)).id != first.id


def test_a_job_that_begins_deletes_chats_that_are_kept_no_longer(workspace: Workspace, kind: Register) -> None:
    project = workspace.create_project("a")
    update(workspace.db, Project, project.id, retention=ChatRetention(kept="not-kept"))
    setup, then = ChatSetup(answerer="tiny"), "2026-01-01T00:00:00.000+00:00"
    insert(
        workspace.db,
        Conversation(
            id="conversation-1",
            project_id=project.id,
            person_id=None,
            title="?",
            setup=setup,
            created_at=then,
            updated_at=then,
        ),
    )
    run_job(workspace, jobs.submit(workspace, kind(lambda context: {})()).id)
    assert find(workspace.db, Conversation) == []


def test_a_job_reports_progress_and_its_result(workspace: Workspace, kind: Register) -> None:
    def work(context: JobContext) -> dict[str, Any]:
        context.progress(3, 3, unit="files", message="Reading")
        return {"files": 3}

    job = run_job(workspace, jobs.submit(workspace, kind(work)()).id)
    assert (job.state, job.result, job.done, job.total, job.unit) == ("done", {"files": 3}, 3.0, 3.0, "files")


def test_an_expected_error_becomes_its_sentence_and_hint(workspace: Workspace, kind: Register) -> None:
    def work(context: JobContext) -> dict[str, Any]:
        raise ModelError("No pair was kept.", "Add longer documents.")

    job = run_job(workspace, jobs.submit(workspace, kind(work)()).id)
    assert (job.state, job.error, job.hint) == ("failed", "No pair was kept.", "Add longer documents.")
    assert job.hint_command == ""


def test_the_command_of_a_hint_is_kept_apart_until_the_job_is_resumed(
    workspace: Workspace, kind: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(context: JobContext) -> dict[str, Any]:
        raise SetupError("There is no model.", Hint("Add one.", command="garrison models add PATH"))

    job = run_job(workspace, jobs.submit(workspace, kind(work)()).id)
    assert (job.error, job.hint, job.hint_command) == ("There is no model.", "Add one.", "garrison models add PATH")
    monkeypatch.setattr(queue, "_launch", lambda workspace, job: None)
    resumed = jobs.resume(workspace, job.id)
    assert (resumed.error, resumed.hint, resumed.hint_command) == ("", "", "")


def test_a_defect_gets_a_reference_number_and_its_text_is_not_kept(
    workspace: Workspace, kind: Register, caplog: pytest.LogCaptureFixture
) -> None:
    def work(context: JobContext) -> dict[str, Any]:
        raise RuntimeError("secret name of a person")

    job = run_job(workspace, jobs.submit(workspace, kind(work)()).id)
    assert job.state == "failed" and "reference" in job.error
    assert "secret" not in job.error + job.hint + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_cancelled_queued_job_never_runs(workspace: Workspace, kind: Register) -> None:
    job = jobs.submit(workspace, kind(lambda context: {})())
    assert jobs.cancel(workspace, job.id).state == "cancelled"
    assert run_job(workspace, job.id).state == "cancelled"
    with pytest.raises(InputError, match="ended"):
        jobs.cancel(workspace, job.id)


def test_a_running_job_stops_at_its_next_report_when_cancelled(workspace: Workspace, kind: Register) -> None:
    def work(context: JobContext) -> dict[str, Any]:
        jobs.cancel(context.workspace, context.job.id)
        while True:
            context.progress(0, 1)
            time.sleep(0.01)

    assert run_job(workspace, jobs.submit(workspace, kind(work)()).id).state == "cancelled"


def test_a_job_that_never_reports_is_ended_by_force_with_the_same_words(
    workspace: Workspace, kind: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(code: int) -> None:
        raise SystemExit(code)

    job = jobs.submit(workspace, kind(lambda context: {})())
    assert queue.claim(workspace, job.id)
    context = JobContext(workspace, get(workspace.db, Job, job.id))
    jobs.cancel(workspace, job.id)
    monkeypatch.setattr(worker, "CANCEL_GRACE_S", -1.0)
    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(SystemExit):
        worker._watch(workspace, context, threading.Event())
    ended = get(workspace.db, Job, job.id)
    assert (ended.state, ended.error) == ("cancelled", "The job was cancelled.") and "Resume it" in ended.hint


def test_only_one_job_holds_the_accelerator(workspace: Workspace, kind: Register) -> None:
    started = kind(lambda context: {"state_of_second": run_job(context.workspace, second.id).state}, needs_accelerator=True)
    first = jobs.submit(workspace, started(a=1))
    second = jobs.submit(workspace, started(a=2))
    assert run_job(workspace, first.id).result == {"state_of_second": "queued"}


def test_resuming_skips_finished_items(workspace: Workspace, kind: Register) -> None:
    seen: list[str] = []

    def work(context: JobContext) -> dict[str, Any]:
        for item in ("a", "b", "c"):
            if item in context.finished_items():
                continue
            if item == "c" and "c" not in seen:
                seen.append("c")
                raise GarrisonError("Interrupted.")
            seen.append(item)
            context.finish_item(item)
        return {}

    job = run_job(workspace, jobs.submit(workspace, kind(work)()).id)
    assert job.state == "failed"
    jobs.resume(workspace, job.id)
    assert run_job(workspace, job.id).state == "done"
    assert seen == ["a", "b", "c", "c"]


def test_a_process_whose_job_was_resumed_meanwhile_does_not_end_it(workspace: Workspace, kind: Register) -> None:
    def work(context: JobContext) -> dict[str, Any]:
        update(context.workspace.db, Job, context.job.id, state="failed")  # somebody took the process for dead
        jobs.resume(context.workspace, context.job.id)
        return {"by": "the first"}

    job = run_job(workspace, jobs.submit(workspace, kind(work)()).id)
    assert (job.state, job.result) == ("queued", {})


def test_a_done_job_is_not_resumed(workspace: Workspace, kind: Register) -> None:
    job = run_job(workspace, jobs.submit(workspace, kind(lambda context: {})()).id)
    with pytest.raises(InputError, match="done"):
        jobs.resume(workspace, job.id)


@pytest.mark.slow
def test_a_killed_worker_is_shown_as_failed_and_resumes_without_losing_or_doubling(
    workspace: Workspace, tmp_path: Path
) -> None:
    project = workspace.create_project("Pumps")
    files = []
    for number in range(400):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"The pump number {number} is checked every {number} hours. " * 20, encoding="utf-8")
        files.append(reading.File(path=str(path), name=path.name))
    job = jobs.submit(workspace, reading.Params(files=tuple(files)), project_id=project.id)
    deadline = time.monotonic() + 60
    while count(workspace.db, Document) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    running = get(workspace.db, Job, job.id)
    os.kill(running.pid, signal.SIGKILL)
    dead = wait_for(workspace, job.id, "failed")
    assert dead.error == "The job's process ended with SIGKILL before its work was done."
    finished = count(workspace.db, Document)
    assert 5 <= finished < 400
    jobs.resume(workspace, job.id)
    done = wait_for(workspace, job.id, "done", timeout_s=120)
    assert len(done.result["documents"]) == 400
    assert count(workspace.db, Document, project_id=project.id) == 400


@pytest.mark.slow
def test_a_job_outlives_whoever_started_it(workspace: Workspace, tmp_path: Path) -> None:
    project = workspace.create_project("Pumps")
    path = tmp_path / "a.txt"
    path.write_text("The pump is checked every day.", encoding="utf-8")
    code = (
        "import sys, os; from pathlib import Path; from core import jobs; from core.storage import Workspace\n"
        "from core.services.documents.reading import File, Params\n"
        "job = jobs.submit(Workspace(Path(sys.argv[1])), Params(files=(File(path=sys.argv[3], name='a.txt'),)),"
        " project_id=sys.argv[2]); print(job.id, flush=True); os.kill(os.getpid(), 9)"
    )
    import subprocess

    arguments = [sys.executable, "-c", code, str(workspace.home), project.id, str(path)]
    job_id = subprocess.run(arguments, capture_output=True, text=True).stdout.strip()
    assert wait_for(workspace, job_id, "done").result["unreadable"] == 0


def test_a_lost_start_is_tried_again(workspace: Workspace, kind: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[str] = []
    started = kind(lambda context: {})
    monkeypatch.setattr(queue, "_launch", lambda workspace, job: launched.append(job.id))
    job = jobs.submit(workspace, started())
    jobs.advance(workspace)
    assert launched == [job.id]
    update(workspace.db, Job, job.id, launched_s=time.time() - queue.RELAUNCH_S - 1)
    jobs.advance(workspace)
    assert launched == [job.id, job.id]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGILL)", "The job's process ended with SIGILL before it began."),
        ("sys.exit(1)", "The job's process ended with status 1 before it began."),
    ],
)
def test_a_process_that_cannot_begin_is_told_and_not_started_again_and_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str, told: str
) -> None:
    broken = tmp_path / "python"
    broken.write_text(f"#!{sys.executable}\nimport os, signal, sys\n{end}\n", encoding="utf-8")
    broken.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(broken))
        job = jobs.submit(workspace, sample.Params())
        failed = wait_for(workspace, job.id, "failed", timeout_s=20)
    assert (failed.error, failed.hint_command) == (told, "python3 installer doctor")
    monkeypatch.setattr(queue, "_launch", lambda workspace, job: None)
    assert jobs.resume(workspace, job.id).state == "queued"
    jobs.advance(workspace)
    assert get(workspace.db, Job, job.id).state == "queued"  # what ended before is not held against it


def test_a_job_struck_by_a_signal_is_told_with_its_name(workspace: Workspace) -> None:
    job = jobs.submit(workspace, sample.Params())
    pid = wait_for(workspace, job.id, "running").pid
    os.kill(pid, signal.SIGSEGV)
    failed = wait_for(workspace, job.id, "failed")
    assert failed.error == "The job's process ended with SIGSEGV before its work was done."
    assert "doctor" in failed.hint_command and "memory" not in failed.hint


def test_a_job_of_a_project_that_is_gone_is_refused(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="no project"):
        jobs.submit(workspace, reading.Params(files=(reading.File(path="x", name="x"),)), project_id="project-0")
    assert find(workspace.db, Project) == []


def test_work_in_a_project_is_refused_without_one(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="in a project"):
        jobs.submit(workspace, reading.Params(files=(reading.File(path="x", name="x"),)))
    assert count(workspace.db, Job) == 0
    context = JobContext(workspace, Job(id="job-1", kind="read", created_at=now()))
    with pytest.raises(InputError, match="no project"):
        context.project()
    project = workspace.create_project("Pumps")
    assert JobContext(workspace, replace(context.job, project_id=project.id)).project() == project


def test_nothing_is_known_of_a_process_before_there_is_one(workspace: Workspace, kind: Register) -> None:
    job = jobs.submit(workspace, kind(lambda context: {})())
    assert (job.project_id, job.person_id, job.total) == (None, None, None)
    assert (job.pid, job.pid_started, job.started_at, job.finished_at, job.progress_at) == (None,) * 5
    assert not queue.is_alive(job)  # psutil takes None for the process that asks
    assert not queue.is_alive(replace(job, pid=os.getpid())) and not queue.is_alive(replace(job, pid_started=1.0))
    assert jobs.process_ids(workspace) == set()
    assert queue.claim(workspace, job.id)
    assert queue.is_alive(get(workspace.db, Job, job.id)) and jobs.process_ids(workspace) == {os.getpid()}


def test_a_row_that_says_running_without_a_process_is_taken_for_dead(workspace: Workspace) -> None:
    insert(workspace.db, Job(id="job-1", kind="sample", state="running", created_at=now()))
    assert jobs.process_ids(workspace) == set()
    [job] = jobs.list_jobs(workspace)
    assert job.state == "failed" and job.finished_at is not None and "ended" in job.error


def test_what_was_known_of_the_attempt_before_is_forgotten(
    workspace: Workspace, kind: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(context: JobContext) -> dict[str, Any]:
        context.progress(1, 1)
        raise ModelError("No pair was kept.", "Add longer documents.")

    job = run_job(workspace, jobs.submit(workspace, kind(work)()).id)
    assert None not in (job.pid, job.started_at, job.finished_at, job.progress_at, job.launched_s, job.total)
    launched: list[Job] = []
    monkeypatch.setattr(queue, "_launch", lambda workspace, job: launched.append(job))
    resumed = jobs.resume(workspace, job.id)
    assert launched == [resumed] and resumed.pid is None and resumed.launched_s is not None  # at once, before RELAUNCH_S
    assert queue.claim(workspace, job.id)
    again = get(workspace.db, Job, job.id)
    assert (again.pid, again.finished_at, again.progress_at) == (os.getpid(), None, None)
    assert not queue.claim(workspace, job.id)
    assert get(workspace.db, Job, job.id).launched_s is None


def test_a_job_that_an_older_version_queued_without_a_project_is_recognized(workspace: Workspace, kind: Register) -> None:
    started = kind(lambda context: {})
    insert(workspace.db, Job(id="job-1", kind="tried", key='["tried", "", {"a": 1}]', created_at=now()))
    assert jobs.submit(workspace, started(a=1)).id == "job-1"


def test_the_time_left_is_not_told_before_there_is_progress_of_a_known_total() -> None:
    started = (datetime.now(UTC) - timedelta(seconds=60)).isoformat()
    job = Job(id="job-1", kind="read", state="running", done=1, total=2, created_at=started, started_at=started)
    assert jobs.eta_s(job) == pytest.approx(60, abs=5)
    for unknown in ({"total": None}, {"total": 0.0}, {"done": 0.0}, {"started_at": None}, {"started_at": now()}):
        assert jobs.eta_s(replace(job, **unknown)) is None
