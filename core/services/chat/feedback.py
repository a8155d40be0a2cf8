"""What a person thinks of an answer: a thumb, and what it should have been. Kept with the answer."""

from core.errors import InputError
from core.records import ChatTurn, Thumb
from core.services.chat.turns import own_turn
from core.storage import Workspace, update
from core.storage.traceless import traceless

LONGEST_CORRECTION = 20_000  # characters


def judge(workspace: Workspace, turn_id: str, thumb: Thumb | None) -> None:
    """Keep whether an answer was good; None takes the thumb back.

    Raises:
        InputError: there is no such answer in a conversation of the acting person.
    """
    turn, _, permitted = own_turn(workspace, turn_id)
    with traceless(permitted.db):
        update(permitted.db, ChatTurn, turn.id, thumb=thumb)


def correct(workspace: Workspace, turn_id: str, correction: str) -> None:
    """Keep what an answer should have been; an empty text takes the correction back.

    Raises:
        InputError: the text is too long, or there is no such answer in a conversation of the acting person.
    """
    turn, _, permitted = own_turn(workspace, turn_id)
    if len(correction) > LONGEST_CORRECTION:
        raise InputError(f"A correction has at most {LONGEST_CORRECTION:,} characters.", "Shorten it.")
    with traceless(permitted.db):
        update(permitted.db, ChatTurn, turn.id, correction=correction.strip() or None)
