"""A conversation that its model cannot read any more goes on with a note, and nothing is left out without a word."""

from collections.abc import Sequence

import pytest

from core.chat import Message
from core.chat.room import TooLong
from core.errors import InputError, ModelError, SetupError
from core.records import ChatNote, ChatSetup, ChatTurn, Conversation
from core.services.chat.answering import Writing, ask, ask_again
from core.services.chat.conversations import begin, own_conversation
from core.services.chat.earlier.notes import edit_note, write_note_anew
from core.services.chat.earlier.telling import Doing
from core.services.chat.turns import turns
from core.storage import update
from tests.access.conftest import SignIn, signed_in  # noqa: F401 - a fixture
from tests.services.chat.conftest import Speaker

READS = 400
ANSWER = ["Part of an answer. " * 25]  # 100 words
SUMMARY = "It was about parts."


def written(writing: Writing) -> None:
    with writing:
        list(writing)


@pytest.fixture
def long_talk(workspace, project) -> Conversation:
    """Three turns of 104 words: with the next question less is left than the quarter of 400 kept free for the answer."""
    setup = ChatSetup(answerer="tiny", instruction="Be brief.")
    conversation = begin(workspace, project, "What is part 1?", setup=setup)
    model = Speaker([ANSWER] * 3)
    for number in (1, 2, 3):
        written(ask(workspace, conversation.id, f"What is part {number}?", opener=lambda: model))
    return conversation


def asked(workspace, conversation: Conversation, answers: Sequence[Sequence[str | Exception]], question="And part 4?"):
    model = Speaker(list(answers), reads=READS)
    written(ask(workspace, conversation.id, question, opener=lambda: model))
    note = own_conversation(workspace, conversation.id)[0].note
    assert note
    return note, model


def test_before_the_limit_the_earlier_part_becomes_a_note_that_the_model_is_told_instead(workspace, long_talk):
    note, model = asked(workspace, long_talk, [[SUMMARY], ["A part."]])
    assert note == ChatNote(text=SUMMARY, until=2, origin="summary")
    assert model.asked[1] == [
        Message("system", f"Be brief.\n\nEarlier in this conversation: {SUMMARY}"),
        Message("user", "What is part 3?"),
        Message("assistant", ANSWER[0]),
        Message("user", "And part 4?"),
    ]
    shown = turns(workspace, long_talk.id)
    assert [turn.answer for turn in shown] == [*ANSWER * 3, "A part."] and shown[-1].state == "complete"


def test_whoever_waits_is_told_what_is_noted_and_how_far_it_is(workspace, long_talk):
    model, done = Speaker([[f"{word} " for word in SUMMARY.split()], ["A part."]], reads=READS), []
    with ask(workspace, long_talk.id, "And part 4?", opener=lambda: model) as writing:
        model.before_each = lambda: done.append(writing.doing)  # in the thread that writes
        list(writing)
    assert done == [
        None,
        *(Doing(kind="noting", done=2, count=2, text=text) for text in ("It ", "It was ", "It was about ")),
        None,
    ]


def test_the_next_question_begins_as_this_one_did_and_needs_no_new_note(workspace, long_talk):
    note, first = asked(workspace, long_talk, [[SUMMARY], ["A part."]])
    again, second = asked(workspace, long_talk, [["Yes."]], "Sure?")
    assert again == note and second.asked[0][: len(first.asked[1])] == first.asked[1]


@pytest.mark.parametrize("summary", [[], ["The rope holds. "] * 500, [ModelError("no", "")]])
def test_without_a_usable_summary_the_beginnings_of_the_questions_stand(workspace, long_talk, summary):
    note, model = asked(workspace, long_talk, [summary, ["A part."]])
    assert note.text == "The person asked:\n- What is part 1?\n- What is part 2?" and note.origin == "beginnings"
    assert turns(workspace, long_talk.id)[-1].answer == "A part." and note.text in model.asked[1][0].content


def test_a_model_that_is_gone_leaves_question_and_conversation_as_they_were(workspace, long_talk):
    model = Speaker([[SetupError("gone", "Add it.")]], reads=READS)
    with pytest.raises(SetupError):
        written(ask(workspace, long_talk.id, "And part 4?", opener=lambda: model))
    assert own_conversation(workspace, long_talk.id)[0].note is None
    assert turns(workspace, long_talk.id)[-1].question == "And part 4?"


