"""How much of a conversation a model reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.models.text import Message

WORDS_A_TOKEN = 0.75  # of English, about
CHARACTERS_A_TOKEN = 3  # at least, of English: it is rather four


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How long a conversation is, and how much its model reads, answer included: in tokens."""

    taken: int
    readable: int
    made_for: int = 0  # more than `readable` where memory does not hold all that the model was made for

    @property
    def left(self) -> int:
        """What is left for an answer; less than 1 if the conversation is too long."""
        return self.readable - self.taken


class TooLong(InputError):
    """A conversation that leaves no room for an answer."""


def too_long(messages: Sequence[Message], room: Room | None) -> TooLong:
    """Build the error in words that need no knowledge of models; without a room it names no lengths."""
    what = "message" if len([message for message in messages if message.role == "user"]) == 1 else "conversation"
    if room is None:
        return TooLong(f"This {what} is longer than the model can read.", "Start a new conversation or shorten the message.")
    words, readable = (f"{round(tokens * WORDS_A_TOKEN, -1):,.0f}" for tokens in (room.taken, room.readable))
    told = f"This {what} has about {words} words; this model reads about {readable}, its answer included."
    if room.readable < room.made_for:
        return TooLong(
            f"{told} Memory does not hold more.", "Close other programs, start a new conversation or shorten the message."
        )
    return TooLong(told, "Start a new conversation or shorten the message.")


def guessed_tokens(messages: Sequence[Message]) -> int:
    """Return at least how many tokens a conversation has, where nobody counts them."""
    return sum(len(message.content) // CHARACTERS_A_TOKEN + 8 for message in messages)  # 8 for a turn's marks
