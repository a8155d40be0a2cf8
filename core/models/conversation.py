"""Tokenization of conversations, the same for training, chat and evaluation.

Message contents are always plain text, whatever they spell: `<|im_end|>` in a message does not end the turn. Only the
template can write special tokens (`marks`). If no message spells one, the whole conversation is tokenized as one string.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from core.errors import InputError
from core.models.templates import FALLBACK_STOPS, FALLBACK_TEMPLATE, render

QUESTION = {"role": "user", "content": "?"}
WORDS = "\u241fanswer\u241f"  # placeholder for the answer's text when inspecting a template
STAND_INS = range(0xF0000, 0xFFFFE)  # a Unicode private use plane


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered conversation or part of one; `hidden` maps stand-in characters to the marks that contents spell."""

    rendered: str
    hidden: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of a question pair, or of a text; the model learns to write those from `answer_start` on."""

    tokens: tuple[int, ...]
    answer_start: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text that a model is trained on: whether it learns to write it, and whether it is a control token."""

    text: str
    is_learned: bool
    is_control: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingText:
    """A question pair as a model is trained on it: its text in pieces, and its tokens."""

    pieces: tuple[Piece, ...]
    token_count: int
    learned_count: int  # of these, the tokens that the model learns to write


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a template writes an answer: the text before (`lead`) and after (`ending`) its words, and what ends it.

    `ends` are end tokens; `stops` are stop texts, for templates whose turns do not end with a special token.
    """

    lead: str
    ending: str
    after: str  # everything the template writes after the words; the model learns only the part in `ending`
    ends: frozenset[int]
    stops: tuple[str, ...] = ()


class Vocabulary(Protocol):
    """A model's tokenizer, from transformers or llama.cpp."""

    @property
    def marks(self) -> Mapping[str, int]:
        """Special tokens, such as the end of a turn: their text and id."""
        ...

    @property
    def pattern(self) -> re.Pattern[str]:
        """Expression that finds the marks, see `mark_pattern`."""
        ...

    @property
    def bos_token(self) -> str:
        """The mark that begins a text; "" if there is none."""
        ...

    @property
    def eos_token(self) -> str:
        """The mark that ends a text; "" if there is none."""
        ...

    @property
    def opening(self) -> int | None:
        """The token that precedes every text, whether or not the template writes it; None if there is none."""
        ...

    @property
    def ends(self) -> frozenset[int]:
        """Tokens that end an answer regardless of the template."""
        ...

    def encode(self, texts: Sequence[Text]) -> list[list[int]]:
        """Return the token ids of each text, without added tokens; hidden marks are tokenized as ordinary text."""
        ...


def mark_pattern(marks: Iterable[str]) -> re.Pattern[str]:
    """Return an expression with one group that matches any of `marks`, preferring the longest."""
    longest_first = sorted((mark for mark in marks if mark), key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first)) or '(?!)'})")


def prompt_tokens(vocabulary: Vocabulary, template: str, messages: Sequence[Mapping[str, str]]) -> list[int]:
    """Return the prompt's token ids: what the model reads before answering `messages` (`role`, `content`).

    If the last message is the assistant's, the model goes on with it.

    Raises:
        InputError: the template rejects the messages.
    """
    plain, hidden = _hide(vocabulary, template, fitting(template, messages))
    begun = plain.pop()["content"] if len(plain) > 1 and plain[-1]["role"] == "assistant" else None
    rendered = _render(vocabulary, template, plain, is_asked=True)
    if begun is not None:
        rendered += turn_of(vocabulary, template).lead + begun
    return _opened(vocabulary, vocabulary.encode([Text(rendered, hidden)])[0])


