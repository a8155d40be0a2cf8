"""Votes of blind comparisons as preferences: those with a winner, searched for personal data, each once."""

import pytest

from core.records import ComparedAnswer, Comparison, Preference, Series, now
from core.services.chat.comparing import forget_comparisons, keep_comparison, vote
from core.services.feedback.votes import VotesUsed, unused_votes, use_votes
from core.services.questions.freezing.preferences import preferences_of
from core.storage import audit, find, insert, update
from tests.services.retrieval.conftest import embed

from .conftest import NOBODY, QUESTION, Names


@pytest.fixture
def voted(workspace, learned):
    """A function that compares answers and votes for one of them."""

    def compare(*texts, better=0, question=QUESTION, is_blind=True):
        answers = [ComparedAnswer(answerer="tiny", version="", text=text, whole_s=1.0) for text in texts]
        comparison = keep_comparison(workspace, learned.project, question, answers, is_blind=is_blind)
        vote(workspace, comparison.id, better)
        return comparison

    return compare


@pytest.fixture
def use(workspace, learned):
    return lambda detector=NOBODY: use_votes(workspace, learned.project, detector=detector, embed=embed)


def made(workspace):
    return {(each.chosen, each.rejected) for each in find(workspace.db, Preference)}


def test_the_answer_that_won_is_preferred_to_each_of_the_others_once(workspace, learned, voted, use):
    voted("10 tonnes.", "12 tonnes.", " 14 tonnes.", "12 tonnes.", better=1)
    voted("11 tonnes.", "13 tonnes.", better=None)
    voted("15 tonnes.", "16 tonnes.", is_blind=False)
    series = Series(
        id="series-1", project_id=learned.project.id, person_id=None, made_by="Ada", number=1, questions="", answerers=(),
        questions_sha256="", question_count=1, settings={}, job_id="job-1", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, series)
    update(workspace.db, Comparison, voted("17 tonnes.", "18 tonnes.").id, series_id=series.id)  # there to test models
    assert unused_votes(workspace, learned.project) == 1
    assert use() == VotesUsed(added=2)
    assert made(workspace) == {("12 tonnes.", "10 tonnes."), ("12 tonnes.", "14 tonnes.")}
    assert {row["passage_id"] for row in preferences_of(workspace, learned.project)} == {"passage-0"}
    assert use() == VotesUsed() and unused_votes(workspace, learned.project) == 0
    entry = [entry for entry, _ in audit.entries(workspace.db)][-1]
    assert (entry.action, entry.counts) == ("preferences added", {"preferences": 2})


def test_what_holds_personal_data_or_fits_nothing_is_left_out(workspace, learned, voted, use):
    voted("12 tonnes.", "Ask Jane Doe.", "14 tonnes.")
    voted("Jane Doe knows.", "12 tonnes.")
    assert use(Names("Jane Doe")) == VotesUsed(added=1, personal=2)
    assert made(workspace) == {("12 tonnes.", "14 tonnes.")}
    workspace.withdraw_approval("document-1", reason="a name was missed")
    assert preferences_of(workspace, learned.project) == []
    voted("Blue.", "Red.", question="Which color?")
    assert use(Names("Jane Doe")).unplaced == 1


def test_a_vote_that_was_changed_takes_its_preference_along(workspace, learned, voted, use):
    comparison = voted("12 tonnes.", "14 tonnes.")
    use()
    vote(workspace, comparison.id, 1)
    assert use() == VotesUsed(added=1, removed=1)
    assert made(workspace) == {("14 tonnes.", "12 tonnes.")}
    vote(workspace, comparison.id, None)
    assert use() == VotesUsed(removed=1) and made(workspace) == set()


def test_forgotten_comparisons_leave_what_was_made_of_them(workspace, learned, voted, use):
    voted("12 tonnes.", "14 tonnes.")
    use()
    forget_comparisons(workspace, learned.project)
    assert use() == VotesUsed() and len(made(workspace)) == 1
