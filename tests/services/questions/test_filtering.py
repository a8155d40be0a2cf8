"""Filters of a project: measured once, counted without storing, chosen, and undone by hand."""

from dataclasses import replace

import pytest

from core import jobs
from core.errors import InputError, ModelError, SetupError
from core.identity import declared
from core.jobs.worker import run_job
from core.questions.filters.measuring import Tools
from core.records import QuestionPair
from core.services.questions import curation, refiltering
from core.services.questions import measures as measuring
from core.services.questions.filtering import (
    choose_filters,
    filter_again,
    filter_settings_of,
    keep_dropped,
    measured_of,
    preview,
    state_of_pairs,
)
from core.services.questions.measures import measure_pairs
from core.settings import FilterSettings
from core.storage import Workspace, audit, find, get, insert_many, update
from core.storage.pair_measures import stored_measures

ADA, BOB = declared("Ada"), declared("Bob")
QUOTE = "The winch holds 12 tonnes."


@pytest.fixture(autouse=True)
def without_a_parser(monkeypatch):
    """No weights: what the parser says has tests of its own."""
    monkeypatch.setattr(measuring, "Tools", lambda **_: Tools(parse=None))


@pytest.fixture
def project(workspace, learned):
    """A project of one kept pair for each of some faults."""
    base = replace(learned.pairs[0], state="kept", reason="", decided=None, quote=QUOTE, origin="generated")
    rows = {
        "good": ("How much does the winch hold?", "12 tonnes"),
        "long": ("How much does the winch hold when it is used at sea?", "x" * 700 + "."),
        "number": ("How many tonnes can the winch carry on land?", "14 tonnes"),
        "pointing": ("What does it carry at sea?", "tonnes"),
    }
    for pair in learned.pairs:
        workspace.db.execute("delete from pairs where id = ?", [pair.id])
    insert_many(workspace.db, [replace(base, id=name, input=row[0], output=row[1], fact=name) for name, row in rows.items()])
    return learned.project


def reasons(workspace, project):
    return {pair.id: pair.reason for pair in find(workspace.db, QuestionPair, project_id=project.id)}


def test_each_fault_gets_its_reason_and_is_measured_against_the_approved_text(workspace, project):
    result = filter_again(workspace, project, FilterSettings())
    assert reasons(workspace, project) == {
        "good": "",
        "long": "too long",
        "number": "ungrounded",
        "pointing": "needs the page",
    }
    assert (result.kept, result.dropped) == (1, {"too long": 1, "ungrounded": 1, "needs the page": 1})
    assert stored_measures(workspace, project.id)["number"].ungrounded_count == 1


def test_a_pair_is_measured_again_only_when_it_changes(workspace, project, monkeypatch):
    filter_again(workspace, project, FilterSettings())
    seen = []
    true_measure = measuring.measure
    monkeypatch.setattr(
        measuring, "measure", lambda subjects, tools: seen.append(len(subjects)) or true_measure(subjects, tools)
    )
    filter_again(workspace, project, FilterSettings())
    assert seen == []
    update(workspace.db, QuestionPair, "number", output="12 tonnes on land")
    assert filter_again(workspace, project, FilterSettings()).kept == 2
    assert seen == [1]


def test_counting_other_settings_stores_nothing(workspace, project):
    filter_again(workspace, project, FilterSettings())
    before = reasons(workspace, project)
    counted = preview(workspace, project).count(FilterSettings(max_answer_characters=800, off=("ungrounded",)))
    assert (counted.kept, counted.dropped) == (3, {"needs the page": 1})
    assert reasons(workspace, project) == before
    assert filter_settings_of(workspace, project) == FilterSettings()


def test_what_was_counted_is_what_choosing_stores(workspace, project):
    chosen = FilterSettings(max_answer_characters=800, off=("ungrounded",), forbidden_words=("crane",))
    measure_pairs(workspace, project, find(workspace.db, QuestionPair, project_id=project.id))
    counted = preview(workspace, project).count(chosen)
    assert choose_filters(workspace, project, chosen) == counted
    assert filter_settings_of(workspace, project) == chosen


def test_settings_that_would_keep_nothing_are_not_stored(workspace, project):
    with pytest.raises(ModelError, match="too long 4"):
        choose_filters(workspace, project, FilterSettings(max_question_characters=1, off=("needs the page",)))
    assert filter_settings_of(workspace, project) == FilterSettings()
    assert set(reasons(workspace, project).values()) == {""}


