"""A process that is killed at any moment leaves nothing half done that is read later, and no document's text behind."""

import os
import signal
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core import jobs
from core.identity import declared
from core.jobs.context import JobContext
from core.privacy.replacement.sealing import new_key_pair
from core.records import Document, Job, Project, QuestionPair, new_id, now
from core.services.documents import reading
from core.services.documents.document_export import export_documents
from core.services.privacy import reidentification
from core.services.questions.pair_export import export_pairs
from core.storage import Workspace, audit, audit_check, find, insert, update
from tests.documents.word_file import NAME
from tests.services.documents.test_document_export import word_document
from tests.unread import approve_unread

ADA = declared("Ada")
PASSPHRASE = "four words nobody guesses"
TOLD = (
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "shutil.rmtree",
)  # audit events of Python that change files


@pytest.fixture
def project(workspace: Workspace, tmp_path: Path) -> Project:
    """A project with a Word file that names somebody."""
    project = workspace.create_project("a", policy="all-at-once")
    word_document(workspace, project, tmp_path)
    return project


def killed_at(moment: int, home: Path, act: Callable[[Workspace], object]) -> bool:
    """Do `act` in another process that kills itself before its step number `moment`; whether it came that far.

    A step is a file that is opened, made, renamed or removed, or a statement of the database.
    """
    child = os.fork()
    if not child:
        try:
            workspace = Workspace(home)
            left = moment
            database = workspace.db

            def step(*_told: object) -> None:
                nonlocal left
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1

            def told(event: str, _arguments: object) -> None:
                if event in TOLD:
                    step()

            database.set_trace_callback(step)
            sys.addaudithook(told)
            act(workspace)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_an_approval_killed_at_any_moment_stands_whole_or_not_and_the_next_leaves_no_other_text(
    workspace: Workspace, project: Project
) -> None:
    document = find(workspace.db, Document)[0]
    folder = workspace.project_folder(project.id) / "anonymized"

    def approve(there: Workspace) -> None:
        approve_unread(there, project, document, by=ADA)

    left_over = moment = 0
    while killed_at(moment, workspace.home, approve):
        standing = workspace.active_review(document.id)
        names = {path.name for path in folder.glob("*")} | {path.name for path in folder.glob(".*")}
        if standing is None:
            left_over += bool(names)
            assert len(names) <= 1  # what the approval before left was removed by this one
        else:
            assert names == {f"{standing.id}.txt"}
            assert NAME not in workspace.anonymized_text(project.id, standing)
            break
        moment += 3
    assert left_over  # else no moment was met that this is about
    approved = approve_unread(workspace, project, document, by=ADA)
    assert [path.name for path in folder.iterdir()] == [f"{approved.id}.txt"]
    assert audit_check.verify(workspace.db).is_whole


def test_a_reidentification_killed_at_any_moment_of_its_making_is_whole_or_not_there(
    workspace: Workspace, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = new_key_pair(PASSPHRASE, belongs_to=project.id)
    monkeypatch.setattr(
        reidentification, "new_key_pair", lambda *_given, **_named: lock
    )  # it takes a moment, and stores nothing

    def set_up(there: Workspace) -> None:
        reidentification.set_up(there, project, passphrase=PASSPHRASE, person=ADA)

    moment = 0
    while killed_at(moment, workspace.home, set_up):
        stored = [
            workspace.db.execute(f"select count(*) from {t}").fetchone()[0] for t in ("reidentification", "sealed_blocks")
        ]  # noqa: S608
        entries = sum(entry.action == "way back set up" for entry, _ in audit.entries(workspace.db))
        assert [*stored, entries] in ([0, 0, 0], [1, 1, 1])
        assert not files_with(workspace.home, PASSPHRASE)
        if entries:
            break
        moment += 1
    found = reidentification.reveal(
        workspace, project, surrogates=(), passphrase=PASSPHRASE, person=ADA, reason="to see it works"
    )
    assert NAME in [pair.value for pair in found]


def test_an_export_of_documents_killed_at_any_moment_leaves_all_files_or_none_under_its_name(
    workspace: Workspace, project: Project, tmp_path: Path
) -> None:
    document = find(workspace.db, Document)[0]
    approve_unread(workspace, project, document, by=ADA)

    def export(there: Workspace) -> None:
        export_documents(there, [document], tmp_path / "out" / "files", format="txt")

    (tmp_path / "out").mkdir()
    moment = 0
    while killed_at(moment, workspace.home, export):
        made = tmp_path / "out" / "files"
        if made.exists():
            assert {path.name for path in made.iterdir()} == {f"{document.id}.txt", "README.txt", "SHA256SUMS"}
            break
        assert not files_with(tmp_path / "out", NAME)
        moment += 2
    entries = sum(entry.action == "documents exported" for entry, _ in audit.entries(workspace.db))
    assert moment and entries  # never files of which the log does not know


def test_an_export_of_pairs_killed_at_any_moment_leaves_a_whole_file_or_none(
    workspace: Workspace, project: Project, tmp_path: Path
) -> None:
    document = find(workspace.db, Document)[0]
    approved = approve_unread(workspace, project, document, by=ADA)
    pair = QuestionPair(
        id=new_id("pair"), project_id=project.id, input="Who signs?", output="The sergeant signs.", origin="written",
        document_id=document.id, document_name=document.name, review_id=approved.id, state="kept", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, pair)
    target = tmp_path / "out" / "pairs.jsonl"
    target.parent.mkdir()

    def export(there: Workspace) -> None:
        export_pairs(there, project, target)

    moment = 0
    while killed_at(moment, workspace.home, export) and not target.exists():
        assert not files_with(target.parent, NAME)
        moment += 1
    assert moment and target.read_text(encoding="utf-8").endswith("}\n")
    assert any(entry.action == "question pairs exported" for entry, _ in audit.entries(workspace.db))


def test_what_a_killed_job_unpacked_lies_in_the_workspace_and_is_gone_once_somebody_looks(
    workspace: Workspace, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"  # where every account keeps temporary files
    shared.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("report.txt", f"{NAME} left.")
    job = Job(id=new_id("job"), kind="read", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    child = os.fork()
    if not child:
        monkeypatch.setattr(reading, "_read_one", lambda *_given, **_named: os.kill(os.getpid(), signal.SIGKILL))
        there = Workspace(workspace.home)
        reading.read_files(JobContext(there, job), project, [(tmp_path / "a.zip", "a.zip")])
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert not files_with(shared, NAME)
    assert files_with(workspace.job_folder(job.id), NAME)
    update(workspace.db, Job, job.id, state="running", pid=child, pid_started=1.0)
    jobs.advance(workspace)
    assert not files_with(workspace.job_folder(job.id), NAME)
