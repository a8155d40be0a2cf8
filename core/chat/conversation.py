"""Conversations and timed answers. Depends on models only through `ChatModel`."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from core.chat.repeating import until_repeating
from core.chat.room import Room
from core.errors import InputError
from core.models.text import Message, Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A model's answer and its speed."""

    text: str
    token_count: int
    first_token_s: float  # from the question to the first piece of text, in seconds
    tokens_per_second: float  # as timed by the engine; otherwise the tokens after the first over their time
    is_complete: bool = True  # not cut at its longest, nor ended as below
    is_repeating: bool = False  # it was ended because it only repeated itself

    @property
    def whole_s(self) -> float:
        """How long it took from the question to the last words, in seconds."""
        return self.first_token_s + (self.token_count / self.tokens_per_second if self.tokens_per_second else 0.0)

    @property
    def is_empty(self) -> bool:
        """Whether the model wrote nothing but whitespace."""
        return not self.text.strip()


class ChatModel(Protocol):
    """A model to chat with, or a fake in tests."""

    @property
    def backend(self) -> str:
        """What runs it: "llama.cpp", "transformers", or the name of a host."""
        ...

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        """Yield the answer to the last message in pieces and return its pace; closing the stream stops the model.

        Safe to call from several threads; if the model answers only one request at a time, the others wait.

        Args:
            messages: the conversation, oldest first, ending with the user's; or with a begun answer to go on with.
            max_tokens: longest answer.
            temperature: 0 gives the likeliest answer, the same every time.

        Raises:
            TooLong: the conversation is longer than the model can read.
        """
        ...

    def room(self, messages: Sequence[Message]) -> Room | None:
        """Return how long a conversation is for this model and how much it reads; None if that cannot be known.

        Raises:
            SetupError: the model cannot be loaded or reached.
        """
        ...

    def close(self) -> None:
        """Free the memory. Calling it twice is harmless."""
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
        model: the model to ask.
        messages: the conversation, oldest first.
        max_tokens: longest answer.
        temperature: 0 gives the likeliest answer.
        on_piece: called with each piece of text as it arrives; if it raises, the model is stopped.
        clock: returns the time in seconds.

    Raises:
        InputError: there is nothing to answer, or the conversation is too long for the model.
    """
    if not messages or messages[-1].role != "user" or not messages[-1].content.strip():
        raise InputError("There is no question to answer.", "Write a message first.")
    pieces: list[str] = []
    started_s = first_s = clock()
    with closing(until_repeating(model.stream(messages, max_tokens=max_tokens, temperature=temperature))) as stream:
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
    measured = max(0, pace.token_count - 1) / writing_s if pieces and writing_s > 0 else 0.0  # the first is waiting time
    return Answer(
        text=text,
        token_count=pace.token_count,
        first_token_s=(first_s if pieces else ended_s) - started_s,
        tokens_per_second=measured if pace.tokens_per_second is None else pace.tokens_per_second,
        is_complete=pace.is_complete,
        is_repeating=pace.is_repeating,
    )