def asked(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what the answer of a row answers: its question, and `system` and `history` before it, if there are any."""
    messages = [{"role": "system", "content": row["system"]}] if row.get("system") else []
    for turn in row.get("history", ()):
        messages.append({"role": "user", "content": turn["input"]})
        messages.append({"role": "assistant", "content": turn["output"]})
    return [*messages, {"role": "user", "content": row["input"]}]


def fitting(template: str, messages: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return the messages as `template` can write them: an instruction that it cannot begins the first question."""
    first, *rest = messages
    if first["role"] != "system" or not rest or _takes_instruction(template):
        return list(messages)
    question, *following = rest
    return [{**question, "content": f"{first['content']}\n\n{question['content']}"}, *following]


@lru_cache(maxsize=8)
def _takes_instruction(template: str) -> bool:
    """Return whether a template writes an instruction: some refuse it, others leave it out without a word."""
    try:
        return WORDS in render(template, [{"role": "system", "content": WORDS}, QUESTION], add_generation_prompt=True)
    except InputError:
        return False


def training_text(vocabulary: Vocabulary, template: str, row: Mapping[str, Any]) -> TrainingText:
    """Return the exact text of a row as the model reads it, in pieces: what it learns to write, and what it only reads.

    Raises:
        InputError: the template rejects the row.
    """
    prompt, answer, hidden = _parts(vocabulary, template, turn_of(vocabulary, template), row)
    (encoded,) = encode_rows(vocabulary, template, [row])
    if vocabulary.opening is not None and not prompt.startswith(vocabulary.bos_token):
        prompt = vocabulary.bos_token + prompt
    pieces = (*_pieces(vocabulary, prompt, hidden, False), *_pieces(vocabulary, answer, hidden, True))
    learned = len(encoded.tokens) - encoded.answer_start
    return TrainingText(pieces=pieces, token_count=len(encoded.tokens), learned_count=learned)


def _pieces(vocabulary: Vocabulary, rendered: str, hidden: Mapping[str, str], is_learned: bool) -> list[Piece]:
    """Return a rendered text in pieces, control tokens apart from what contents spell."""
    spelled = str.maketrans(dict(hidden))
    parts = enumerate(vocabulary.pattern.split(rendered))
    return [Piece(part.translate(spelled), is_learned, is_control=number % 2 == 1) for number, part in parts if part]


def encode_rows(vocabulary: Vocabulary, template: str, rows: Sequence[Mapping[str, Any]]) -> list[Encoded]:
    """Tokenize question pairs, each as one conversation: no token is split where the answer begins.

    A row has `input` and `output`, and may have `system` and `history` (turns with `input` and `output`), which are read
    and not learned.

    Raises:
        InputError: the template rejects a row.
    """
    turn = turn_of(vocabulary, template)
    parts = [_parts(vocabulary, template, turn, row) for row in rows]
    prompts = vocabulary.encode([Text(prompt, hidden) for prompt, _, hidden in parts])
    wholes = vocabulary.encode([Text(prompt + answer, hidden) for prompt, answer, hidden in parts])
    encoded = []
    for (_, answer, hidden), prompt, whole in zip(parts, prompts, wholes, strict=True):
        if whole[: len(prompt)] != prompt or len(whole) == len(prompt):
            # The answer would change the prompt's last token, but that is fixed before the model writes the answer.
            whole = prompt + following_tokens(vocabulary, Text(answer, hidden))
        opened = _opened(vocabulary, prompt)
        encoded.append(Encoded((*opened, *whole[len(prompt) :]), len(opened)))
    return encoded


def encode_texts(vocabulary: Vocabulary, texts: Sequence[str], *, longest: int) -> list[Encoded]:
    """Tokenize plain texts in pieces of at most `longest` tokens, all of which but the first of each is learned.

    Control tokens that a text spells are tokenized as ordinary text. A last piece of one token is left out.
    """
    hidden = [_hide(vocabulary, "", [{"role": "user", "content": text}]) for text in texts]
    encoded = []
    for tokens in vocabulary.encode([Text(messages[0]["content"], marks) for messages, marks in hidden]):
        opened = _opened(vocabulary, tokens)
        pieces = (tuple(opened[start : start + longest]) for start in range(0, len(opened), longest))
        encoded += [Encoded(piece, 1) for piece in pieces if len(piece) > 1]
    return encoded


def turn_of(vocabulary: Vocabulary, template: str) -> Turn:
    """Determine how `template` writes an answer and what ends it, by rendering an example.

    Raises:
        InputError: the template rejects a question with an answer.
    """
    prompt = _render(vocabulary, template, [QUESTION], is_asked=True)
    answered = [QUESTION, {"role": "assistant", "content": WORDS}]
    before, _, after = _render(vocabulary, template, answered).partition(WORDS)
    # A template may add more to a past turn than to the next one (such as thoughts): then only the end counts.
    lead = before.removeprefix(prompt) if before.startswith(prompt) and WORDS not in before else ""
    mark = vocabulary.pattern.search(after)
    ending = after[: mark.end()] if mark else after.rstrip() + vocabulary.eos_token
    stops = FALLBACK_STOPS if template == FALLBACK_TEMPLATE else (after.strip(),) if not mark and after.strip() else ()
    if not mark:  # then the mark that begins the next turn ends this one
        following = _render(vocabulary, template, [*answered, QUESTION]).partition(WORDS)[2]
        mark = vocabulary.pattern.search(following)
    ends = vocabulary.ends | ({vocabulary.marks[mark[0]]} if mark else set())
    return Turn(lead=lead, ending=ending, after=after, ends=ends, stops=stops)


def following_tokens(vocabulary: Vocabulary, text: Text) -> list[int]:
    """Tokenize a text as a continuation: on its own, SentencePiece would put a space before it."""
    (newline,), (after,) = vocabulary.encode([Text("\n", {})]), vocabulary.encode([Text("\n" + text.rendered, text.hidden)])
    return after[len(newline) :] if after[: len(newline)] == newline else vocabulary.encode([text])[0]


def _render(vocabulary: Vocabulary, template: str, messages: Sequence[Mapping[str, str]], *, is_asked: bool = False) -> str:
    bos_token, eos_token = vocabulary.bos_token, vocabulary.eos_token
    return render(template, messages, bos_token=bos_token, eos_token=eos_token, add_generation_prompt=is_asked)


def _hide(
    vocabulary: Vocabulary, template: str, messages: Sequence[Mapping[str, str]]
) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Replace marks spelled in contents by private use characters; return the messages and the mark per character."""
    plain = [dict(message) for message in messages]
    spelled = {mark for message in plain for mark in vocabulary.pattern.findall(message["content"])}
    if not spelled:
        return plain, {}
    taken = {template, *(message["content"] for message in plain)}
    free = (character for character in map(chr, STAND_INS) if not any(character in text for text in taken))
    stand_ins = dict(zip(sorted(spelled), free, strict=False))
    for message in plain:
        message["content"] = vocabulary.pattern.sub(lambda match: stand_ins[match[0]], message["content"])
    return plain, {character: mark for mark, character in stand_ins.items()}


def _parts(vocabulary: Vocabulary, template: str, turn: Turn, row: Mapping[str, Any]) -> tuple[str, str, dict[str, str]]:
    """Return a row's prompt and answer as the template renders them, and the marks hidden in both (see `_hide`)."""
    messages = [*fitting(template, asked(row)), {"role": "assistant", "content": row["output"]}]
    plain, hidden = _hide(vocabulary, template, messages)
    prompt = _render(vocabulary, template, plain[:-1], is_asked=True)
    whole = _render(vocabulary, template, plain)
    start, words = prompt + turn.lead, plain[-1]["content"]
    if whole.startswith(start) and whole.endswith(turn.after):  # the words as rendered: the template may strip them
        words = whole[len(start) : len(whole) - len(turn.after)]
    return prompt, turn.lead + words + turn.ending, hidden


def _opened(vocabulary: Vocabulary, tokens: list[int]) -> list[int]:
    opening = vocabulary.opening
    return tokens if opening is None or tokens[:1] == [opening] else [opening, *tokens]
