"""The questions and answers of a conversation as they are stored."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from core.records import ChatTurn, Conversation
from core.services.chat.conversations import own_conversation
from core.storage import Permitted, Workspace, find, get, update
from core.storage.traceless import traceless

SILENT_S = 10.0  # an answer that was not stored for so long has no writer any more: it is stored every second


def turns(workspace: Workspace, conversation_id: str) -> list[ChatTurn]:
    """Return a conversation's questions and answers, oldest first; an answer whose writer has gone is "broken off".

    Raises:
        InputError: there is no such conversation of the acting person.
    """
    conversation, permitted = own_conversation(workspace, conversation_id)
    stored = find(permitted.db, ChatTurn, conversation_id=conversation.id, is_replaced=False, order="number, rowid")
    return [replace(turn, state="broken off") if is_abandoned(turn) else turn for turn in stored]


def own_turn(workspace: Workspace, turn_id: str) -> tuple[ChatTurn, Conversation, Permitted]:
    """Return a turn of one of the acting person's conversations, the conversation, and the workspace for what follows.

    Raises:
        InputError: there is none with this id, or it is in somebody else's conversation.
        AccessError: the actor may not chat in its project any more.
    """
    turn = get(workspace.db, ChatTurn, turn_id)
    return turn, *own_conversation(workspace, turn.conversation_id)


def is_abandoned(turn: ChatTurn) -> bool:
    """Return whether an answer was being written by something that has gone."""
    return turn.state == "writing" and silent_s(turn) > SILENT_S


def silent_s(turn: ChatTurn) -> float:
    """Return how long ago an answer was last stored, in seconds."""
    return (datetime.now(UTC) - datetime.fromisoformat(turn.written_at)).total_seconds()


def store_answer(permitted: Permitted, turn: ChatTurn) -> bool:
    """Store how far an answer is; return whether its writer may go on: not if it was stopped or deleted meanwhile."""
    with traceless(permitted.db):
        stored = find(permitted.db, ChatTurn, id=turn.id)
        is_written = bool(stored) and stored[0].state == "writing"
        state = {"state": turn.state} if is_written else {}  # whoever stopped it has said what became of it
        changed: dict[str, Any] = {
            name: getattr(turn, name) for name in ("answer", "pace", "sources", "remembered", "written_at")
        }
        update(permitted.db, ChatTurn, turn.id, **changed, **state)
    return is_written
