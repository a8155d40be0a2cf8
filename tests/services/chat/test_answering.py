"""An answer is stored as it comes, whatever ends it."""

import threading
import time

import pytest

from core.chat import Message
from core.errors import InputError, SetupError
from core.records import ChatSetup, ChatTurn, Conversation
from core.services.chat import answering
from core.services.chat.answering import ask, ask_again, go_on, stop
from core.services.chat.conversations import delete_for_good, set_up
from core.services.chat.feedback import judge
from core.services.chat.turns import turns
from core.storage import find, update

from .conftest import Speaker

LONG = ["A ", "steel ", "rope.", *(f" {number} wires" for number in range(30_000))]  # never the same twice


def written(writing: answering.Writing) -> ChatTurn:
    with writing:
        for _ in writing:
            pass
    return writing.turn


def test_question_and_answer_are_kept_with_who_answered_and_how_long_it_took(workspace, conversation: Conversation):
    model = Speaker([["A ", "steel ", "rope."]])
    written(ask(workspace, conversation.id, " What holds the winch? ", opener=lambda: model))
    (turn,) = turns(workspace, conversation.id)
    assert (turn.question, turn.answer, turn.state) == ("What holds the winch?", "A steel rope.", "complete")
    assert (turn.answerer, turn.sources, turn.thumb) == ("tiny", {}, None)
    assert turn.pace is not None and (turn.pace.token_count, turn.pace.cached_count) == (3, 4)
    assert model.options == [(2048, 0.5)]


def test_a_follow_up_repeats_what_was_read_before_so_that_the_engine_reads_only_what_is_new(workspace, conversation):
    set_up(workspace, conversation.id, ChatSetup(answerer="tiny", instruction="Be brief."))
    model = Speaker([["A rope."], ["Ten tonnes."], ["Yes."]])
    for question in ("What holds it? ", "How much?", "Sure?"):
        written(ask(workspace, conversation.id, question, opener=lambda: model))
    first, second, third = model.asked
    assert third == [
        Message("system", "Be brief."),
        Message("user", "What holds it?"),
        Message("assistant", "A rope."),
        Message("user", "How much?"),
        Message("assistant", "Ten tonnes."),
        Message("user", "Sure?"),
    ]
    assert second[: len(first)] == first and third[: len(second)] == second


def test_a_killed_process_leaves_what_was_written_until_then(workspace, conversation, monkeypatch):
    monkeypatch.setattr(answering, "STORE_S", 0.0)
    writing = ask(workspace, conversation.id, "What?", opener=lambda: Speaker([LONG]))
    looks = iter(writing)
    while not next(looks):
        pass
    (turn,) = find(workspace.db, ChatTurn)  # as another process finds it
    assert turn.answer.startswith("A ") and turn.state == "writing"
    assert turns(workspace, conversation.id)[0].state == "writing"  # as another tab shows it
    update(workspace.db, ChatTurn, turn.id, written_at="2026-01-01T00:00:00.000+00:00")
    assert turns(workspace, conversation.id)[0].state == "broken off"
    written(ask(workspace, conversation.id, "And now?", opener=lambda: Speaker([["A rope."]])))
    assert [each.state for each in turns(workspace, conversation.id)] == ["broken off", "complete"]
    writing.__exit__(None, None, None)


def test_leaving_keeps_the_answer_as_broken_off_and_stops_the_model(workspace, conversation):
    model = Speaker([LONG], before_each=lambda: time.sleep(0.001))
    with pytest.raises(KeyboardInterrupt), ask(workspace, conversation.id, "What?", opener=lambda: model) as writing:
        for text in writing:
            if text:
                raise KeyboardInterrupt
    (turn,) = turns(workspace, conversation.id)
    assert turn.state == "broken off" and turn.answer.startswith("A ")
    for thread in threading.enumerate():
        if thread.name == "answer":
            thread.join(10)
    assert model.log == ["closed"]


def test_stop_in_another_thread_ends_the_answer_and_waits_until_it_is_stored(workspace, conversation):
    """As the page does: what is pressed runs in a thread of its own while the answer is written in another."""
    has_begun = threading.Event()
    model = Speaker([[f"tick {number} " for number in range(100_000)]], before_each=lambda: has_begun.wait(0.01) and None)

    def write() -> None:
        with ask(workspace, conversation.id, "Tick?", opener=lambda: model) as writing:
            for text in writing:
                if text:
                    has_begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert has_begun.wait(10)
    answering.stop(workspace, conversation.id)
    (turn,) = turns(workspace, conversation.id)
    assert turn.state == "stopped" and turn.answer.startswith("tick")
    writer.join(10)
    assert not writer.is_alive()
    assert turns(workspace, conversation.id)[0].state == "stopped"


@pytest.mark.parametrize("error", [SetupError("gone", "Try again."), InputError("too long", "Shorten."), RuntimeError("?")])
def test_what_the_model_raises_is_told_and_what_was_written_stays(workspace, conversation, error):
    model = Speaker([["A ", error]])
    with pytest.raises(type(error)):
        written(ask(workspace, conversation.id, "What?", opener=lambda: model))
    (turn,) = turns(workspace, conversation.id)
    assert (turn.answer, turn.state) == ("A ", "broken off")


