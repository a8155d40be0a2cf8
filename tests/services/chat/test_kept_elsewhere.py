"""Feedback and series follow how long a project keeps what is said, and in what form."""

from datetime import UTC, datetime, timedelta

import pytest

from core import jobs
from core.deploy.feedback import Said
from core.deploy.refusal import Refused
from core.errors import InputError
from core.jobs import worker
from core.records import Comparison, Feedback, Job, Project, Series, SeriesAnswer, SeriesQuestion
from core.services.chat.feedback import correct, judge
from core.services.chat.keeping.policy import due_at_once, feedback_words, series_words, set_retention
from core.services.chat.series import ballots, files, job
from core.services.chat.series.figures import figures_of
from core.services.chat.series.report import report_of
from core.services.chat.turns import turns
from core.services.feedback.sharing import keep_said
from core.storage import Workspace, find, get, update
from core.storage.chat_retention import clean
from tests.services.chat.compared import QUESTIONS, Reciter, allow_hosts, answered, params_for, write_questions

from .test_keeping import ADA, asked, detector, is_in_files, masked  # noqa: F401 - fixtures
from .test_keeping import noted as noted_chats

SAID = Said(
    question="Where is Zanzibarra?", answer="In Marlport.", rating="down", correction="With Quillon.",
    should_not_have_answered=False,
)  # fmt: skip


def say(workspace: Workspace, project: Project) -> None:
    keep_said(workspace.allowed("manage machine"), project.id, SAID, answerer="tiny")


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


@pytest.fixture
def asked_of_two(workspace, waiting_jobs, monkeypatch) -> dict[str, Reciter]:
    allow_hosts(workspace, "good", "poor")
    models = {"good": Reciter(QUESTIONS), "poor": Reciter({}, other="Zanzibarra knows.")}
    monkeypatch.setattr(job, "open_answerer", lambda _workspace, name: models[name])
    return models


@pytest.fixture
def series(workspace, project, tmp_path, asked_of_two) -> Series:
    return answered(workspace, project, params_for(write_questions(tmp_path), "good", "poor"))


# --- feedback ---------------------------------------------------------------------------------------


def test_what_a_program_said_goes_after_the_days_without_a_trace(workspace, project):
    set_retention(workspace, project, "days", days=3, actor=ADA)
    say(workspace, project)
    assert clean(workspace, at=later(2.9)) == 0 and is_in_files(workspace, "Zanzibarra")
    assert clean(workspace, at=later(3.1)) == 1
    assert find(workspace.db, Feedback) == []
    assert not any(is_in_files(workspace, word) for word in ("Zanzibarra", "Marlport", "Quillon"))
    assert noted_chats(workspace)[-1][1]["feedback"] == 1


def test_what_a_program_said_stays_where_everything_does(workspace, project):
    say(workspace, project)
    assert clean(workspace, at=later(9999)) == 0 and len(find(workspace.db, Feedback)) == 1


def test_feedback_of_a_conversation_goes_with_it_and_not_before(workspace, project):
    set_retention(workspace, project, "days", days=3, actor=ADA)
    conversation = asked(workspace, project, "Where is Zanzibarra?")
    (turn,) = turns(workspace, conversation.id)
    judge(workspace, turn.id, "down")
    (said,) = find(workspace.db, Feedback)
    update(workspace.db, Feedback, said.id, created_at="2026-01-01T00:00:00.000+00:00")
    assert clean(workspace) == 0 and len(find(workspace.db, Feedback)) == 1
    assert clean(workspace, at=later(3.1)) == 1 and find(workspace.db, Feedback) == []


def test_a_program_is_told_that_a_project_keeps_nothing(workspace, project):
    set_retention(workspace, project, "not-kept", actor=ADA)
    with pytest.raises(Refused) as refused:
        say(workspace, project)
    assert (refused.value.status, refused.value.code) == (403, "not_kept")
    assert find(workspace.db, Feedback) == [] and not is_in_files(workspace, "Zanzibarra")


def test_what_a_program_said_is_masked_before_it_is_stored(workspace, masked):  # noqa: F811
    say(workspace, masked)
    (kept,) = find(workspace.db, Feedback)
    assert kept.question == "Where is <PERSON_1>?" and kept.answer == "In <LOCATION_1>."
    assert kept.correction == "With <PERSON_2>."
    assert not any(is_in_files(workspace, word) for word in ("Zanzibarra", "Marlport", "Quillon"))


def test_an_answer_from_before_masking_is_handed_on_masked(workspace, project, detector):  # noqa: F811
    conversation = asked(workspace, project, "Where is Zanzibarra?", "In Marlport.")
    set_retention(workspace, project, "until-deleted", is_masked=True, actor=ADA)
    (turn,) = turns(workspace, conversation.id)
    judge(workspace, turn.id, "down")
    correct(workspace, turn.id, "With Quillon.")
    (kept,) = find(workspace.db, Feedback)
    handed_on = f"{kept.question} {kept.answer} {kept.correction}"
    assert handed_on.count("<PERSON_") == 2 and "<LOCATION_1>" in handed_on
    assert not any(name in handed_on for name in ("Zanzibarra", "Marlport", "Quillon"))
    assert turns(workspace, conversation.id)[0].question == "Where is Zanzibarra?"


