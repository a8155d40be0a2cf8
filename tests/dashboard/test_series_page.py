"""Chat & compare, over a question file: begun, looked at, voted on, deleted."""

import pytest

from core.identity import declared
from core.records import Comparison, Job, Series
from core.services.chat.keeping.policy import set_retention
from core.services.chat.series import job, stored
from core.storage import find, get, update
from core.storage.chat_retention import clean
from tests.services.chat.compared import QUESTIONS, Reciter, allow_hosts, answered, params_for, write_questions


@pytest.fixture
def project(workspace):
    return workspace.create_project("Winches")


@pytest.fixture
def series(workspace, project, waiting_jobs, monkeypatch, tmp_path) -> Series:
    allow_hosts(workspace, "good", "poor")
    models = {"good": Reciter(QUESTIONS), "poor": Reciter({}, "No *idea* <b>at all</b>.")}
    monkeypatch.setattr(job, "open_answerer", lambda _workspace, name: models[name])
    return answered(workspace, project, params_for(write_questions(tmp_path), "good", "poor"))


@pytest.fixture
def open_file_mode(open_page, project):
    def open_it():
        app = open_page("chat", project_id=project.id)
        app.get_by_key("chat-mode").set_value("compare").run()
        app.get_by_key("compare-what").set_value("file").run()
        assert not app.exception and not app.error
        return app

    return open_it


def test_a_project_without_any_says_what_to_bring_and_who_can_be_asked_twice(open_file_mode, workspace):
    allow_hosts(workspace, "good")
    app = open_file_mode()
    start = app.button(key="series-start")
    assert start.disabled and start.proto.type == "primary"
    assert "good, on models.site, from the documents" in app.multiselect(key="series-who").options
    told = [caption.value for caption in app.caption]
    assert any("Bring a file of questions" in words for words in told)
    assert any("What comes of it will stand here" in words for words in told)


def test_a_file_begins_a_job_whose_progress_is_followed(open_file_mode, workspace, waiting_jobs):
    allow_hosts(workspace, "good", "poor")
    app = open_file_mode()
    app.multiselect(key="series-who").set_value(["good, on models.site", "poor, on models.site"]).run()
    app.file_uploader(key="series-questions").set_value(("mine.txt", b"Who?\nWhen?\n", "text/plain")).run()
    app.button(key="series-start").click().run()
    (begun,) = find(workspace.db, Job, kind="compare")
    assert begun.params["name"] == "mine.txt" and begun.params["remove_after"]
    assert any("Compare over a question file" in element.value for element in app.markdown)
    assert app.button(key="series-start").disabled


def test_results_say_who_is_better_with_the_range_that_so_few_questions_allow(open_file_mode, series):
    app = open_file_mode()
    assert app.selectbox(key="series").options == ["1. 3 questions of questions.jsonl · done"]
    assert any("Chance alone may explain that" in element.value for element in app.markdown)
    pairs, scores = (frame.value for frame in app.dataframe)
    assert list(pairs.iloc[0])[2:] == [3, 0, 0, "100% (44% to 100%)"]  # Wilson, 3 of 3, by hand
    assert list(scores["Right"]) == [3, 0]


def test_votes_are_taken_without_names_skipped_and_taken_back(open_file_mode, workspace, series):
    app = open_file_mode()
    app.get_by_key("series-view").set_value("vote").run()
    shown = [element.value for element in app.markdown]
    assert "**Answer A**" in shown and not any("models.site" in words for words in shown)
    assert app.text[0].value == "What holds the winch?"
    app.button(key="series-skip").click().run()
    assert app.text[0].value == "How much does it hold?"
    app.button(key="series-vote-1").click().run()
    assert app.text[0].value == "Who may use it?"
    app.button(key="series-vote-none").click().run()
    assert app.text[0].value == "What holds the winch?"  # which was skipped
    assert [vote.series_number for vote in find(workspace.db, Comparison)] == [2, 3]
    app.button(key="series-take-back").click().run()
    assert app.text[0].value == "Who may use it?"
    app.get_by_key("series-view").set_value("results").run()
    assert [element.value for element in app.subheader] == ["By the right answers", "By votes"]


def test_all_answers_stand_side_by_side_and_load_nothing(open_file_mode, series):
    app = open_file_mode()
    app.get_by_key("series-view").set_value("answers").run()
    assert [element.value for element in app.text] == [text for pair in QUESTIONS.items() for text in pair]
    bodies = [element.proto.body for element in app.get("html")]
    assert sum("No <em>idea</em> &lt;b&gt;at all&lt;/b&gt;." in body for body in bodies) == 3
    assert any("wrong (0% of the words)" in caption.value for caption in app.caption)


def test_a_comparison_is_deleted_after_a_second_thought(open_file_mode, workspace, project, series):
    app = open_file_mode()
    assert app.button(key="series-delete").disabled
    app.checkbox(key=f"series-delete-{series.id}").check().run()
    app.button(key="series-delete").click().run()
    assert stored.all_series(workspace, project) == [] and not app.exception


def test_an_older_one_that_was_interrupted_can_be_resumed_where_it_is_chosen(
    open_file_mode, workspace, project, series, tmp_path
):
    answered(workspace, project, params_for(write_questions(tmp_path), "poor", "good"))
    update(workspace.db, Job, series.job_id, state="failed", error="The job's process ended.")
    workspace.db.execute("delete from series_answers where series_id = ? and side = 1", [series.id])
    app = open_file_mode()
    assert (
        app.selectbox(key="series").options[1] == "1. 3 questions of questions.jsonl · 3 of 6 answers, stopped by an error"
    )
    assert not any((button.key or "").startswith("resume-") for button in app.button)
    app.selectbox(key="series").set_value(series.id).run()
    app.button(key=f"resume-{series.job_id}").click().run()
    assert get(workspace.db, Job, series.job_id).state == "queued" and not app.exception


def test_own_comparisons_of_single_questions_are_deleted(open_page, workspace, project, series):
    from core.services.chat.series.ballots import cast

    cast(workspace, series.id, 1, 0)
    app = open_page("chat", project_id=project.id)
    app.get_by_key("chat-mode").set_value("compare").run()
    app.checkbox(key="compare-forget-meant").check().run()
    app.button(key="compare-forget").click().run()
    assert find(workspace.db, Comparison) == [] and not app.exception


def test_what_is_kept_no_longer_is_told_and_scores_are_still_there(open_file_mode, workspace, project, series):
    set_retention(workspace, project, "days", days=1, actor=declared("Ada"))
    update(workspace.db, Series, series.id, created_at="2026-01-01T00:00:00.000+00:00")
    clean(workspace)
    app = open_file_mode()
    assert any("deleted 1 day after it began" in caption.value for caption in app.caption)
    assert any("were deleted" in info.value for info in app.info)
    assert list(app.dataframe[1].value["Right"]) == [3, 0]
    assert app.get_by_key("series-view").proto.options[0].content == "Results"
    assert len(app.get_by_key("series-view").proto.options) == 1
