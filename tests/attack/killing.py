"""A job that is killed between any two of its transactions, in a copy of its workspace, and then resumed."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from core import jobs
from core.files import sha256_text
from core.identity import declared
from core.jobs import worker
from core.models.text import Completion, Prompt
from core.records import SEARCH_VERSION, Document, Job, Page, Passage, Project, new_id, now
from core.storage import Workspace, get, insert
from core.storage import workspace as workspace_module

ADA = declared("Ada")
WRITING = ("begin", "insert", "update", "delete")


class ClosingGenerator:
    """A `WriterApart` that loads no model: it ends every question where its frame ends."""

    def __init__(self, _path: Path, *, sequences: int) -> None:
        self.sequences = sequences

    def __enter__(self) -> "ClosingGenerator":
        return self

    def __exit__(self, *_raised: object) -> None:
        pass

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        for index, prompt in enumerate(prompts):
            yield Completion(index=index, text=prompt.start + '?"}', token_count=1, is_complete=True)


@contextmanager
def opened(home: Path) -> Iterator[Workspace]:
    workspace = Workspace(home)
    yield workspace
    workspace.close()


def killed_at(moment: int, home: Path, job_id: str) -> bool:
    """Run the job in a process of its own that kills itself at `moment`; whether it came that far.

    Moments are the beginnings of transactions, which are the ends of those before, and what comes right before a commit.
    """
    child = os.fork()
    if not child:
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            left = moment
            connect = workspace_module.connect

            def step(connection: sqlite3.Connection, statement: str) -> None:
                nonlocal left
                first = statement.split(maxsplit=1)[0].lower()
                if first == "commit" or (first in WRITING and not connection.in_transaction):
                    if not left:
                        os.kill(os.getpid(), signal.SIGKILL)
                    left -= 1

            def traced(path: Path) -> sqlite3.Connection:
                connection = connect(path)
                connection.set_trace_callback(partial(step, connection))
                return connection

            workspace_module.connect = traced  # in this process alone
            worker.main([str(home), job_id])
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def killed_everywhere(home: Path, job_id: str, look: Callable[[Workspace], None]) -> Iterator[Workspace]:
    """For each moment at which the job can be killed a copy of its workspace: `look`ed at, then with the job resumed.

    The workspace in `home` is closed, and its job waits.
    """
    moment = 0
    is_killed = True
    while is_killed:
        copy = home.with_name(f"{home.name}-{moment}")
        shutil.copytree(home, copy)
        is_killed = killed_at(moment, copy, job_id)
        with opened(copy) as workspace:
            look(workspace)
            if is_killed:
                if get(workspace.db, Job, job_id).state == "running":
                    jobs.resume(workspace, job_id)
                done = worker.run_job(workspace, job_id)
                assert done.state == "done", done
            yield workspace
        shutil.rmtree(copy)
        moment += 1
    assert moment > 10  # else hardly any was met


def put_document(workspace: Workspace, project: Project, parts: Sequence[str]) -> Document:
    """Store a searched document with a passage for each part."""
    text = "\n\n".join(parts)
    sha256 = sha256_text(text)
    document = Document(
        id=new_id("document"), project_id=project.id, name="pumps.txt", kind="txt", size_bytes=len(text), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read", search_version=SEARCH_VERSION, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=(Page(number=1, label="page 1", start=0, end=len(text)),))
    start = 0
    for index, part in enumerate(parts):
        passage = Passage(
            id=new_id("passage"), document_id=document.id, index=index, start=start, end=start + len(part), heading="",
            page="page 1", token_count=30, text=part,
        )  # fmt: skip
        insert(workspace.db, passage)
        start += len(part) + 2
    return document
