"""A conversation, an answer to it with its timing, and two answers to compare. Knows models through `ChatModel` alone."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal, Protocol

from core.errors import InputError
from core.models.text import Pace

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model wrote, and how fast."""

    text: str
    token_count: int
    first_token_s: float  # from the question to the first piece of text, in seconds
    tokens_per_second: float  # while writing, as the engine times it; else tokens after the first over their time

    @property
    def is_empty(self) -> bool:
        """The model ended without a word."""
        return not self.text.strip()


class ChatModel(Protocol):
    """A model that answers, or a fake in a test."""

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        """Write the answer to the last message, piece by piece; closing the stream stops the model.

        What comes back at its end is what was counted. Several threads may ask at once; where a model answers one at a
        time, the others wait.

        Args:
            messages: the conversation, oldest first, ending with the user's.
            max_tokens: longest answer.
            temperature: 0 gives the likeliest answer, the same every time.

        Raises:
            InputError: the conversation is longer than the model can read.
        """
        ...

    def close(self) -> None:
        """Free the memory; harmless when called twice."""
        ...


def answer(
    model: ChatModel,
    messages: Sequence[Message],
    *,
    max_tokens: int = 256,
    temperature: float = 0.0,
    on_piece: Callable[[str], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Answer:
    """Let `model` answer the last message.

    Args:
        model: who answers.
        messages: the conversation, oldest first.
        max_tokens: longest answer.
        temperature: 0 gives the likeliest answer.
        on_piece: called with each piece of text as it comes; when it raises, the model is stopped.
        clock: gives seconds.

    Raises:
        InputError: there is nothing to answer, or the conversation is too long for the model.
    """
    if not messages or messages[-1].role != "user" or not messages[-1].content.strip():
        raise InputError("There is no question to answer.", "Write a message first.")
    pieces: list[str] = []
    started_s = first_s = clock()
    with closing(model.stream(messages, max_tokens=max_tokens, temperature=temperature)) as stream:
        while True:
            try:
                piece = next(stream)
            except StopIteration as end:
                pace: Pace = end.value
                break
            if not pieces:
                first_s = clock()
            pieces.append(piece)
            if on_piece:
                on_piece(piece)
    ended_s = clock()
    text = "".join(pieces)
    writing_s = ended_s - first_s
    measured = max(0, pace.token_count - 1) / writing_s if pieces and writing_s > 0 else 0.0  # the first was waited for
    return Answer(
        text=text,
        token_count=pace.token_count,
        first_token_s=(first_s if pieces else ended_s) - started_s,
        tokens_per_second=pace.tokens_per_second or measured,
    )


def compare(
    left: ChatModel,
    right: ChatModel,
    prompt: str,
    *,
    max_tokens: int = 256,
    temperature: float = 0.0,
    on_piece: Callable[[Literal["left", "right"], str], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Answer, Answer]:
    """Ask both the same, one after the other so that neither slows the other down; the left and the right answer.

    Raises:
        InputError: there is nothing to answer, or the prompt is too long for one of them.
    """
    messages = [Message("user", prompt)]
    sides: tuple[tuple[Literal["left", "right"], ChatModel], ...] = (("left", left), ("right", right))
    answers = [
        answer(
            model,
            messages,
            max_tokens=max_tokens,
            temperature=temperature,
            on_piece=(lambda piece, side=side: on_piece(side, piece)) if on_piece else None,  # type: ignore[misc]
            clock=clock,
        )
        for side, model in sides
    ]
    return answers[0], answers[1]
