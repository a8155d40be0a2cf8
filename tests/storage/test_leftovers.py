"""Nothing is left of what was removed: neither folders after an interruption, nor words in the log while somebody reads."""

import os
import sqlite3
import time

import pytest

from core.errors import InputError
from core.records import Job, Project, now
from core.storage import Workspace, find, insert, update
from core.storage.chat_retention import clean
from core.storage.removal import clear_leftovers, remove_project
from core.storage.traceless import empty_log, traceless

WORD = "Zorkplinth"


def _with_job(workspace: Workspace) -> tuple[Project, Job]:
    project = workspace.create_project("Harbor")
    job = Job(id="job-1", kind="generate", project_id=project.id, params={}, created_at=now())
    insert(workspace.db, job)
    for folder in (workspace.project_folder(project.id), workspace.job_folder(job.id)):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "kept.txt").write_text(WORD, encoding="utf-8")
    return project, job


def _files(workspace: Workspace) -> bytes:
    return b"".join(path.read_bytes() for path in workspace.home.rglob("*") if path.is_file())


def test_a_removed_project_takes_what_its_jobs_wrote_with_it(workspace: Workspace) -> None:
    project, _ = _with_job(workspace)
    remove_project(workspace, project)
    assert WORD.encode() not in _files(workspace)


def test_what_an_interrupted_removal_left_is_removed_later_and_nothing_else(workspace: Workspace) -> None:
    project, job = _with_job(workspace)
    other = workspace.create_project("Tower")
    folders = [workspace.project_folder(project.id), workspace.job_folder(job.id)]
    kept = workspace.project_folder(other.id)
    kept.mkdir(parents=True, exist_ok=True)
    with traceless(workspace.db):
        workspace.db.execute("delete from projects where id = ?", [project.id])
        workspace.db.execute("delete from jobs")
    assert all(folder.exists() for folder in folders)
    clear_leftovers(workspace)
    assert not any(folder.exists() for folder in folders) and kept.exists()


def test_files_put_aside_for_a_job_stay_while_there_is_one_or_may_be(workspace: Workspace) -> None:
    ages = {"named": 30, "new": 0, "left": 30}
    for name, days in ages.items():
        folder = workspace.home / "incoming" / name
        folder.mkdir(parents=True)
        (folder / "pairs.jsonl").write_text(WORD, encoding="utf-8")
        os.utime(folder, (time.time() - 86_400 * days,) * 2)
    insert(workspace.db, Job(id="job-1", kind="import", params={"path": "/x/incoming/named/pairs.jsonl"}, created_at=now()))
    clear_leftovers(workspace)
    assert sorted(path.name for path in (workspace.home / "incoming").iterdir()) == ["named", "new"]


def test_a_log_that_somebody_read_is_emptied_later(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.db.execute("pragma busy_timeout = 10")
    project = workspace.create_project(WORD)
    reader = sqlite3.connect(workspace.home / "garrison.sqlite3", isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from projects").fetchone()
    with traceless(workspace.db):
        update(workspace.db, Project, project.id, name="Harbor")
    empty_log(workspace.db)
    assert WORD.encode() in _files(workspace)
    reader.execute("rollback")
    reader.close()
    clean(workspace)
    assert WORD.encode() not in _files(workspace)
    before = sorted(path.name for path in workspace.home.iterdir())
    clean(workspace)
    assert sorted(path.name for path in workspace.home.iterdir()) == before and not any(
        "to-empty" in name for name in before
    )


def test_half_a_character_is_refused_with_a_sentence(workspace: Workspace) -> None:
    project = workspace.create_project("Harbor")
    with pytest.raises(InputError, match="half a character"):
        update(workspace.db, Project, project.id, name="Har\ud800bor")
    assert [each.name for each in find(workspace.db, Project)] == ["Harbor"]
