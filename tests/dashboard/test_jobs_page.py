"""The jobs page and the job follower on other pages."""

import os
from dataclasses import replace

import psutil
import pytest

from core.files import write_atomic
from core.records import Job, new_id, now
from core.storage import get, insert
from dashboard.components.follower import progress_text


@pytest.fixture
def add_job(workspace):
    """Store a job as it would stand in the given state."""

    def add(state, **values):
        job = Job(id=new_id("job"), kind="read", state=state, created_at=now(), params={"files": []}, **values)
        insert(workspace.db, job)
        return job

    return add


def test_failed_job_says_why_what_to_do_and_its_last_lines(open_page, workspace, add_job):
    job = add_job("failed", error="The disk is full.", hint="Free some space.", finished_at=now())
    write_atomic(workspace.job_folder(job.id) / "output.log", "last words\n")
    app = open_page("jobs")
    assert app.error[0].value == "The disk is full.\n\nFree some space."
    assert app.code[0].value == "last words"
    assert not app.button(key=f"resume-{job.id}").disabled


def test_failed_job_shows_its_hint_without_the_command(open_page, add_job):
    add_job("failed", error="It is gone.", hint="Add it.", hint_command="garrison models add PATH", finished_at=now())
    assert open_page("jobs").error[0].value == "It is gone.\n\nAdd it."


def test_running_job_shows_progress_and_can_be_cancelled(open_page, workspace, add_job):
    job = add_job(
        "running", done=3, total=12, unit="files", message="Reading file 4 of 12", started_at=now(), pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
    )  # fmt: skip
    app = open_page("jobs")
    assert any(text.value == "Reading file 4 of 12" for text in app.caption)
    app.button(key=f"cancel-{job.id}").click().run()
    assert get(workspace.db, Job, job.id).is_cancel_requested
    assert f"cancel-{job.id}" not in [button.key for button in app.button]


def test_job_whose_process_is_gone_is_shown_as_failed(open_page, workspace, add_job):
    job = add_job("running", pid=2**22 + 1, pid_started=1.0, started_at=now())
    app = open_page("jobs")
    assert get(workspace.db, Job, job.id).state == "failed"
    assert "process ended" in app.error[0].value


def test_resumed_job_is_queued_again(open_page, workspace, add_job):
    job = add_job("cancelled", finished_at=now())
    app = open_page("jobs")
    app.button(key=f"resume-{job.id}").click().run()
    assert get(workspace.db, Job, job.id).state != "cancelled"
    assert not app.exception


def test_page_that_started_a_job_follows_it(open_page, workspace, add_job):
    project = workspace.create_project("Manuals")
    job = add_job(
        "running", project_id=project.id, done=1, total=2, unit="files", message="Reading file 2 of 2", started_at=now(),
        pid=os.getpid(), pid_started=psutil.Process().create_time(),
    )  # fmt: skip
    app = open_page("documents", project_id=project.id)
    assert any(text.value == "Reading file 2 of 2" for text in app.caption)
    app.button(key=f"cancel-{job.id}")


def test_progress_that_is_a_share_is_told_in_percent_and_is_never_full_before_the_end(add_job):
    job = add_job("running", done=99.7, total=100, unit="%", started_at=now())
    assert progress_text(job) == "99 %"
    assert progress_text(replace(job, done=3, total=12, unit="files")) == "3 of 12 files"
