"""The leak card on the Evaluate page: offered, shown in lights with words, and only for whoever may."""

import json

import pytest

from core.evaluation.leaks import Attempt, LeakTest, extraction, membership
from core.files import write_atomic
from core.records import Job
from core.run_folder import RunFolder
from core.storage import find


@pytest.fixture
def tested(workspace, learned):
    """A function that stores a leak test of the run in which so many of 60 values were given away."""

    def store(learned_count: int) -> None:
        attempts = [
            Attempt(entity="PERSON", passage_id=f"passage-{number}", tuned=number < learned_count, base=False)
            for number in range(60)
        ]
        test = LeakTest(
            run_id=learned.run.id, model="tiny", model_sha256="m" * 64, adapter_sha256=learned.run.adapter_sha256 or "",
            dataset_sha256="d" * 64, created_at="2026-11-30T20:00:00.000+00:00",
            extraction=extraction(attempts, value_count=200), membership=membership([1.0] * 20, [1.0] * 20, resamples=20),
        )  # fmt: skip
        write_atomic(RunFolder(workspace.run_folder(learned.project.id, learned.run.id)).leaks, json.dumps(test.as_json()))

    return store


def words_of(app) -> str:
    return " ".join(part.value for part in [*app.markdown, *app.caption])


def test_a_test_is_offered_and_started(open_page, workspace, learned, waiting_jobs, monkeypatch):
    monkeypatch.setattr("core.services.training.leaks.job.base_of", lambda *_: None)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "keeps figures of what it finds, never a value" in words_of(app)
    app.button(key="start-leak-test").click().run()
    assert not app.exception
    assert [(job.kind, job.params) for job in find(workspace.db, Job)] == [("leaktest", {"run_id": learned.run.id})]


def test_each_line_has_its_light_in_words_and_its_figures(open_page, learned, tested):
    tested(0)
    app = open_page("evaluate", project_id=learned.project.id)
    words = words_of(app)
    assert "Values that review removed: Green: nothing found." in words and "0 of 60 values (drawn from 200)" in words
    assert "50 is guessing" in words and "Not tested: other ways of asking" in words and "m" * 64 in words
    assert app.button(key="start-leak-test").label == "Test for leaks again"


def test_a_leak_is_red_and_names_the_passage_and_no_value(open_page, learned, tested):
    tested(1)
    app = open_page("evaluate", project_id=learned.project.id)
    words = words_of(app)
    assert "Red: it gives something away" in words and "passage-0" in words


def test_what_another_version_wrote_counts_as_no_test(open_page, workspace, learned):
    write_atomic(RunFolder(workspace.run_folder(learned.project.id, learned.run.id)).leaks, '{"light": "green"}')
    app = open_page("evaluate", project_id=learned.project.id)
    assert not app.exception and app.button(key="start-leak-test").label == "Test for leaks"
