"""The page Feedback: what was said of answers, made into question pairs and preferences, or set aside."""

import json

import pytest

from core.identity import declared
from core.records import ChatSetup, ChatTurn, ComparedAnswer, Feedback, Preference, QuestionPair, new_id, now
from core.services.chat.comparing import keep_comparison, vote
from core.services.chat.conversations import begin
from core.services.chat.feedback import call_unanswerable, correct, judge
from core.services.chat.keeping.policy import set_retention
from core.storage import find, get, insert
from dashboard.components.feedback import doing, votes
from dashboard.components.feedback.doing import KEY_WORDS, KEYS
from dashboard.components.questions.curation.keys import KEY_WORDS as CURATION_KEYS
from tests.services.retrieval.conftest import embed

QUESTION = "How many tonnes does the winch hold?"


class Blind:
    """A detector that finds nothing."""

    def detect(self, texts):
        return [[] for _ in texts]


@pytest.fixture(autouse=True)
def without_networks(monkeypatch):
    monkeypatch.setattr("core.services.retrieval.finding.embedding", lambda _workspace: embed)
    for module in (doing, votes):
        monkeypatch.setattr(module, "detector_for", lambda _workspace, _project: Blind())


@pytest.fixture
def asked(workspace, learned):
    """Two judged answers: one was corrected, the other should not have been one."""
    conversation = begin(workspace, learned.project, QUESTION, setup=ChatSetup(answerer=learned.run.id))
    turns = [
        ChatTurn(
            id=new_id("turn"), conversation_id=conversation.id, number=number, question=question, answer="14 tonnes.",
            state="complete", answerer=learned.run.id, created_at=now(), written_at=now(),
        )
        for number, question in enumerate((QUESTION, "Who built the winch?"), start=1)
    ]  # fmt: skip
    insert(workspace.db, *turns)
    call_unanswerable(workspace, turns[1].id, is_unanswerable=True)
    judge(workspace, turns[0].id, "down")
    correct(workspace, turns[0].id, "12 tonnes.")
    return turns


def shown(app):
    """The rows of the list, as the browser gets them."""
    (part,) = [
        part for part in app.get("bidi_component") if '"rows"' in part.proto.mixed.json or '"rows"' in part.proto.json
    ]
    return json.loads(part.proto.mixed.json or part.proto.json)["rows"]


def test_without_feedback_the_page_says_how_there_comes_to_be_some(open_page, workspace):
    app = open_page("feedback", project_id=workspace.create_project("Empty").id)
    assert app.button(key="empty-chat").label == "Ask a model"


def test_a_correction_becomes_a_pair_and_a_preference_and_is_opened_again(open_page, workspace, learned, asked):
    app = open_page("feedback", project_id=learned.project.id)
    assert not app.exception and not app.error
    assert [(row["question"], row["sign"]) for row in shown(app)] == [(QUESTION, "•"), ("Who built the winch?", "•")]
    assert shown(app)[0]["about"].startswith("Thumbs down · Corrected · Run 1")
    feedback_id = shown(app)[0]["id"]
    assert app.text_area(key=f"feedback-answer-{feedback_id}").value == "12 tonnes."
    app.button(key="feedback-make-pair").click().run()
    (pair,) = find(workspace.db, QuestionPair, feedback_id=feedback_id)
    assert (pair.input, pair.output, pair.state, pair.quote) == (QUESTION, "12 tonnes.", "kept", "12 tonnes")
    app.button(key="feedback-make-preference").click().run()
    (made,) = find(workspace.db, Preference)
    assert (made.chosen, made.rejected) == ("12 tonnes.", "14 tonnes.")
    assert [row["question"] for row in shown(app)] == ["Who built the winch?"]
    assert any("Made of it: a question pair and a preference." in caption.value for caption in app.caption)
    app.button(key="feedback-undo").click().run()
    assert len(shown(app)) == 2 and find(workspace.db, Preference) == []
    assert not app.exception and not app.error


