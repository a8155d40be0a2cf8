"""What is known of a project's use: counts from conversations of all people, questions, documents, and why it is time."""

from dataclasses import replace

import pytest

from core.files import sha256_text
from core.identity import declared
from core.monitoring.document_drift import DocumentDrift
from core.records import DatasetVersion, Document, Review, now
from core.services.chat.conversations import delete_for_good
from core.services.monitoring.in_use import put_in_use
from core.services.monitoring.questions import compare_questions, fits_of
from core.services.monitoring.report import monitoring_of
from core.services.monitoring.rules import monitoring_settings_of, set_monitoring
from core.settings import MonitoringSettings
from core.storage import audit, insert, update
from tests.access.conftest import signed_in  # noqa: F401 - a fixture

from .conftest import RIGHT, WRONG, embed

ADA = declared("Ada")
SUPPORTED = {"sentences": [{"text": "3 m.", "citations": [{"source": 0, "start": 0, "end": 3}]}], "is_refused": False}
UNSUPPORTED = {"sentences": [*SUPPORTED["sentences"], {"text": "Or 4.", "citations": []}], "is_refused": False}
REFUSED = {"sentences": [{"text": "Not said.", "citations": []}], "is_refused": True}


@pytest.fixture
def used(workspace, learned, second):
    put_in_use(workspace, learned.project, "run-1", by=ADA)
    return learned.project


def test_every_answer_of_the_days_looked_at_is_counted_without_its_words(workspace, used, asked):
    asked(thumb="up")
    asked(thumb="down", correction="4 m", sources={"sources": [], **SUPPORTED})
    asked(sources={"sources": [], **UNSUPPORTED})
    asked(sources={"sources": [], **REFUSED})
    asked(answerer="smollm2", state="stopped")
    asked(state="writing", pace=None, written_at="2026-01-01T00:00:00.000+00:00")  # whoever wrote it has gone
    asked(created_at="2020-01-01T00:00:00.000+00:00")
    found = monitoring_of(workspace, used)
    figures = found.figures
    assert (figures.answers, figures.up, figures.down, figures.corrected) == (6, 1, 1, 1)
    assert (figures.from_documents, figures.refused, figures.unsupported) == (3, 1, 1)
    assert (figures.endings["stopped"], figures.endings["broken off"]) == (1, 1)
    assert figures.first and figures.first.median_s == 1.0
    assert {name: each.answers for name, each in found.answerers.items()} == {"run-1": 5, "smollm2": 1}
    assert len(found.days) == 30 and found.days[-1].questions == 6
    assert "rope" not in repr(found) and "4 m" not in repr(found)


def test_counts_are_of_all_people_and_for_who_may_only_see(workspace, used, asked, signed_in):  # noqa: F811
    asked(thumb="down")
    auditor = signed_in("otto", ("auditor",), used)
    assert monitoring_of(auditor, used).figures.down == 1


def test_only_answers_of_the_model_in_use_are_reasons(workspace, used, asked):
    for _ in range(10):
        asked(answerer="smollm2", thumb="down")
    assert monitoring_of(workspace, used).reasons == ()
    for _ in range(10):
        asked(thumb="down")
    assert [reason.cause for reason in monitoring_of(workspace, used).reasons] == ["thumbs down"]


def test_without_a_model_in_use_counts_are_told_and_no_reasons(workspace, learned, asked):
    for _ in range(20):
        asked(thumb="down")
    found = monitoring_of(workspace, learned.project)
    assert (found.run, found.questions, found.documents, found.reasons) == (None, None, None, ())
    assert found.figures.down == 20


def test_questions_are_compared_once_and_their_fit_goes_with_them(workspace, used, asked):
    like, unlike = asked(), asked("QQQQ XXXX ZZZZ 7777 &&&&")
    asked("And then?")
    asked(is_replaced=True)
    waiting = monitoring_of(workspace, used).questions
    assert (waiting.asked, waiting.waiting, waiting.threshold) == (0, 3, None)
    assert compare_questions(workspace, used, embed=embed) == 3
    assert compare_questions(workspace, used, embed=None) == 0  # nothing is left, so no network is opened
    found = monitoring_of(workspace, used).questions
    assert (found.asked, found.unlike, found.waiting) == (2, 1, 0) and 0.5 < found.threshold < 1
    assert len(fits_of(workspace, used, _run(workspace), days=30)) == 2
    delete_for_good(workspace, like.conversation_id)
    assert like.conversation_id == unlike.conversation_id
    assert monitoring_of(workspace, used).questions.asked == 0
    assert workspace.db.execute("select count(*) from question_fits").fetchone()[0] == 0


def test_a_new_question_needs_no_second_look_at_those_trained_on(workspace, used, asked):
    asked()
    compare_questions(workspace, used, embed=embed)
    asked()
    texts: list[str] = []
    compare_questions(workspace, used, embed=lambda more: texts.extend(more) or embed(more))
    assert texts == ["How long is rope 3 of the winch?"]


def _run(workspace):
    return workspace.finished_run("run-1")


def test_documents_count_once_they_moved(workspace, used, learned):
    assert monitoring_of(workspace, used).documents == DocumentDrift(total=1)
    sha256 = sha256_text("new")
    new = Document(
        id="document-2", project_id=used.id, name="New.md", kind="md", size_bytes=3, sha256=sha256, text_sha256=sha256,
        state="read", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, new)
    update(workspace.db, Review, "review-1", state="withdrawn")
    insert(workspace.db, replace(new, id="document-3", state="unreadable"))
    drift = monitoring_of(workspace, used).documents
    assert drift == DocumentDrift(new=1, withdrawn=1, total=2)
    update(workspace.db, DatasetVersion, "dataset-1", created_at="2100-01-01T00:00:00.000+00:00")
    assert monitoring_of(workspace, used).documents == DocumentDrift(withdrawn=1, total=2)


def test_an_evaluation_that_is_worse_than_the_one_before_is_a_reason(workspace, used, learned, evaluated):
    evaluated(learned.run, WRONG, created_at="2026-01-01T00:00:00.000+00:00")
    evaluated(learned.run, RIGHT, created_at="2026-02-01T00:00:00.000+00:00")
    assert monitoring_of(workspace, used).reasons == ()
    evaluated(learned.run, WRONG)
    assert [reason.cause for reason in monitoring_of(workspace, used).reasons] == ["evaluation worse"]


def test_settings_are_the_projects_own_and_logged_as_numbers(workspace, used, asked):
    asked()
    assert monitoring_settings_of(workspace, used) == MonitoringSettings()
    chosen = MonitoringSettings(days=2, most_down=0.1, evaluate_every_days=7)
    set_monitoring(workspace, used, chosen, by=ADA)
    set_monitoring(workspace, used, chosen, by=ADA)
    assert monitoring_settings_of(workspace, used) == chosen and len(monitoring_of(workspace, used).days) == 2
    entries = [each for each, _ in audit.entries(workspace.db) if each.action == "monitoring changed"]
    assert [entry.counts for entry in entries] == [{"days": 2, "most_down": 10, "evaluate_every_days": 7}]