def test_what_is_masked_already_is_handed_on_as_it_was_stored(workspace, masked):  # noqa: F811
    conversation = asked(workspace, masked, "Zanzibarra?", "Quillon.")
    (turn,) = turns(workspace, conversation.id)
    judge(workspace, turn.id, "up")
    (kept,) = find(workspace.db, Feedback)
    assert (kept.question, kept.answer) == (turn.question, turn.answer) == ("<PERSON_1>?", "<PERSON_2>.")


# --- series -----------------------------------------------------------------------------------------


def test_after_the_days_only_scores_and_votes_of_a_series_are_left(workspace, project, series):
    ballots.cast(workspace, series.id, 1, 0)
    before = figures_of(workspace, series.id)
    assert is_in_files(workspace, "steel bolts") and is_in_files(workspace, "Zanzibarra knows")
    set_retention(workspace, project, "days", days=2, actor=ADA)
    assert clean(workspace, at=later(1.9)) == 0
    assert clean(workspace, at=later(2.1)) == 1 and clean(workspace, at=later(2.1)) == 0
    assert figures_of(workspace, series.id) == before and before.vote_count == 1 and before.scored_count == 3
    assert get(workspace.db, Series, series.id).words_deleted_at
    for words in ("steel bolts", "What holds the winch", "12 tonnes", "Zanzibarra"):
        assert not is_in_files(workspace, words), words
    assert {answer.text for answer in find(workspace.db, SeriesAnswer)} == {""}
    assert {(each.question, each.reference) for each in find(workspace.db, SeriesQuestion)} == {("", "")}
    (vote,) = find(workspace.db, Comparison)
    assert vote.question == "" and [each.text for each in vote.answers] == ["", ""]
    assert ballots.next_ballot(workspace, series.id) is None
    assert "1,,,yes," in files.as_csv(workspace, series.id)
    assert "keeps them no longer" in report_of(workspace, series.id)
    assert noted_chats(workspace)[-1][1]["series"] == 1


def test_the_words_of_a_series_stay_while_its_job_is_at_work(workspace, project, series):
    set_retention(workspace, project, "days", days=2, actor=ADA)
    update(workspace.db, Job, series.job_id, state="running")
    assert clean(workspace, at=later(9)) == 0
    update(workspace.db, Job, series.job_id, state="failed")
    assert clean(workspace, at=later(9)) == 1


def test_a_series_whose_questions_are_gone_is_not_gone_on_with(workspace, project, series):
    set_retention(workspace, project, "days", days=2, actor=ADA)
    clean(workspace, at=later(9))
    workspace.db.execute("delete from series_answers where side = 1")
    update(workspace.db, Job, series.job_id, state="failed")
    jobs.resume(workspace, series.job_id)
    ended = worker.run_job(workspace, series.job_id)
    assert ended.state == "failed" and "no longer" in ended.error


def test_a_project_that_keeps_nothing_keeps_scores_alone(workspace, project, tmp_path, asked_of_two):
    set_retention(workspace, project, "not-kept", actor=ADA)
    series = answered(workspace, project, params_for(write_questions(tmp_path), "good", "poor"))
    assert series.words_deleted_at and [score.good for score in figures_of(workspace, series.id).scores] == [3, 0]
    assert not is_in_files(workspace, "steel bolts") and not is_in_files(workspace, "Zanzibarra")


def test_a_project_that_keeps_nothing_refuses_questions_that_nothing_would_be_left_of(
    workspace, project, tmp_path, asked_of_two
):
    set_retention(workspace, project, "not-kept", actor=ADA)
    path = tmp_path / "questions.txt"
    path.write_text("What holds the winch?\n", encoding="utf-8")
    with pytest.raises(InputError, match="no score would be left"):
        jobs.submit(workspace, params_for(path, "good", "poor"), project_id=project.id)


def test_a_change_says_that_series_and_feedback_go_and_lets_them_go(workspace, project, series):
    say(workspace, project)
    old = "2026-01-01T00:00:00.000+00:00"
    update(workspace.db, Series, series.id, created_at=old)
    workspace.db.execute("update feedback set created_at = ?", [old])
    assert due_at_once(workspace, project, "days", days=7) == 2
    assert set_retention(workspace, project, "days", days=7, actor=ADA) == 2


def test_a_series_of_a_file_is_asked_and_stored_masked(workspace, masked, tmp_path, asked_of_two):  # noqa: F811
    rows = {"Where is Zanzibarra?": "In Marlport.", "Who may use it?": "Trained operators."}
    series = answered(workspace, masked, params_for(write_questions(tmp_path, rows), "good", "poor"))
    assert asked_of_two["good"].asked == ["Where is <PERSON_1>?", "Who may use it?"]
    assert not any(is_in_files(workspace, name) for name in ("Zanzibarra", "Marlport"))
    first, second = find(workspace.db, SeriesQuestion, order="number")
    assert first.reference == "" and second.reference == "Trained operators."
    assert figures_of(workspace, series.id).scored_count == 1
    assert {answer.text for answer in find(workspace.db, SeriesAnswer, side=1)} == {"<PERSON_2> knows.", "<PERSON_1> knows."}


def test_the_words_about_it_say_what_happens(workspace, project):
    for kept, days, feedback, series in (
        ("until-deleted", None, "", ""),
        ("days", 5, "5 days", "5 days"),
        ("not-kept", None, "leave none", "scores stay"),
    ):
        set_retention(workspace, project, kept, days=days, actor=ADA)
        retention = get(workspace.db, Project, project.id).retention
        assert feedback in feedback_words(retention) and series in series_words(retention)
        assert bool(feedback_words(retention)) is bool(series_words(retention)) is (kept != "until-deleted")
