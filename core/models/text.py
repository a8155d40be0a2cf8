"""The interface between Garrison and its text generators: many prompts in, completions out as they become ready."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt to complete, following a prefix that all prompts of a call share.

    Attributes:
        text: the prompt, after the prefix.
        tokens: a whole prompt in place of `text`, used as it is; the prefix is then whatever all such prompts begin with.
        messages: a conversation in place of `text`, formatted by the model's own chat template; contents are always plain
            text, whatever control tokens they spell.
        start: text the completion is forced to begin with; it is included in the completion's text.
        schema: JSON schema (as JSON) that the whole completion must satisfy; "" for free text.
        max_tokens: longest completion.
        temperature: randomness of the choice; 0 always picks the likeliest token.
        seed: seed of the choice for temperatures above 0.
        ends: tokens that end the completion, in addition to those named in the model's file.
        stops: texts that end the completion.
        expected: tokens of the correct completion; their likelihood is measured before the model writes.
    """

    text: str = ""
    tokens: tuple[int, ...] = ()
    messages: tuple[Message, ...] = ()
    start: str = ""
    schema: str = ""
    max_tokens: int = 64
    temperature: float = 0.0  # 0: always the likeliest token
    seed: int = 0
    ends: tuple[int, ...] = ()
    stops: tuple[str, ...] = ()
    expected: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The completion of the prompt at position `index`. `is_complete` is False if it was cut off at `max_tokens`."""

    index: int
    text: str
    token_count: int  # tokens the model wrote, excluding `start`
    is_complete: bool
    nats: float | None = None  # mean cross-entropy of the expected tokens, in nats; None if none were expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Token counts and speed of one answer. The first two are 0 if the model was stopped before it told them."""

    read_count: int  # tokens of the prompt
    cached_count: int  # of these, already in the cache
    token_count: int  # tokens written
    tokens_per_second: float | None  # while writing; None if not measured
    is_complete: bool  # not cut off at the token limit, nor ended as below
    is_repeating: bool = False  # it was ended because it only repeated itself


class TextGenerator(Protocol):
    """Anything that completes prompts: a GGUF model, a model on an allowed host, or a fake in tests."""

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """Yield one completion per prompt, in the order in which they become ready.

        Args:
            prompts: what to complete, all of them as text, as tokens or as conversations.
            prefix: text that precedes every prompt, read only once.

        Raises:
            ModelError: the model failed while writing.
            InputError: a prompt does not fit the model's context.
        """
        ...
