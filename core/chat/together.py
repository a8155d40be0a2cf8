"""Let models answer at the same time: several the same question, or one several questions."""

import queue
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from core.chat.conversation import Answer, ChatModel, answer
from core.models.text import Message


@dataclass(frozen=True, slots=True)
class Ask:
    """A model, and the conversation that it is to answer: oldest first, ending with the question."""

    model: ChatModel
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the answer to what was asked at place `side`, as it is written."""

    side: int
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The whole answer to what was asked at place `side`, or why there is none."""

    side: int
    answer: Answer | None
    error: Exception | None = None


class _Left(Exception):  # noqa: N818 nobody sees it: it only ends the threads of a comparison that was left
    pass


def together(
    asks: Sequence[Ask], *, max_tokens: int, temperature: float = 0.0, at_once: int | None = None
) -> Generator[Piece | Ended]:
    """Yield the pieces of all answers as they come, and each answer's end.

    Each answer is written in a thread. Closing this generator stops them all, each at its next piece.

    Args:
        asks: N models with what they are asked; a model may be among them several times.
        max_tokens: longest answer.
        temperature: 0 gives the likeliest answer.
        at_once: how many answers are written at the same time; None for all of them.
    """
    told: queue.SimpleQueue[Piece | Ended] = queue.SimpleQueue()
    waiting: queue.SimpleQueue[tuple[int, Ask]] = queue.SimpleQueue()
    left = threading.Event()

    def work() -> None:
        while not left.is_set():
            try:
                side, ask = waiting.get_nowait()
            except queue.Empty:
                return
            told.put(_answered(side, ask, told, left, max_tokens=max_tokens, temperature=temperature))

    for place in enumerate(asks):
        waiting.put(place)
    for number in range(min(len(asks), at_once or len(asks))):
        threading.Thread(target=work, name=f"compared-{number}", daemon=True).start()
    open_count = len(asks)
    try:
        while open_count:
            said = told.get()
            open_count -= isinstance(said, Ended)
            yield said
    finally:
        left.set()


def _answered(
    side: int,
    ask: Ask,
    told: "queue.SimpleQueue[Piece | Ended]",
    left: threading.Event,
    *,
    max_tokens: int,
    temperature: float,
) -> Ended:
    """Let a model answer, telling each piece as it comes; return the answer, or why there is none."""

    def tell(piece: str) -> None:
        if left.is_set():
            raise _Left
        told.put(Piece(side, piece))

    try:
        given = answer(ask.model, ask.messages, max_tokens=max_tokens, temperature=temperature, on_piece=tell)
    except Exception as error:  # raised, or shown, where the answers are listened to
        return Ended(side, None, error)
    return Ended(side, given)
