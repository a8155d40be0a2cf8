"""The filters on the Questions page: switches, thresholds, counts that follow, and what is kept by hand."""

import pytest

from core.identity import declared
from core.questions.filters import FILTERS
from core.questions.filters.measuring import Tools
from core.records import Job, QuestionPair
from core.services.questions import measures
from core.services.questions.filtering import Measured, filter_settings_of
from core.settings import FilterSettings
from core.storage import find, get, update
from dashboard.components.questions import filter_panel, opinions


@pytest.fixture(autouse=True)
def without_a_parser(monkeypatch):
    monkeypatch.setattr(measures, "Tools", lambda **_: Tools(parse=None))


@pytest.fixture
def opened(open_page, workspace, learned):
    update(workspace.db, QuestionPair, learned.pairs[0].id, output="X " * 320 + "end.")
    app = open_page("questions", project_id=learned.project.id)
    app.session_state["filter-panel"] = True
    return app.run()


def widget(app, kind, name):
    return next(each for each in app.get(kind) if each.key.startswith(f"filter-{name}-"))


def words(app):
    return " ".join(each.value for each in (*app.markdown, *app.caption))


def test_closed_panel_reads_nothing(open_page, learned, monkeypatch):
    monkeypatch.setattr(filter_panel, "preview", lambda *_: pytest.fail("read"))
    open_page("questions", project_id=learned.project.id)


def test_every_filter_has_its_switch_and_its_thresholds(opened):
    for each in FILTERS:
        switch = widget(opened, "toggle", each.reason.name)
        assert switch.value is each.is_on and each.reason.words in switch.label
        for name in set(each.thresholds) - {"forbidden_words"}:
            assert widget(opened, "number_input", name).label.endswith("%") or name.startswith(("min_", "max_"))


def test_count_follows_a_threshold_and_nothing_is_stored_before_it_is_applied(opened, workspace, learned):
    before = {pair.id: pair.state for pair in find(workspace.db, QuestionPair)}
    widget(opened, "number_input", "max_answer_characters").set_value(700).run()
    more = words(opened)
    widget(opened, "number_input", "max_answer_characters").set_value(600).run()
    assert words(opened) != more
    assert {pair.id: pair.state for pair in find(workspace.db, QuestionPair)} == before
    assert filter_settings_of(workspace, learned.project) == FilterSettings()


def test_applied_settings_are_stored_and_the_pairs_filtered(opened, workspace, learned):
    widget(opened, "toggle", "duplicate").set_value(False).run()
    widget(opened, "text_area", "forbidden_words").set_value("crane, Project Falcon").run()
    opened.button(key="filter-apply").click().run()
    assert filter_settings_of(workspace, learned.project) == FilterSettings(
        off=("duplicate",), forbidden_words=("crane", "Project Falcon")
    )
    assert get(workspace.db, QuestionPair, learned.pairs[0].id).reason == "too long"
    opened.button(key="filter-usual").click().run()
    assert filter_settings_of(workspace, learned.project) == FilterSettings()
    assert widget(opened, "toggle", "duplicate").value is True


def test_what_a_filter_dropped_is_kept_at_a_press(opened, workspace, learned):
    opened.button(key="filter-apply").click().run()
    opened.button(key="filter-keep-too long").click().run()
    kept = get(workspace.db, QuestionPair, learned.pairs[0].id)
    assert (kept.state, kept.decided) == ("kept", "kept")


def test_many_pairs_that_were_never_examined_are_left_to_a_job(opened, workspace, waiting_jobs, monkeypatch):
    monkeypatch.setattr(filter_panel, "AT_ONCE", 1)
    opened.button(key="filter-apply").click().run()
    assert [job.kind for job in find(workspace.db, Job, kind="filter")] == ["filter"]


def test_settings_that_would_keep_nothing_say_so_in_place(opened, workspace, learned):
    widget(opened, "number_input", "min_question_characters").set_value(1000).run()
    widget(opened, "number_input", "max_question_characters").set_value(1).run()
    opened.button(key="filter-apply").click().run()
    assert any("None of" in error.value for error in opened.error)
    assert filter_settings_of(workspace, learned.project) == FilterSettings()


def test_what_a_filter_dropped_is_shown_in_the_list(opened):
    opened.button(key="filter-show-duplicate").click().run()
    assert not opened.error
    assert (opened.session_state["filter-reason"], opened.session_state["filter-state"]) == ("duplicate", "dropped")
    assert "Dropped because: Asked already" in words(opened)


def test_doubtful_pair_opens(opened, workspace, monkeypatch):
    judged = Measured(pairs=4, unmeasured=0, asked=0, answerable=0, known=0, judged=4)
    monkeypatch.setattr(opinions, "doubtful_pairs", lambda *_: [get(workspace.db, QuestionPair, "pair-2")])
    monkeypatch.setattr(opinions, "measured_of", lambda *_: judged)
    opened.run()
    opened.button(key="doubtful-pair-2").click().run()
    assert not opened.error
    assert "**How many tonnes?**" in [each.value for each in opened.markdown]


def test_applied_filters_are_undone_beside_their_button_and_the_fields_follow(opened, workspace, learned):
    before = find(workspace.db, QuestionPair)
    widget(opened, "toggle", "duplicate").set_value(False).run()
    opened.button(key="filter-apply").click().run()
    assert find(workspace.db, QuestionPair) != before
    assert opened.button(key="filter-undo").label == opened.button(key="curation-undo").label.replace(" (u)", "")
    opened.button(key="filter-undo").click().run()
    assert not opened.error
    assert find(workspace.db, QuestionPair) == before and filter_settings_of(workspace, learned.project) == FilterSettings()
    assert widget(opened, "toggle", "duplicate").value is True
    assert not [each for each in opened.button if each.key in ("filter-undo", "curation-undo")]


def test_applied_filters_are_undone_from_the_list_too_and_the_fields_follow(opened, workspace, learned):
    widget(opened, "toggle", "duplicate").set_value(False).run()
    opened.button(key="filter-apply").click().run()
    opened.button(key="curation-undo").click().run()
    assert filter_settings_of(workspace, learned.project) == FilterSettings()
    opened.run()
    assert widget(opened, "toggle", "duplicate").value is True
    assert "Undone: filters applied" in words(opened)


def test_job_that_applies_filters_knows_in_whose_name(opened, workspace, waiting_jobs, monkeypatch):
    monkeypatch.setattr(filter_panel, "AT_ONCE", 1)
    monkeypatch.setattr(filter_panel, "person_now", lambda: declared("Ada"))
    opened.run()
    opened.button(key="filter-apply").click().run()
    assert [job.params["applied_by"] for job in find(workspace.db, Job, kind="filter")] == ["Ada"]
