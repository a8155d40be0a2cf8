"""Comparisons and votes: kept with versions, counted for a project, each person's own."""

import pytest

from core.errors import InputError
from core.records import ComparedAnswer, Comparison, Vote
from core.services.chat.comparing import forget_comparisons, keep_comparison, vote, votes
from core.storage import find


def given(name, version="aa", text="A rope."):
    return ComparedAnswer(answerer=name, version=version, text=text, whole_s=1.5)


def test_a_vote_is_kept_with_the_versions_that_answered_and_can_be_changed(workspace, project):
    kept = keep_comparison(workspace, project, "What holds it?", [given("one"), given("two", "bb")], is_blind=True)
    vote(workspace, kept.id, 0)
    vote(workspace, kept.id, 1)
    (stored,) = find(workspace.db, Comparison)
    assert stored.vote == Vote(better=1) and stored.answers[1].version == "bb" and stored.is_blind
    assert [(each.answerer, each.won, each.lost) for each in votes(workspace, project)] == [("two", 1, 0), ("one", 0, 1)]


def test_what_nobody_voted_on_counts_nothing_and_no_difference_is_counted_as_that(workspace, project):
    keep_comparison(workspace, project, "What?", [given("one"), given("two")], is_blind=False)
    assert votes(workspace, project) == []
    kept = keep_comparison(workspace, project, "What?", [given("one"), given("two"), given("three")], is_blind=False)
    vote(workspace, kept.id, None)
    assert [(each.won, each.lost, each.equal) for each in votes(workspace, project)] == [(0, 0, 1)] * 3


@pytest.mark.parametrize("count", [0, 1, 5])
def test_fewer_than_two_or_more_than_four_answers_are_not_kept(workspace, project, count):
    with pytest.raises(InputError, match="cannot be compared"):
        keep_comparison(workspace, project, "What?", [given(str(number)) for number in range(count)], is_blind=False)


@pytest.mark.parametrize("better", [-1, 2])
def test_an_answer_that_is_not_there_cannot_win(workspace, project, better):
    kept = keep_comparison(workspace, project, "What?", [given("one"), given("two")], is_blind=False)
    with pytest.raises(InputError, match="no answer number"):
        vote(workspace, kept.id, better)


def test_forgotten_comparisons_leave_nothing_in_the_files_of_the_database(workspace, project):
    kept = keep_comparison(workspace, project, "Where is Zanzibarra?", [given("one"), given("two")], is_blind=False)
    vote(workspace, kept.id, 0)
    assert forget_comparisons(workspace, project) == 1
    assert votes(workspace, project) == []
    for path in workspace.home.glob("garrison.sqlite3*"):
        assert b"Zanzibarra" not in path.read_bytes()
