"""A full disk is named as such, whoever meets it, and gives back the space of what could not be finished."""

import errno
import shutil
import sqlite3
from pathlib import Path

import pytest

from core.errors import JobCancelled, SetupError
from core.files import disk_error, disk_errors
from core.jobs.context import JobContext
from core.records import Document, Job, Project, new_id, now
from core.services.documents import reading
from core.storage import Workspace, find, insert


def test_a_database_that_cannot_grow_is_a_full_disk(workspace: Workspace, tmp_path: Path) -> None:
    pages = workspace.db.execute("pragma page_count").fetchone()[0]
    workspace.db.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError) as raised:
        for number in range(1000):
            workspace.create_project(f"project {number}")
    known = disk_error(raised.value, tmp_path)
    assert known is not None and "full" in known.message


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EROFS, "Read-only file system"), "cannot be written"),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), "full"),  # safetensors
        (OSError("10000000 requested and 0 written"), "full"),  # numpy
    ],
)
def test_whoever_meets_a_full_or_read_only_disk_says_so(tmp_path: Path, error: Exception, word: str) -> None:
    with pytest.raises(SetupError, match=word), disk_errors(tmp_path / "file"):
        raise error


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="28"), disk_errors(tmp_path / "file"):
        raise ValueError("28 is no error number here")


def test_a_document_that_did_not_fit_leaves_no_files(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_source: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    text = tmp_path / "a.txt"
    text.write_text("The pump is checked every day.", encoding="utf-8")
    project = workspace.create_project("a")
    job = Job(id=new_id("job"), kind="read", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        reading.read_files(JobContext(workspace, job), find(workspace.db, Project)[0], [(text, text.name)])
    assert find(workspace.db, Document) == []
    assert list((workspace.project_folder(project.id) / "documents").iterdir()) == []


def test_a_cancelled_reading_stops_within_a_text(workspace: Workspace) -> None:
    project = workspace.create_project("a")
    job = Job(id=new_id("job"), kind="read", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    context = JobContext(workspace, job)
    count_tokens = reading._counter(context)
    assert count_tokens("The pump.") > 0
    context.cancel_requested.set()
    with pytest.raises(JobCancelled):
        count_tokens("The pump.")
