"""A question job whose engine is struck by a signal: once it goes on by itself, again it says so, and nothing is lost."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from core.files import sha256_text
from core.jobs.queue import KINDS
from core.jobs.worker import run_job
from core.records import Document, Job, Page, Passage, Project, QuestionPair, Review, new_id, now
from core.storage import Workspace, find, insert, update
from tests.children import children_of

pytestmark = pytest.mark.model
REWORDING = {"writer": "guided", "model_wordings": 2}  # so that the model is asked
PASSAGES = (
    "The winch holds 12 tonnes. The rope is checked by the mate every morning.",
    "Nobody stands inside the angle of a loaded rope. The brake is closed by hand before the load is lifted.",
)


@pytest.fixture
def project(workspace: Workspace) -> Project:
    """A project with one approved document of two passages."""
    project, text = workspace.create_project("Field manuals"), "\n\n".join(PASSAGES)
    sha256 = sha256_text(text)
    document = Document(
        id="document-1", project_id=project.id, name="Winch.md", kind="md", size_bytes=len(text), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read", page_count=1, word_count=30, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=(Page(number=1, label="page 1", start=0, end=len(text)),))
    starts = (0, len(PASSAGES[0]) + 2)
    passages = [
        Passage(
            id=f"passage-{index}", document_id=document.id, index=index, start=start, end=start + len(part), heading="",
            page="page 1", token_count=20, text=part,
        )
        for index, (start, part) in enumerate(zip(starts, PASSAGES, strict=True))
    ]  # fmt: skip
    insert(workspace.db, *passages)
    review = Review(
        id="review-1", document_id=document.id, reviewer="Ada", text_sha256=sha256, anonymized_sha256=sha256, span_count=0,
        created_at=now(),
    )  # fmt: skip
    workspace.store_approval(document, review, text=text, passages=passages)
    return project


@contextmanager
def striking(times: int) -> Iterator[Callable[[], int]]:
    """Strike the writing processes of this one as they appear, so many of them; gives how many were."""
    struck: set[int] = set()
    is_over = threading.Event()

    def strike() -> None:
        while not is_over.wait(0.05) and len(struck) < times:
            for child in children_of(os.getpid(), "core.models.engine.writer"):
                if child.pid not in struck:
                    with suppress(psutil.Error):
                        child.send_signal(signal.SIGSEGV)
                        struck.add(child.pid)

    striker = threading.Thread(target=strike)
    striker.start()
    try:
        yield lambda: len(struck)
    finally:
        is_over.set()
        striker.join()


def _job(workspace: Workspace, project: Project) -> Job:
    job = Job(
        id=new_id("job"), kind="generate", project_id=project.id, params={"settings": REWORDING}, key="k",
        needs_accelerator=KINDS["generate"].needs_accelerator, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, job)
    return job


def _written(workspace: Workspace) -> list[str]:
    return sorted(pair.input for pair in find(workspace.db, QuestionPair))


def test_struck_once_the_job_is_done_as_if_nothing_had_happened(workspace, project):
    with striking(1) as struck:
        assert run_job(workspace, _job(workspace, project).id).state == "done"
        assert struck() == 1
    first = _written(workspace)
    assert first
    time.sleep(1.1)  # pairs of an earlier generation are older than the job, to the second
    assert run_job(workspace, _job(workspace, project).id).state == "done"
    assert _written(workspace) == first


def test_struck_again_the_job_fails_with_the_signal_and_resumes(workspace, project):
    job = _job(workspace, project)
    with striking(2):
        failed = run_job(workspace, job.id)
    assert (failed.state, failed.error) == (
        "failed",
        "The language model's engine ended with SIGSEGV while it wrote.",
    )
    assert "nothing stored is lost" in failed.hint
    update(workspace.db, Job, job.id, state="queued", error="", hint="")
    assert run_job(workspace, job.id).state == "done"
    assert _written(workspace)
