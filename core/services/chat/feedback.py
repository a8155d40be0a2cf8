"""What a person thinks of an answer: a thumb, what it should have been, or that it should not have been one.

It is kept with the answer and, apart from the conversation, for the experts of the project (`core.services.feedback`).
"""

from dataclasses import replace
from typing import Any

from core.errors import InputError
from core.records import LONGEST_SAID, ChatTurn, Project, Thumb
from core.services.chat.keeping.policy import is_from_before_masking
from core.services.chat.keeping.stored_form import StoredForm
from core.services.chat.turns import own_turn
from core.services.feedback.sharing import share
from core.storage import Permitted, Workspace, get, update
from core.storage.traceless import empty_log, traceless


def judge(workspace: Workspace, turn_id: str, thumb: Thumb | None) -> None:
    """Keep whether an answer was good; None takes the thumb back.

    Raises:
        InputError: there is no such answer in a conversation of the acting person.
    """
    _keep(workspace, turn_id, thumb=thumb)


def correct(workspace: Workspace, turn_id: str, correction: str) -> None:
    """Keep what an answer should have been; an empty text takes the correction back.

    Raises:
        InputError: the text is too long, or there is no such answer in a conversation of the acting person.
    """
    if len(correction) > LONGEST_SAID:
        raise InputError(f"A correction has at most {LONGEST_SAID:,} characters.", "Shorten it.")
    turn, conversation, permitted = own_turn(workspace, turn_id)
    form = StoredForm(permitted, conversation.project_id, said=(turn.question, turn.answer))
    _keep(workspace, turn_id, correction=form.of(correction.strip()) or None)


def call_unanswerable(workspace: Workspace, turn_id: str, *, is_unanswerable: bool) -> None:
    """Keep that an answer should have been that the documents do not say, or take that back.

    Raises:
        InputError: there is no such answer in a conversation of the acting person.
    """
    _keep(workspace, turn_id, is_unanswerable=is_unanswerable)


def _keep(workspace: Workspace, turn_id: str, **changes: Any) -> None:
    turn, conversation, permitted = own_turn(workspace, turn_id)
    shared = _masked(permitted, conversation.project_id, replace(turn, **changes))
    with traceless(permitted.db):
        update(permitted.db, ChatTurn, turn.id, **changes)
        share(permitted, conversation.project_id, shared)
    if turn.is_judged:  # some of it may have been taken back
        empty_log(permitted.db)


def _masked(permitted: Permitted, project_id: str, turn: ChatTurn) -> ChatTurn:
    """Return a turn as others may see it: masked, if it was said before masking began in its project."""
    if not is_from_before_masking(get(permitted.db, Project, project_id).retention, turn.created_at):
        return turn
    form = StoredForm(permitted, project_id, said=(turn.correction or "",))
    correction = form.of(turn.correction) if turn.correction else None
    return replace(turn, question=form.of(turn.question), answer=form.of(turn.answer), correction=correction)
