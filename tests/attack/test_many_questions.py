"""Question pairs of many passages: killed at any time, written for two projects at once, and with flat memory.

`GARRISON_TEST_PASSAGES=100000` streams as many passages instead of the few that the tests take time for.
"""

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from core import jobs
from core.files import sha256_text, write_atomic
from core.jobs import worker
from core.jobs.context import JobContext
from core.models.text import TextGenerator
from core.questions import WRITERS
from core.questions.writers.writer import Candidate, Excerpt, Writer
from core.records import Document, Job, Passage, Project, QuestionPair, Review, new_id, now
from core.services.questions import generation
from core.services.questions.filtering import Filtered
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find, get, insert, insert_many, transaction
from tests.scripted_writer import ALL_KEPT, scripted_settings, scripted_writer  # noqa: F401 - a fixture

from .killing import opened

KILLS = 10
SENTENCES = ("The filter of pump {0} is replaced every {0} hours.", "The tank of pump {0} holds {0} liters of oil.")
PARTS = 2 * len(SENTENCES)  # pairs that are written about a passage
MEBIBYTE = 2**20
CACHE_MEBIBYTES = 64  # pages that SQLite keeps, which fill up first
PASSAGES = int(os.environ.get("GARRISON_TEST_PASSAGES", "10000"))

pytestmark = pytest.mark.usefixtures("scripted_writer", "waiting_jobs")


def put_approved(workspace: Workspace, project: Project, numbers: Sequence[int]) -> None:
    """Store an approved document with a passage for each number."""
    parts = [" ".join(SENTENCES).format(number) for number in numbers]
    text = "\n\n".join(parts)
    sha256 = sha256_text(text)
    document = Document(
        id=new_id("document"), project_id=project.id, name="pumps.txt", kind="txt", size_bytes=len(text), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read", created_at=now(),
    )  # fmt: skip
    review = Review(
        id=new_id("review"), document_id=document.id, reviewer="Ada", text_sha256=sha256, anonymized_sha256=sha256,
        span_count=0, created_at=now(),
    )  # fmt: skip
    passages, start = [], 0
    for index, part in enumerate(parts):
        passages.append(
            Passage(
                id=new_id("passage"), document_id=document.id, index=index, start=start, end=start + len(part), heading="",
                page="page 1", token_count=30, text=part,
            )
        )  # fmt: skip
        start += len(part) + 2
    write_atomic(workspace.anonymized_path(project.id, review.id), text)
    insert(workspace.db, document)
    insert_many(workspace.db, passages)
    insert(workspace.db, review)
    workspace.db.executemany(
        "insert into approved_passages (review_id, passage_id, start, end) values (?, ?, ?, ?)",
        [(review.id, passage.id, passage.start, passage.end) for passage in passages],
    )


def put_project(workspace: Workspace, name: str, *, documents: int, passages: int) -> Project:
    project = workspace.create_project(name)
    for first in range(documents):
        with transaction(workspace.db):
            put_approved(workspace, project, [passages * first + number for number in range(passages)])
    return project


def submitted(workspace: Workspace, project: Project) -> str:
    params = generation.Params(settings=scripted_settings(per_passage=PARTS), filters=ALL_KEPT, anew=True)
    return jobs.submit(workspace, params, project_id=project.id).id


def started(home: Path, job_id: str) -> int:
    """Run a job in a process of its own; return its id."""
    child = os.fork()
    if not child:
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            worker.main([str(home), job_id])
        finally:
            os._exit(0)
    return child


def told(workspace: Workspace, project: Project) -> list[tuple[str | None, str]]:
    """Return what there is about each passage, after checking that nothing is there twice or of another project."""
    pairs = find(workspace.db, QuestionPair, project_id=project.id)
    documents = {document.id for document in find(workspace.db, Document, project_id=project.id)}
    assert {pair.document_id for pair in pairs} <= documents
    found = sorted((pair.passage_id, pair.input) for pair in pairs)
    assert len(set(found)) == len(found)
    return found


