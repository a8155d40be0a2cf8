"""The seam between Garrison and whatever writes text: many prompts in, completions out as they are ready."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What one completion continues, after a prefix that all prompts of a call share.

    `tokens` are a whole prompt in place of `text`, read as they are, and of what all of them begin with a prefix is made;
    `start` is text that the completion must begin with (and does: it is part of the completion's text);
    `schema` a JSON schema, as JSON, that the whole completion must satisfy, or "" for free text;
    `ends` are tokens and `stops` texts that end it, besides the tokens that the model's file names;
    `expected` are the tokens of the right completion: how unlikely the model finds them is measured before it writes.
    """

    text: str = ""
    tokens: tuple[int, ...] = ()
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
    """What came back for the prompt at position `index`; not `is_complete` when cut off at `max_tokens`."""

    index: int
    text: str
    token_count: int  # tokens the model wrote, `start` not counted
    is_complete: bool
    nats: float | None = None  # mean cross-entropy of the expected tokens, in nats; None where none were expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What was counted while a model answered."""

    read_count: int  # tokens of the prompt
    cached_count: int  # of these, those that were in memory already
    token_count: int  # tokens written
    tokens_per_second: float  # while writing; 0.0 where nobody timed it
    is_complete: bool  # not cut off at the longest answer


class TextGenerator(Protocol):
    """Anything that completes prompts: the GGUF model, or a fake in a test."""

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """One completion for every prompt, in the order in which they become ready.

        Args:
            prompts: what to complete.
            prefix: text that stands before every prompt, read once.

        Raises:
            ModelError: the model failed while writing.
            InputError: a prompt does not fit into the model's context.
        """
        ...