def test_an_unknown_filter_is_refused_before_anything_is_measured(workspace, project):
    with pytest.raises(InputError, match="no filter"):
        choose_filters(workspace, project, FilterSettings(off=("nothing",)))
    assert stored_measures(workspace, project.id) == {}


def test_all_that_one_filter_dropped_can_be_kept_by_hand(workspace, project):
    filter_again(workspace, project, FilterSettings())
    assert keep_dropped(workspace, project, "ungrounded") == 1
    kept = get(workspace.db, QuestionPair, "number")
    assert (kept.state, kept.decided, kept.reason) == ("kept", "kept", "")
    assert filter_again(workspace, project, FilterSettings()).kept == 2
    assert keep_dropped(workspace, project, "ungrounded") == 0


def test_measures_of_pairs_that_are_gone_are_forgotten(workspace, project):
    filter_again(workspace, project, FilterSettings())
    workspace.db.execute("delete from pairs where id = 'number'")
    filter_again(workspace, project, FilterSettings())
    assert set(stored_measures(workspace, project.id)) == {"good", "long", "pointing"}


def test_measured_pairs_are_counted(workspace, project):
    measured = measured_of(workspace, project, FilterSettings())
    assert (measured.pairs, measured.unmeasured, measured.asked) == (4, 4, 0)
    filter_again(workspace, project, FilterSettings())
    assert measured_of(workspace, project, FilterSettings()).unmeasured == 0


def test_progress_is_told_for_what_is_due(workspace, project):
    told = []
    filter_again(workspace, project, FilterSettings(), report=lambda done, total: told.append((done, total)))
    assert told == [(0, 4)]


def test_mark_of_the_pairs_changes_with_them_and_with_what_was_measured(workspace, project):
    marks = [state_of_pairs(workspace, project)]
    filter_again(workspace, project, FilterSettings())
    marks.append(state_of_pairs(workspace, project))
    keep_dropped(workspace, project, "ungrounded")
    marks.append(state_of_pairs(workspace, project))
    assert len(set(marks)) == 3 and state_of_pairs(workspace, project) == marks[-1]


def test_embeddings_are_made_only_where_the_filter_of_meaning_is_on(workspace, project, monkeypatch):
    monkeypatch.setattr(measuring, "Tools", lambda **tools: Tools(parse=None, embed=tools["embed"]))
    monkeypatch.setattr(measuring, "_embed", lambda _: lambda texts: [bytes([1] * 384)] * len(texts))
    off = ("ungrounded", "too long", "needs the page")
    assert filter_again(workspace, project, FilterSettings(off=off)).kept == 4
    assert stored_measures(workspace, project.id)["good"].embedding is None
    filtered = filter_again(workspace, project, FilterSettings(off=off, on=("same meaning",)))
    assert filtered.dropped == {"same meaning": 3}
    assert stored_measures(workspace, project.id)["good"].embedding == bytes([1] * 384)


def test_a_network_that_is_not_here_is_said(workspace, project, monkeypatch):
    monkeypatch.setattr(measuring, "model_folders", lambda _: ())
    with pytest.raises(SetupError, match="minilm"):
        filter_again(workspace, project, FilterSettings(on=("same meaning",)))


def settings_and_outcomes(workspace, project):
    pairs = find(workspace.db, QuestionPair, project_id=project.id)
    return filter_settings_of(workspace, project), pairs, workspace.db.execute("select * from pair_words").fetchall()


def test_applied_filters_are_undone_with_their_settings_one_after_the_other(workspace, project):
    befores = []
    for chosen in (FilterSettings(off=("ungrounded",)), FilterSettings(max_answer_characters=800), FilterSettings()):
        befores.append(settings_and_outcomes(workspace, project))
        choose_filters(workspace, project, chosen, by=ADA)
    for before in reversed(befores):
        undone = curation.undo(workspace, project.id, by=ADA)
        assert undone is not None and undone.action == "filters applied"
        assert settings_and_outcomes(workspace, project) == before
    assert curation.undo(workspace, project.id, by=ADA) is None