@pytest.mark.slow
def test_killed_at_ten_random_moments_no_row_is_lost_or_doubled(tmp_path: Path) -> None:
    home, rng = tmp_path / "home", random.Random(14)  # noqa: S311 - moments, not a secret
    with opened(home) as workspace:
        project = put_project(workspace, "a", documents=10, passages=60)
        job_id = submitted(workspace, project)
    kills, states, expected = 0, set(), 600 * PARTS
    while kills < KILLS:
        child = started(home, job_id)
        time.sleep(rng.uniform(0.05, 1.0))
        os.kill(child, signal.SIGKILL)
        kills += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        with opened(home) as workspace:
            jobs.advance(workspace)
            assert len(told(workspace, project)) in (0, expected)
            state = get(workspace.db, Job, job_id).state
            states.add(state)
            if state == "failed":
                jobs.resume(workspace, job_id)
            elif state == "done":
                job_id = submitted(workspace, project)
    assert "failed" in states  # it was struck at work
    with opened(home) as workspace:
        assert worker.run_job(workspace, job_id).state == "done"
        assert len(told(workspace, project)) == expected
        records = workspace.db.execute("select count(*), count(distinct passage_id), count(pairs) from written_passages")
        assert tuple(records.fetchone()) == (600, 600, 0)


@pytest.mark.slow
def test_two_jobs_on_two_projects_never_mix(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with opened(home) as workspace:
        projects = [put_project(workspace, name, documents=4, passages=50) for name in "ab"]  # of the same text
        job_ids = [submitted(workspace, project) for project in projects]
        workspace.db.execute("update jobs set needs_accelerator = 0")  # else the second waits for the first
    for child in [started(home, job_id) for job_id in job_ids]:
        os.waitpid(child, 0)
    with opened(home) as workspace:
        first, second = (get(workspace.db, Job, job_id) for job_id in job_ids)
        assert first.state == second.state == "done"
        assert str(first.started_at) < str(second.finished_at) and str(second.started_at) < str(first.finished_at)
        both = [told(workspace, project) for project in projects]
        assert [len(found) for found in both] == [200 * PARTS] * 2
        assert not {passage for passage, _ in both[0]} & {passage for passage, _ in both[1]}


@pytest.mark.slow
def test_passages_stream_with_flat_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first passage to pairs that count, without the filters, which are measured apart."""
    process, taken, written = psutil.Process(), [], 0
    write = WRITERS["scripted"].write

    def watched(excerpts: Sequence[Excerpt], generator: TextGenerator, settings: GenerationSettings) -> Iterator[Candidate]:
        nonlocal written
        yield from write(excerpts, generator, settings)
        written += len(excerpts)
        if written % (PASSAGES // 10) == 0:
            taken.append(process.memory_info().rss)

    def counted(workspace: Workspace, project: Project, _: FilterSettings) -> Filtered:
        taken.append(process.memory_info().rss)
        number = workspace.db.execute("select count(*) from pairs where project_id = ?", [project.id]).fetchone()[0]
        return Filtered(kept=number, dropped={})

    monkeypatch.setitem(WRITERS, "scripted", Writer("scripted", "Scripted", "For tests.", watched))
    monkeypatch.setattr(generation, "filter_again", counted)
    monkeypatch.setattr(generation.Meter, "measure", lambda *_: None)
    with opened(tmp_path / "home") as workspace:
        project = put_project(workspace, "a", documents=PASSAGES // 100, passages=100)
        job = Job(id=new_id("job"), kind="generate", project_id=project.id, created_at=now())
        insert(workspace.db, job)
        settings = scripted_settings(per_passage=2)
        began = time.monotonic()
        result = generation.write_questions(JobContext(workspace, job), project, settings=settings, filters=ALL_KEPT)
        print(f"{time.monotonic() - began:.0f} s; MiB: {[round(size / MEBIBYTE) for size in taken]}")
    assert (result.passages, result.kept, len(taken)) == (PASSAGES, 2 * PASSAGES, 11)
    assert max(taken) - taken[0] < (CACHE_MEBIBYTES + 40) * MEBIBYTE
