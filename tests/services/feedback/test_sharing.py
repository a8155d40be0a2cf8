"""What experts see of a conversation: the answers that were judged, with their questions, as long as they are there."""

from dataclasses import replace

import pytest

from core.deploy.engine import Served
from core.deploy.feedback import Said
from core.records import ChatSetup, ChatTurn, Feedback, Preference, QuestionPair, new_id, now
from core.services.chat.conversations import begin, delete_for_good
from core.services.chat.feedback import call_unanswerable, correct, judge
from core.services.deploy.deployed import Deployed
from core.services.deploy.deploying import _keeper
from core.services.feedback.using import Use, make_pair, make_preference
from core.services.questions.curation import Place
from core.storage import find, get, insert
from core.storage.feedback import FeedbackFilter, feedback_counts, feedback_item, feedback_page

from .conftest import NOBODY, QUESTION

USE = Use(place=Place(document_id="document-1", passage_id="passage-0"), question=QUESTION, answer="12 tonnes.")


def test_only_what_was_judged_is_there_and_goes_when_it_is_taken_back(workspace, learned):
    conversation = begin(workspace, learned.project, "First?", setup=ChatSetup(answerer="tiny"))
    for number, question in enumerate(("First?", "Second?"), start=1):
        insert(
            workspace.db,
            ChatTurn(
                id=f"turn-{number}", conversation_id=conversation.id, number=number, question=question, answer="Yes.",
                state="complete", answerer="tiny", created_at=now(), written_at=now(),
            ),
        )  # fmt: skip
    judge(workspace, "turn-2", "down")
    (feedback,) = find(workspace.db, Feedback)
    assert (feedback.question, feedback.answer, feedback.thumb, feedback.answerer) == ("Second?", "Yes.", "down", "tiny")
    correct(workspace, "turn-2", " No. ")
    call_unanswerable(workspace, "turn-2", is_unanswerable=True)
    (feedback,) = find(workspace.db, Feedback)
    assert (feedback.thumb, feedback.correction, feedback.is_unanswerable) == ("down", "No.", True)
    judge(workspace, "turn-2", None)
    correct(workspace, "turn-2", "")
    assert len(find(workspace.db, Feedback)) == 1
    call_unanswerable(workspace, "turn-2", is_unanswerable=False)
    assert find(workspace.db, Feedback) == []


def test_a_deleted_conversation_takes_its_feedback_along_and_leaves_what_was_made_of_it(workspace, learned, judged):
    untouched = judged("Zanzibarra holds it.", question="Where is Zanzibarra?", thumb="down")
    used = judged(correction="12 tonnes.")
    pair = make_pair(workspace, used.id, USE, detector=NOBODY)
    made = make_preference(workspace, used.id, USE, detector=NOBODY)
    for feedback in (untouched, used):
        delete_for_good(workspace, get(workspace.db, ChatTurn, feedback.turn_id or "").conversation_id)
    assert find(workspace.db, Feedback) == []
    assert get(workspace.db, QuestionPair, pair.id) == pair and get(workspace.db, Preference, made.id) == made
    for path in workspace.home.glob("garrison.sqlite3*"):
        assert b"Zanzibarra" not in path.read_bytes()


def test_what_was_taken_back_and_said_again_is_known_to_be_used(workspace, learned, judged):
    used = judged(thumb="down", correction="12 tonnes.")
    pair = make_pair(workspace, used.id, USE, detector=NOBODY)
    judge(workspace, used.turn_id, None)
    correct(workspace, used.turn_id, "")
    assert feedback_item(workspace, learned.project.id, used.id) is None
    judge(workspace, used.turn_id, "up")
    item = feedback_item(workspace, learned.project.id, used.id)
    assert item is not None and (item.state, item.pair_id) == ("done", pair.id)


def test_feedback_is_listed_by_kind_and_state_newest_first_and_counted(workspace, learned, judged):
    down, up = judged(thumb="down"), judged(thumb="up")
    corrected, asked = judged(thumb="down", correction="12 tonnes."), judged(is_unanswerable=True)
    make_pair(workspace, corrected.id, USE, detector=NOBODY)

    def ids(**chosen):
        return [each.feedback.id for each in feedback_page(workspace, learned.project.id, FeedbackFilter(**chosen))]

    assert set(ids()) == {down.id, up.id, corrected.id, asked.id} and len(ids()) == 4
    moments = [get(workspace.db, Feedback, each).created_at for each in ids()]
    assert moments == sorted(moments, reverse=True)
    assert set(ids(kind="down")) == {down.id, corrected.id} and ids(kind="down", state="open") == [down.id]
    assert ids(kind="up") == [up.id] and ids(kind="corrected") == [corrected.id] and ids(kind="unanswerable") == [asked.id]
    assert ids(state="done") == [corrected.id] and ids(state="set aside") == []
    counts = feedback_counts(workspace, learned.project.id, FeedbackFilter(kind="down", state="open"))
    assert counts.matching == 1 and counts.states == {"open": 1, "done": 1, "set aside": 0}
    assert counts.kinds == {"down": 1, "up": 1, "corrected": 0, "unanswerable": 1}


def test_what_a_program_says_stands_in_the_same_inbox_and_can_be_used(workspace, learned):
    deployed = Deployed(
        served=Served(name="run-1", model=workspace.home), sha256=None, project_id=learned.project.id, run_id="run-1"
    )
    keep = _keeper(workspace.allowed("manage machine"), deployed)
    assert keep is not None and _keeper(workspace.allowed("manage machine"), replace(deployed, project_id=None)) is None
    keep(Said(question=QUESTION, answer="14.", rating="down", correction="12 tonnes.", should_not_have_answered=False))
    (item,) = feedback_page(workspace, learned.project.id, FeedbackFilter(kind="corrected"))
    assert (item.feedback.turn_id, item.feedback.answerer, item.feedback.thumb) == (None, "run-1", "down")
    assert make_pair(workspace, item.feedback.id, USE, detector=NOBODY).state == "kept"


@pytest.mark.parametrize("size", [1, 3])
def test_pages_hold_every_item_once(workspace, learned, size):
    insert(
        workspace.db,
        *[
            Feedback(
                id=new_id("feedback"), project_id=learned.project.id, question="Q?", answer="A.", answerer="tiny",
                thumb="down", created_at=f"2026-01-01T00:00:0{number // 2}",
            )
            for number in range(7)
        ],
    )  # fmt: skip
    found = []
    for first in range(1, 9, size):
        found += feedback_page(workspace, learned.project.id, FeedbackFilter(), first=first, size=size)
    assert len({each.feedback.id for each in found}) == len(found) == 7