def test_a_model_that_cannot_be_opened_leaves_the_question(workspace, conversation):
    def opener() -> Speaker:
        raise SetupError("There is no model tiny.", "Add it.")

    with pytest.raises(SetupError):
        written(ask(workspace, conversation.id, "What?", opener=opener))
    model = Speaker([["A rope."]])
    written(ask(workspace, conversation.id, "And now?", opener=lambda: model))
    assert [turn.question for turn in turns(workspace, conversation.id)] == ["What?", "And now?"]
    assert model.asked == [[Message("user", "And now?")]]  # a question without an answer would break templates


def test_a_cut_answer_says_so_and_goes_on_from_its_last_whole_word(workspace, conversation):
    model = Speaker([["The winch holds ten ton"], ["tonnes", " in all."]], is_complete=False)
    assert written(ask(workspace, conversation.id, "How much?", opener=lambda: model)).state == "cut"
    model.is_complete = True
    turn = written(go_on(workspace, conversation.id, opener=lambda: model))
    assert (turn.answer, turn.state) == ("The winch holds ten tonnes in all.", "complete")
    assert model.asked[-1][-1] == Message("assistant", "The winch holds ten")
    assert [each.answer for each in turns(workspace, conversation.id)] == [turn.answer]


@pytest.mark.parametrize(
    ("answer", "kept"),
    [("", ("", "")), ("Half", ("", "")), ("a\n\nb", ("a", "\n\n")), ("a b ", ("a b", " ")), (" x", ("", ""))],
)
def test_the_last_word_is_written_anew(answer, kept):
    assert answering._last_whole_word(answer) == kept


def test_answering_again_replaces_the_last_answer_and_keeps_what_was_judged_out_of_sight(workspace, conversation):
    model = Speaker([["Chalk."], ["Cheese."], ["A rope."]])
    written(ask(workspace, conversation.id, "What holds it?", opener=lambda: model))
    written(ask_again(workspace, conversation.id, opener=lambda: model))
    assert [turn.answer for turn in find(workspace.db, ChatTurn)] == ["Cheese."]
    judge(workspace, turns(workspace, conversation.id)[0].id, "down")
    written(ask_again(workspace, conversation.id, question="What holds the winch?", opener=lambda: model))
    (shown,) = turns(workspace, conversation.id)
    assert (shown.question, shown.answer, shown.number) == ("What holds the winch?", "A rope.", 1)
    assert [(turn.answer, turn.thumb) for turn in find(workspace.db, ChatTurn, is_replaced=True)] == [("Cheese.", "down")]
    assert [message.content for message in model.asked[-1]] == ["What holds the winch?"]


def test_a_conversation_deleted_meanwhile_ends_the_answer_and_stays_deleted(workspace, conversation, monkeypatch):
    monkeypatch.setattr(answering, "STORE_S", 0.0)
    with ask(workspace, conversation.id, "What?", opener=lambda: Speaker([["x "] * 100_000])) as writing:
        looks = iter(writing)
        next(looks)
        delete_for_good(workspace, conversation.id)
        for _ in looks:
            pass
    assert find(workspace.db, ChatTurn) == [] and find(workspace.db, Conversation) == []


@pytest.mark.parametrize("question", ["", " ", "\n\t"])
def test_nothing_is_asked_without_a_question(workspace, conversation, question):
    with pytest.raises(InputError, match="no question"):
        ask(workspace, conversation.id, question, opener=lambda: Speaker([]))
    with pytest.raises(InputError, match="Nothing was asked"):
        ask_again(workspace, conversation.id, opener=lambda: Speaker([]))
    with pytest.raises(InputError, match="Nothing was asked"):
        go_on(workspace, conversation.id, opener=lambda: Speaker([]))


def _leave_an_answer(workspace, conversation):
    model = Speaker([[f"tick {number} " for number in range(9_999)]], before_each=lambda: time.sleep(0.01))
    with ask(workspace, conversation.id, "What?", opener=lambda: model) as writing:
        next(iter(writing))


def test_a_stop_that_ended_the_answer_before_it_was_heard_is_a_stop_still(workspace, conversation):
    _leave_an_answer(workspace, conversation)
    stop(workspace, conversation.id)
    assert [turn.state for turn in turns(workspace, conversation.id)] == ["stopped"]


def test_what_broke_off_earlier_stays_so(workspace, conversation):
    _leave_an_answer(workspace, conversation)
    (turn,) = turns(workspace, conversation.id)
    update(workspace.db, ChatTurn, turn.id, written_at="2026-01-01T00:00:00.000+00:00")
    stop(workspace, conversation.id)
    assert [turn.state for turn in turns(workspace, conversation.id)] == ["broken off"]


def test_an_answer_that_only_repeats_itself_is_ended_and_says_so(workspace, conversation):
    ticks = iter(range(10**6))
    model = Speaker([["The rope holds the winch. "] * 10_000])
    with ask(workspace, conversation.id, "What?", opener=lambda: model, clock=lambda: float(next(ticks))) as writing:
        list(writing)
    (turn,) = turns(workspace, conversation.id)
    assert turn.state == "repeating" and len(turn.answer) < 10_000 and turn.pace