def test_what_should_not_have_been_answered_needs_no_answer_written(open_page, workspace, learned, asked):
    app = open_page("feedback", project_id=learned.project.id)
    app.get_by_key("feedback-kind").set_value("unanswerable").run()
    (row,) = shown(app)
    assert app.toggle(key=f"feedback-not-said-{row['id']}").value
    assert f"feedback-answer-{row['id']}" not in [area.key for area in app.text_area]
    app.button(key="feedback-make-pair").click().run()
    (pair,) = find(workspace.db, QuestionPair, feedback_id=row["id"])
    assert (pair.kind, pair.state) == ("unanswerable", "kept")


def test_a_pair_that_no_passage_proves_is_told_with_a_way_to_mend_it(open_page, workspace, learned, asked):
    app = open_page("feedback", project_id=learned.project.id)
    feedback_id = shown(app)[0]["id"]
    app.text_area(key=f"feedback-answer-{feedback_id}").set_value("90 knots.")
    app.button(key="feedback-make-pair").click().run()
    assert "not kept" in app.warning[0].value
    app.button(key="feedback-pair").click().run()
    assert [title.value for title in app.title] == ["Questions"]


def test_what_is_set_aside_leaves_the_list_and_comes_back(open_page, workspace, learned, asked):
    app = open_page("feedback", project_id=learned.project.id)
    feedback_id = shown(app)[0]["id"]
    app.button(key="feedback-aside").click().run()
    assert [row["question"] for row in shown(app)] == ["Who built the winch?"]
    app.get_by_key("feedback-state").set_value("set aside").run()
    assert [row["id"] for row in shown(app)] == [feedback_id]
    app.button(key="feedback-reopen").click().run()
    assert get(workspace.db, Feedback, feedback_id).set_aside_by is None


def test_a_person_says_in_the_chat_that_it_should_not_have_answered(open_page, workspace, learned, asked):
    app = open_page("chat", project_id=learned.project.id)
    (conversation_id,) = {turn.conversation_id for turn in asked}
    app.button(key=f"open-{conversation_id}").click().run()
    app.button(key=f"unanswerable-{asked[0].id}").click().run()
    assert get(workspace.db, ChatTurn, asked[0].id).is_unanswerable
    assert {each.is_unanswerable for each in find(workspace.db, Feedback)} == {True}
    assert any("experts of this project see it" in caption.value for caption in app.caption)
    app.button(key=f"unanswerable-{asked[0].id}").click().run()
    assert not get(workspace.db, ChatTurn, asked[0].id).is_unanswerable


def test_blind_votes_become_preferences_at_one_press(open_page, workspace, learned):
    answers = [ComparedAnswer(answerer="tiny", version="", text=text, whole_s=1.0) for text in ("12 tonnes.", "Blue.")]
    comparison = keep_comparison(workspace, learned.project, QUESTION, answers, is_blind=True)
    vote(workspace, comparison.id, 0)
    app = open_page("feedback", project_id=learned.project.id)
    app.button(key="feedback-votes").click().run()
    assert [(made.chosen, made.rejected) for made in find(workspace.db, Preference)] == [("12 tonnes.", "Blue.")]
    assert "feedback-votes" not in [button.key for button in app.button]
    assert any("1 preference made of votes." in caption.value for caption in app.caption)


def test_keys_that_both_lists_have_mean_the_same():
    assert {key for words in KEY_WORDS for key in words.split()} == {
        {"ArrowDown": "↓", "ArrowUp": "↑"}.get(key, key) for key in KEYS
    }
    for key in ("n", "p", "u", "?"):
        assert any(key in words.split() for words in CURATION_KEYS)


def test_the_page_says_how_long_feedback_stays_and_that_it_is_masked(open_page, workspace, learned, asked):
    set_retention(workspace, learned.project, "days", days=7, is_masked=True, actor=declared("Ada"))
    app = open_page("feedback", project_id=learned.project.id)
    told = " ".join(caption.value for caption in app.caption)
    assert "what a program said 7 days after it did" in told and "Personal data is masked in it." in told