def test_undo_list_holds_applied_filters_between_decisions(workspace, project):
    curation.drop(workspace, project.id, ["good"], by=ADA)
    with_decision = settings_and_outcomes(workspace, project)
    choose_filters(workspace, project, FilterSettings(off=("too long",)), by=ADA)
    filtered = settings_and_outcomes(workspace, project)
    curation.keep(workspace, project.id, ["pointing"], by=ADA)
    curation.undo(workspace, project.id, by=ADA)
    assert settings_and_outcomes(workspace, project) == filtered
    curation.undo(workspace, project.id, by=ADA)
    assert settings_and_outcomes(workspace, project) == with_decision
    told = [(entry.action, entry.actor, entry.counts) for entry, _ in audit.entries(workspace.db)][-5:]
    assert ("filters applied", "Ada", {"pairs": 2}) in told


def test_settings_that_change_no_pair_are_undone_and_the_same_ones_again_are_no_act(workspace, project):
    choose_filters(workspace, project, FilterSettings(), by=ADA)
    choose_filters(workspace, project, FilterSettings(max_question_characters=350), by=ADA)
    choose_filters(workspace, project, FilterSettings(max_question_characters=350), by=ADA)
    undone = curation.undo(workspace, project.id, by=ADA)
    assert undone is not None and (undone.pairs, undone.pair_id) == (0, "")
    assert filter_settings_of(workspace, project) == FilterSettings()
    undone = curation.undo(workspace, project.id, by=ADA)
    assert undone is not None and undone.pairs == 3


def test_filters_are_not_undone_once_somebody_else_decided_edited_or_filtered_since(workspace, project):
    def refused():
        before = settings_and_outcomes(workspace, project)
        with pytest.raises(InputError, match="Nothing was undone"):
            curation.undo(workspace, project.id, by=ADA)
        return settings_and_outcomes(workspace, project) == before

    choose_filters(workspace, project, FilterSettings(), by=ADA)
    curation.keep(workspace, project.id, ["long"], by=BOB)
    assert refused()
    curation.undo(workspace, project.id, by=BOB)
    choose_filters(workspace, project, FilterSettings(max_question_characters=350), by=BOB)  # no pair in common
    assert refused()
    curation.undo(workspace, project.id, by=BOB)
    workspace.db.execute("delete from pairs where id = 'long'")
    assert refused()


def test_undo_of_filters_leaves_pairs_that_came_later(workspace, project):
    choose_filters(workspace, project, FilterSettings(), by=ADA)
    later = replace(get(workspace.db, QuestionPair, "good"), id="later", input="What holds 12 tonnes at sea?")
    insert_many(workspace.db, [later])
    curation.undo(workspace, project.id, by=ADA)
    assert get(workspace.db, QuestionPair, "later") == later
    assert set(reasons(workspace, project).values()) == {""}


def test_settings_that_keep_nothing_leave_no_act(workspace, project):
    with pytest.raises(ModelError, match="None of 4"):
        choose_filters(workspace, project, FilterSettings(max_question_characters=1, off=("needs the page",)), by=ADA)
    assert curation.last_act(workspace, project.id, by=ADA) is None
    assert workspace.db.execute("select count(*) from pair_act_rows").fetchone()[0] == 0


def test_job_applies_filters_in_the_name_of_whoever_asked_and_undo_holds_in_a_workspace_opened_later(
    workspace, project, waiting_jobs
):
    before = settings_and_outcomes(workspace, project)
    params = refiltering.Params(filters=FilterSettings(), applied_by="Ada")
    job = jobs.submit(workspace, params, project_id=project.id)
    assert run_job(workspace, job.id).state == "done"
    assert reasons(workspace, project)["long"] == "too long"
    assert curation.last_act(workspace, project.id) is None  # not the operating system's account
    again = Workspace(workspace.home)
    assert curation.undo(again, project.id, by=ADA) is not None
    assert settings_and_outcomes(again, project) == before


def test_job_that_is_repeated_leaves_one_act(workspace, project):
    before = settings_and_outcomes(workspace, project)
    for _ in range(2):  # killed between its transaction and its end, it is run again
        choose_filters(workspace, project, FilterSettings(), by=ADA)
    curation.undo(workspace, project.id, by=ADA)
    assert settings_and_outcomes(workspace, project) == before


def test_name_that_nobody_can_have_is_refused_before_the_job(workspace, project):
    with pytest.raises(InputError, match="name"):
        refiltering.check(workspace, project.id, refiltering.Params(applied_by="\u200b"))
