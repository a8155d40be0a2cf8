"""Conversations as tokens: the one place where they become so, in training, in chat and in evaluation.

What people and documents say is text, whatever it spells: `<|im_end|>` in a content ends no turn. Marks are what the
template writes, and only that. Where no content spells one, the whole conversation is one string for the tokenizer.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.models.templates import FALLBACK_STOPS, FALLBACK_TEMPLATE, render

QUESTION = {"role": "user", "content": "?"}
WORDS = "\u241fanswer\u241f"  # stands for an answer's words where a template is looked at
STAND_INS = range(0xF0000, 0xFFFFE)  # a plane of Unicode for private use


@dataclass(frozen=True, slots=True)
class Text:
    """A conversation or a part of it; `hidden` says which characters of `rendered` stand for a mark that is only spelled."""

    rendered: str
    hidden: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row's token ids; those from `answer_start` on are what the model learns to write."""

    tokens: tuple[int, ...]
    answer_start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a template writes an answer: what stands before (`lead`) and after (`ending`) its words, and what ends it.

    `ends` are tokens; `stops` texts, for templates whose turns end without a mark.
    """

    lead: str
    ending: str
    after: str  # all that the template writes after the words; `ending` is as much of it as the model learns to write
    ends: frozenset[int]
    stops: tuple[str, ...] = ()


class Vocabulary(Protocol):
    """The tokens of a model: transformers' tokenizer or llama.cpp's."""

    @property
    def marks(self) -> Mapping[str, int]:
        """The texts that are one token with a meaning of its own, such as where a turn ends, with that token."""
        ...

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds the marks: see `mark_pattern`."""
        ...

    @property
    def bos_token(self) -> str:
        """The mark that begins a text; "" where there is none."""
        ...

    @property
    def eos_token(self) -> str:
        """The mark that ends a text; "" where there is none."""
        ...

    @property
    def opening(self) -> int | None:
        """The token that stands before every text, whether the template writes it or not; None where none does."""
        ...

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end an answer whatever the template says."""
        ...

    def encode(self, texts: Sequence[Text]) -> list[list[int]]:
        """Return the token ids of each text as it stands; what is hidden in it becomes the tokens of a text."""
        ...


def mark_pattern(marks: Iterable[str]) -> re.Pattern[str]:
    """Return an expression with one group that finds any of `marks`, of several at one place the longest."""
    longest_first = sorted((mark for mark in marks if mark), key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first)) or '(?!)'})")


def prompt_tokens(vocabulary: Vocabulary, template: str, messages: Sequence[Mapping[str, str]]) -> list[int]:
    """Return what the model reads before it answers `messages` (`role`, `content`).

    Raises:
        InputError: the template refuses the messages.
    """
    plain, hidden = _hide(vocabulary, template, messages)
    rendered = _render(vocabulary, template, plain, is_asked=True)
    return _opened(vocabulary, vocabulary.encode([Text(rendered, hidden)])[0])


def encode_rows(vocabulary: Vocabulary, template: str, rows: Sequence[Mapping[str, str]]) -> list[Encoded]:
    """Return question pairs (`input`, `output`) as tokens: each is one conversation, so that no word is cut at the answer.

    Raises:
        InputError: the template refuses a row.
    """
    turn = turn_of(vocabulary, template)
    parts = [_parts(vocabulary, template, turn, row) for row in rows]
    prompts = vocabulary.encode([Text(prompt, hidden) for prompt, _, hidden in parts])
    wholes = vocabulary.encode([Text(prompt + answer, hidden) for prompt, answer, hidden in parts])
    encoded = []
    for (_, answer, hidden), prompt, whole in zip(parts, prompts, wholes, strict=True):
        if whole[: len(prompt)] != prompt or len(whole) == len(prompt):
            # The answer would change the prompt's last token, which stands before the answer is written.
            whole = prompt + following_tokens(vocabulary, Text(answer, hidden))
        opened = _opened(vocabulary, prompt)
        encoded.append(Encoded((*opened, *whole[len(prompt) :]), len(opened)))
    return encoded


def turn_of(vocabulary: Vocabulary, template: str) -> Turn:
    """Return how `template` writes an answer and what ends it, found by letting it write one.

    Raises:
        InputError: the template refuses a question and an answer.
    """
    prompt = _render(vocabulary, template, [QUESTION], is_asked=True)
    answered = [QUESTION, {"role": "assistant", "content": WORDS}]
    before, _, after = _render(vocabulary, template, answered).partition(WORDS)
    # A template may write more into a past turn than into the one to come (thoughts, say): then only the end counts.
    lead = before.removeprefix(prompt) if before.startswith(prompt) and WORDS not in before else ""
    mark = vocabulary.pattern.search(after)
    ending = after[: mark.end()] if mark else after.rstrip() + vocabulary.eos_token
    stops = FALLBACK_STOPS if template == FALLBACK_TEMPLATE else (after.strip(),) if not mark and after.strip() else ()
    if not mark:  # then a turn ends where the next one begins
        following = _render(vocabulary, template, [*answered, QUESTION]).partition(WORDS)[2]
        mark = vocabulary.pattern.search(following)
    ends = vocabulary.ends | ({vocabulary.marks[mark[0]]} if mark else set())
    return Turn(lead=lead, ending=ending, after=after, ends=ends, stops=stops)


def following_tokens(vocabulary: Vocabulary, text: Text) -> list[int]:
    """Return the tokens of a text that follows another: SentencePiece puts a space before one that stands alone."""
    (newline,), (after,) = vocabulary.encode([Text("\n", {})]), vocabulary.encode([Text("\n" + text.rendered, text.hidden)])
    return after[len(newline) :] if after[: len(newline)] == newline else vocabulary.encode([text])[0]


def _render(vocabulary: Vocabulary, template: str, messages: Sequence[Mapping[str, str]], *, is_asked: bool = False) -> str:
    bos_token, eos_token = vocabulary.bos_token, vocabulary.eos_token
    return render(template, messages, bos_token=bos_token, eos_token=eos_token, add_generation_prompt=is_asked)


def _hide(
    vocabulary: Vocabulary, template: str, messages: Sequence[Mapping[str, str]]
) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return `messages` with a private character for each mark that a content spells, and what each stands for."""
    plain = [dict(message) for message in messages]
    spelled = {mark for message in plain for mark in vocabulary.pattern.findall(message["content"])}
    if not spelled:
        return plain, {}
    taken = {template, *(message["content"] for message in plain)}
    free = (character for character in map(chr, STAND_INS) if not any(character in text for text in taken))
    stand_ins = dict(zip(sorted(spelled), free, strict=False))
    for message in plain:
        message["content"] = vocabulary.pattern.sub(lambda found: stand_ins[found[0]], message["content"])
    return plain, {character: mark for mark, character in stand_ins.items()}


def _parts(vocabulary: Vocabulary, template: str, turn: Turn, row: Mapping[str, str]) -> tuple[str, str, dict[str, str]]:
    """Return the prompt and the answer of a row as the template writes them, and what is hidden in both."""
    messages = [{"role": "user", "content": row["input"]}, {"role": "assistant", "content": row["output"]}]
    plain, hidden = _hide(vocabulary, template, messages)
    prompt = _render(vocabulary, template, plain[:1], is_asked=True)
    whole = _render(vocabulary, template, plain)
    start, words = prompt + turn.lead, plain[1]["content"]
    if whole.startswith(start) and whole.endswith(turn.after):  # as the template has the words: without space around, say
        words = whole[len(start) : len(whole) - len(turn.after)]
    return prompt, turn.lead + words + turn.ending, hidden


def _opened(vocabulary: Vocabulary, tokens: list[int]) -> list[int]:
    opening = vocabulary.opening
    return tokens if opening is None or tokens[:1] == [opening] else [opening, *tokens]
