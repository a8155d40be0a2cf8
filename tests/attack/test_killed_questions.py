"""Question pairs are written exactly once: a job killed between any two transactions leaves what was there or all anew."""

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from core import jobs
from core.errors import InputError, JobCancelled
from core.jobs import worker
from core.models.text import Completion, Prompt
from core.records import Document, Job, Project, QuestionPair
from core.services import review
from core.services.questions import generation
from core.settings import FilterSettings
from core.storage import Workspace, find, get, update
from core.storage.removal import remove_document
from core.storage.written_passages import waiting_pairs
from tests.scripted_writer import ALL_KEPT, NoModel, scripted_settings, scripted_writer  # noqa: F401 - a fixture
from tests.unread import approve_all_unread

from .killing import ADA, killed_at, killed_everywhere, opened, put_document

PASSAGES = 18  # more than two batches
Told = tuple[str, str, str, str, str]


@pytest.fixture(autouse=True)
def no_model(scripted_writer: object, waiting_jobs: None) -> None:  # noqa: F811
    """Write by rule: what is killed here is the same for every writer."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace with one project of two approved documents, closed."""
    home = tmp_path / "home"
    with opened(home) as workspace:
        project = workspace.create_project("a", policy="all-at-once")
        put_document(workspace, project, [sentences(number) for number in range(PASSAGES // 2)])
        put_document(workspace, project, [sentences(100 + number) for number in range(PASSAGES // 2)])
        approve_all_unread(workspace, project, by=ADA)
    return home


def sentences(number: int) -> str:
    return (
        f"The filter of pump {number} must be replaced every {number + 2}00 operating hours. "
        f"The tank of pump {number} holds {number + 3}40 liters of diesel oil. "
        f"Service sheets of pump {number} are kept for {number + 4} years."
    )


def only_project(workspace: Workspace) -> Project:
    return find(workspace.db, Project)[0]


def submitted(workspace: Workspace, **settings: Any) -> str:
    params = generation.Params(settings=scripted_settings(**settings), filters=ALL_KEPT)
    return jobs.submit(workspace, params, project_id=only_project(workspace).id).id


def pairs_of(workspace: Workspace) -> list[Told]:
    pairs = find(workspace.db, QuestionPair)
    return sorted((pair.passage_id, pair.input, pair.output, pair.state, pair.reason) for pair in pairs)


def uninterrupted(home: Path, job_id: str) -> list[Told]:
    copy = home.with_name("uninterrupted")
    shutil.copytree(home, copy)
    with opened(copy) as workspace:
        assert worker.run_job(workspace, job_id).state == "done"
        return pairs_of(workspace)


@pytest.mark.slow
@pytest.mark.parametrize("is_again", [False, True])
def test_questions_are_as_before_or_all_anew_at_any_moment_and_after_resuming_exactly_once(
    home: Path, is_again: bool
) -> None:
    with opened(home) as workspace:
        if is_again:
            worker.run_job(workspace, submitted(workspace, per_passage=2))
        before = pairs_of(workspace)
        job_id = submitted(workspace, per_passage=3)
    expected = uninterrupted(home, job_id)
    assert len(expected) == 3 * PASSAGES and len(before) == (2 * PASSAGES if is_again else 0)

    def look(workspace: Workspace) -> None:
        assert pairs_of(workspace) in (before, expected)

    for workspace in killed_everywhere(home, job_id, look):
        assert pairs_of(workspace) == expected


def midway(home: Path, job_id: str, *, passages: int = 8) -> None:
    """Kill the job as soon as it has written so many passages."""
    moment = 0
    with opened(home) as workspace:
        job = get(workspace.db, Job, job_id)
    while True:
        assert killed_at(moment, home, job_id)
        with opened(home) as workspace:
            jobs.advance(workspace)
            if len(waiting_pairs(workspace, job.project_id, job_id)) == 3 * passages:
                return
            if get(workspace.db, Job, job_id).state == "failed":
                jobs.resume(workspace, job_id)
        moment += 1


def test_killed_twice_midway_nothing_of_it_counts_and_the_first_batch_is_not_written_again(home: Path) -> None:
    with opened(home) as workspace:
        worker.run_job(workspace, submitted(workspace, per_passage=2))
        before = pairs_of(workspace)
        job_id = submitted(workspace, per_passage=3)
    midway(home, job_id)
    with opened(home) as workspace:
        written = {pair.id for pair in waiting_pairs(workspace, only_project(workspace).id, job_id)}
        assert pairs_of(workspace) == before
        jobs.resume(workspace, job_id)
    midway(home, job_id, passages=16)
    with opened(home) as workspace:
        assert pairs_of(workspace) == before
        jobs.resume(workspace, job_id)
        assert worker.run_job(workspace, job_id).state == "done"
        assert written <= {pair.id for pair in find(workspace.db, QuestionPair)}
        assert len(pairs_of(workspace)) == 3 * PASSAGES


def test_a_job_overtaken_by_another_writes_no_passage_twice(home: Path) -> None:
    with opened(home) as workspace:
        first = submitted(workspace, per_passage=3)
    midway(home, first)
    with opened(home) as workspace:
        second = submitted(workspace, per_passage=2)
        assert worker.run_job(workspace, second).state == "done"
        assert len(pairs_of(workspace)) == 2 * PASSAGES
        jobs.resume(workspace, first)
        assert worker.run_job(workspace, first).state == "done"
        assert len(pairs_of(workspace)) == 3 * PASSAGES  # all of them the first one's
        assert len(set(pairs_of(workspace))) == 3 * PASSAGES


def test_a_job_queued_while_another_wrote_replaces_what_that_one_wrote(home: Path) -> None:
    with opened(home) as workspace:
        first, second = submitted(workspace, per_passage=2), submitted(workspace, per_passage=3)
        worker.run_job(workspace, first)
        worker.run_job(workspace, second)
        assert len(pairs_of(workspace)) == 3 * PASSAGES


def test_approved_again_in_between_its_passages_are_written_anew_and_once(home: Path) -> None:
    with opened(home) as workspace:
        job_id = submitted(workspace, per_passage=3)
    midway(home, job_id)
    with opened(home) as workspace:
        project, document = only_project(workspace), find(workspace.db, Document)[0]
        review.withdraw(workspace, document, reason="to look again", by=ADA)
        approve_all_unread(workspace, project, by=ADA)
        jobs.resume(workspace, job_id)
        assert worker.run_job(workspace, job_id).state == "done"
        standing = {workspace.active_review(d.id).id for d in find(workspace.db, Document)}  # type: ignore[union-attr]
        assert len(pairs_of(workspace)) == 3 * PASSAGES
        assert {pair.review_id for pair in find(workspace.db, QuestionPair)} == standing


@pytest.mark.parametrize("is_removed", [False, True])
def test_what_came_from_a_document_that_is_gone_or_withdrawn_in_between_does_not_count(home: Path, is_removed: bool) -> None:
    with opened(home) as workspace:
        job_id = submitted(workspace, per_passage=3)
    midway(home, job_id)
    with opened(home) as workspace:
        document = find(workspace.db, Document)[0]
        if is_removed:
            remove_document(workspace, document)
        else:
            review.withdraw(workspace, document, reason="a name was missed", by=ADA)
        jobs.resume(workspace, job_id)
        assert worker.run_job(workspace, job_id).state == "done"
        pairs = find(workspace.db, QuestionPair)
        assert len(pairs) == 3 * PASSAGES // 2 and document.id not in {pair.document_id for pair in pairs}


def test_cancelled_the_finished_passages_count_filtered_and_once_and_the_rest_follows_on_resuming(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(home) as workspace:
        worker.run_job(workspace, submitted(workspace, per_passage=2))
        job_id = submitted(workspace, per_passage=3)
        contexts = []
        made = worker.JobContext
        monkeypatch.setattr(worker, "JobContext", lambda *given: contexts.append(made(*given)) or contexts[-1])

        class CancelledWhileWriting(NoModel):
            """It goes on, in its second batch, once the wish to cancel has arrived."""

            count = 0

            def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
                yield from super().generate(prompts, prefix=prefix)
                CancelledWhileWriting.count += 1
                if CancelledWhileWriting.count == 2:
                    jobs.cancel(workspace, job_id)
                    assert contexts[0].cancel_requested.wait(30)

        monkeypatch.setattr("core.models.engine.apart.WriterApart", CancelledWhileWriting)
        assert worker.run_job(workspace, job_id).state == "cancelled"
        kept = [pair for pair in find(workspace.db, QuestionPair) if pair.state == "kept"]
        by_passage = sorted(sum(pair.passage_id == other.passage_id for other in kept) for pair in kept)
        assert len(kept) == 3 * 16 + 2 * 2 and by_passage == [2] * 4 + [3] * 48
        jobs.resume(workspace, job_id)
        assert worker.run_job(workspace, job_id).state == "done"
        assert len(pairs_of(workspace)) == len(set(pairs_of(workspace))) == 3 * PASSAGES


def test_cancelled_before_anything_was_written_nothing_changes(home: Path) -> None:
    with opened(home) as workspace:
        worker.run_job(workspace, submitted(workspace, per_passage=2))
        pair = find(workspace.db, QuestionPair)[0]
        update(workspace.db, QuestionPair, pair.id, state="dropped", reason="too long")  # as other filters judged it
        before = pairs_of(workspace)
        job_id = submitted(workspace, per_passage=3)
        update(workspace.db, Job, job_id, is_cancel_requested=True)
        context = worker.JobContext(workspace, get(workspace.db, Job, job_id))
        context.cancel_requested.set()
        with pytest.raises(JobCancelled):
            worker.KINDS["generate"].run(context)
        assert pairs_of(workspace) == before


def test_of_two_resumes_at_once_one_is_refused_and_one_process_runs_the_job(home: Path) -> None:
    with opened(home) as workspace:
        job_id = submitted(workspace, per_passage=3)
    midway(home, job_id)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def resume() -> None:
        with opened(home) as there:
            start.wait()
            try:
                jobs.resume(there, job_id)
                outcomes.append("resumed")
            except InputError:
                outcomes.append("refused")

    threads = [threading.Thread(target=resume) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "resumed"]
    children = []
    for _ in range(2):  # and should two processes be started for it all the same
        child = os.fork()
        if not child:
            try:
                worker.main([str(home), job_id])
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    with opened(home) as workspace:
        assert get(workspace.db, Job, job_id).state == "done"
        assert len(pairs_of(workspace)) == len(set(pairs_of(workspace))) == 3 * PASSAGES


def test_a_process_taken_for_dead_stores_nothing_once_another_runs_the_job(home: Path) -> None:
    with opened(home) as workspace:
        job_id = submitted(workspace, per_passage=3)
        assert worker.claim(workspace, job_id)
        stale = worker.JobContext(workspace, get(workspace.db, Job, job_id))
        update(workspace.db, Job, job_id, state="failed")  # it was taken for dead
        jobs.resume(workspace, job_id)
        assert not stale.is_held()
        with pytest.raises(JobCancelled, match="resumed by another process"):
            stale.finish_item("file 0")
        assert not stale.finished_items()


def test_a_run_that_keeps_nothing_leaves_the_questions_as_they_were(home: Path) -> None:
    with opened(home) as workspace:
        worker.run_job(workspace, submitted(workspace, per_passage=2))
        before = pairs_of(workspace)
        project = only_project(workspace)
        params = generation.Params(
            settings=scripted_settings(per_passage=3),
            filters=FilterSettings(min_question_characters=900, max_question_characters=1000).in_full(),
        )
        job = jobs.submit(workspace, params, project_id=project.id)
        assert worker.run_job(workspace, job.id).state == "failed"
        assert pairs_of(workspace) == before
