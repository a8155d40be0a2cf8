"""The note of a long conversation: what the model is told in place of the turns that it cannot read any more."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from core.chat import ChatModel
from core.chat.noting import LONGEST_NOTE, NoteSoFar, Told, noted
from core.errors import InputError
from core.records import ChatNote, Conversation
from core.services.chat.conversations import own_conversation
from core.services.chat.keeping.stored_form import StoredForm
from core.services.chat.turns import turns
from core.storage import Permitted, Workspace, update
from core.storage.traceless import traceless


def store_note(permitted: Permitted, conversation: Conversation, note: ChatNote) -> None:
    """Store a note with its conversation, in place of the one before."""
    note = replace(note, text=StoredForm(permitted, conversation.project_id).of(note.text))
    with traceless(permitted.db):
        update(permitted.db, Conversation, conversation.id, note=note)


def edit_note(workspace: Workspace, conversation_id: str, text: str) -> None:
    """Give a conversation's note other words, which the model is told from the next question on.

    Raises:
        InputError: the text is empty or too long, there is no note, or no such conversation of the acting person.
    """
    conversation, permitted, note = _noted(workspace, conversation_id)
    words = text.strip()
    if not words or len(words) > 2 * LONGEST_NOTE:
        raise InputError(
            f"A note has 1 to {2 * LONGEST_NOTE:,} characters.", "Write what the model is to know of these turns."
        )
    if words != note.text:
        store_note(permitted, conversation, replace(note, text=words, is_edited=True))


def write_note_anew(workspace: Workspace, conversation_id: str, *, opener: Callable[[], ChatModel]) -> Iterator[NoteSoFar]:
    """Let the model write the note of the same turns again, and yield it as it grows. It is stored when it is whole.

    Raises:
        InputError: there is no note, or no such conversation of the acting person.
        SetupError: the model cannot be opened or reached.
    """
    conversation, permitted, note = _noted(workspace, conversation_id)
    told = [
        Told(turn.number, turn.question, turn.answer)
        for turn in turns(workspace, conversation_id)
        if turn.number <= note.until and turn.answer.strip()
    ]
    for step in noted(opener(), told):
        if step.is_whole and step.note.until == told[-1].number:
            store_note(permitted, conversation, replace(step.note, until=note.until))
        yield step


def _noted(workspace: Workspace, conversation_id: str) -> tuple[Conversation, Permitted, ChatNote]:
    conversation, permitted = own_conversation(workspace, conversation_id)
    if conversation.note is None:
        raise InputError(
            "There is no note in this conversation.", "Notes are written where a conversation becomes too long."
        )
    return conversation, permitted, conversation.note
