"""Let several models answer the same question at the same time."""

import queue
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from core.chat.conversation import Answer, ChatModel, answer
from core.models.text import Message


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the answer of model number `side`, as it is written."""

    side: int
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The whole answer of model number `side`, or why there is none."""

    side: int
    answer: Answer | None
    error: Exception | None = None


class _Left(Exception):  # noqa: N818 nobody sees it: it only ends the threads of a comparison that was left
    pass


def together(
    models: Sequence[ChatModel], messages: Sequence[Message], *, max_tokens: int, temperature: float = 0.0
) -> Generator[Piece | Ended]:
    """Yield the pieces of all answers as they come, and each answer's end.

    Each model answers in a thread of its own. Closing this generator stops them all, each at its next piece.

    Args:
        models: N models.
        messages: the conversation, oldest first, ending with the question.
        max_tokens: longest answer.
        temperature: 0 gives the likeliest answer.
    """
    told: queue.SimpleQueue[Piece | Ended] = queue.SimpleQueue()
    left = threading.Event()

    def ask(side: int, model: ChatModel) -> None:
        def tell(piece: str) -> None:
            if left.is_set():
                raise _Left
            told.put(Piece(side, piece))

        try:
            given = answer(model, messages, max_tokens=max_tokens, temperature=temperature, on_piece=tell)
        except Exception as error:  # raised, or shown, where the answers are listened to
            told.put(Ended(side, None, error))
        else:
            told.put(Ended(side, given))

    for side, model in enumerate(models):
        threading.Thread(target=ask, args=(side, model), name=f"compared-{side}", daemon=True).start()
    open_count = len(models)
    try:
        while open_count:
            said = told.get()
            open_count -= isinstance(said, Ended)
            yield said
    finally:
        left.set()