def test_each_step_of_a_note_is_stored_as_it_is_done(workspace, long_talk):
    """As when the process is killed between two steps: the second fails here."""
    update(workspace.db, ChatTurn, turns(workspace, long_talk.id)[1].id, answer="word " * 380)
    model = Speaker([[SUMMARY], [SetupError("gone", "Add it.")]], reads=READS)
    with pytest.raises(SetupError):
        written(ask(workspace, long_talk.id, "And part 4?", opener=lambda: model))
    note = own_conversation(workspace, long_talk.id)[0].note
    assert note and (note.text, note.until) == (SUMMARY, 1)


def test_a_question_longer_than_the_model_reads_is_refused_in_words(workspace, long_talk):
    class Refusing(Speaker):
        def stream(self, messages, *, max_tokens, temperature):
            room = self.room(messages)
            if room and room.left < 1:
                raise TooLong("This message is longer than the model can read.", "Shorten it.")
            return (yield from super().stream(messages, max_tokens=max_tokens, temperature=temperature))

    model = Refusing([["One."], ["Two."], ["Three."]], reads=READS)
    with pytest.raises(TooLong, match="This message"):
        written(ask(workspace, long_talk.id, "word " * 500, opener=lambda: model))
    assert turns(workspace, long_talk.id)[-1].state == "broken off"
    written(ask_again(workspace, long_talk.id, question="And part 4?", opener=lambda: Speaker([["A part."]], reads=READS)))
    assert turns(workspace, long_talk.id)[-1].answer == "A part."


def test_a_host_that_does_not_tell_how_much_it_reads_is_asked_for_a_note_once_it_refuses(workspace, long_talk):
    model = Speaker([[TooLong("no", "")], [SUMMARY], ["A part."]])
    written(ask(workspace, long_talk.id, "And part 4?", opener=lambda: model))
    note = own_conversation(workspace, long_talk.id)[0].note
    assert note == ChatNote(text=SUMMARY, until=2, origin="summary")
    assert turns(workspace, long_talk.id)[-1].answer == "A part."
    first = Speaker([[TooLong("no", "")]])
    conversation = begin(workspace, own_project(workspace, long_talk), "What?", setup=long_talk.setup)
    with pytest.raises(TooLong):
        written(ask(workspace, conversation.id, "What?", opener=lambda: first))


def own_project(workspace, conversation: Conversation):
    from core.records import Project
    from core.storage import get

    return get(workspace.db, Project, conversation.project_id)


def test_a_note_is_changed_and_the_model_is_told_the_changed_one(workspace, long_talk):
    asked(workspace, long_talk, [[SUMMARY], ["A part."]])
    edit_note(workspace, long_talk.id, "  We talk about parts of a winch. ")
    note, model = asked(workspace, long_talk, [["Yes."]], "Sure?")
    assert note == ChatNote(text="We talk about parts of a winch.", until=2, origin="summary", is_edited=True)
    assert model.asked[0][0].content.endswith("Earlier in this conversation: We talk about parts of a winch.")
    for text in ("", " \n", "x" * 4001):
        with pytest.raises(InputError, match="A note has"):
            edit_note(workspace, long_talk.id, text)


def test_a_note_written_anew_stands_for_the_same_turns_and_replaces_the_old_one_when_it_is_whole(workspace, long_talk):
    asked(workspace, long_talk, [["Wrong."], ["A part."]])
    edit_note(workspace, long_talk.id, "Mine.")
    steps = write_note_anew(workspace, long_talk.id, opener=lambda: Speaker([["It was ", "about parts."]], reads=READS))
    assert next(steps).note.text == "It was "
    note = own_conversation(workspace, long_talk.id)[0].note
    assert note and note.text == "Mine."
    list(steps)
    assert own_conversation(workspace, long_talk.id)[0].note == ChatNote(
        text="It was about parts.", until=2, origin="summary"
    )


def test_without_a_note_there_is_nothing_to_change(workspace, long_talk):
    with pytest.raises(InputError, match="no note"):
        edit_note(workspace, long_talk.id, "x")
    with pytest.raises(InputError, match="no note"):
        next(write_note_anew(workspace, long_talk.id, opener=lambda: Speaker([])))


def test_nobody_reads_or_changes_another_persons_note(workspace, project, long_talk, signed_in: SignIn):  # noqa: F811
    asked(workspace, long_talk, [[SUMMARY], ["A part."]])
    bob = signed_in("bob", ("owner",), project)
    for act in (
        lambda: edit_note(bob, long_talk.id, "Mine."),
        lambda: next(write_note_anew(bob, long_talk.id, opener=lambda: Speaker([["x"]]))),
    ):
        with pytest.raises(InputError, match="There is no conversation"):
            act()
    note = own_conversation(workspace, long_talk.id)[0].note
    assert note and note.text == SUMMARY
