"""Fit excerpts into what a model can read at once: what stands around a passage goes first, then the passage is cut."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from core.errors import InputError
from core.language.sentences import sentences
from core.questions.writers.prompt_files import filled, prompt_text
from core.questions.writers.writer import Excerpt, Writer
from core.records import Passage
from core.settings import GenerationSettings

FRAME_TOKENS = 64  # of a chat template around a message, of marks and labels
LEAST_TOKENS = 48  # about two sentences: less is not worth asking about


@dataclass(frozen=True, slots=True)
class Room:
    """How many tokens a prompt and its completion may have together, and how the model counts them."""

    tokens: int
    count: Callable[[str], int]


def text_tokens(writer: Writer, settings: GenerationSettings, room: Room) -> int | None:
    """Return how many tokens of documents fit into a prompt of `writer`; None if it needs little room for any passage.

    Raises:
        InputError: the model reads too little for this writer.
    """
    if writer.answer_tokens is None:
        return None
    longest = max((room.count(filled(prompt_text(name, settings.prompts), {})) for name in writer.prompts), default=0)
    free = room.tokens - longest - FRAME_TOKENS - writer.answer_tokens(settings)
    if free < LEAST_TOKENS:
        raise InputError(
            f"This model reads {room.tokens:,} tokens at once: too few for the way of writing {writer.words!r}.",
            "Ask for fewer questions for each passage, shorten the prompt, or choose another way of writing.",
        )
    return free


def fitted(excerpt: Excerpt, free_tokens: int, count: Callable[[str], int]) -> list[Excerpt]:
    """Return the excerpt as it fits into `free_tokens`: whole, or its passage in parts that end at sentences.

    What stands around the passage, terms and the other passage are left out where they do not fit.
    """
    passage = excerpt.passage
    used = count(passage.text)
    if used > free_tokens:
        alone = replace(excerpt, before="", after="", terms={}, linked=None)
        return [replace(alone, passage=part) for part in _parts(passage, free_tokens, count)]
    if excerpt.linked and used + count(excerpt.linked.text) > free_tokens:
        excerpt = replace(excerpt, linked=None)
    terms = " ".join(f"{term} {meaning}" for term, meaning in excerpt.terms.items())
    if used + count(f"{excerpt.before} {excerpt.after} {terms}") > free_tokens:
        excerpt = replace(excerpt, before="", after="", terms={})
    return [excerpt]


def _parts(passage: Passage, most: int, count: Callable[[str], int]) -> Iterator[Passage]:
    """Yield the passage in parts of up to `most` tokens that begin and end at sentences, or else at words."""
    start = end = 0
    for piece_start, piece_end in _pieces(passage.text, most, count):
        if end > start and count(passage.text[start:piece_end]) > most:
            yield _part(passage, start, end)
            start = piece_start
        start = piece_start if end <= start else start
        end = piece_end
    if end > start:
        yield _part(passage, start, end)


def _pieces(text: str, most: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Yield the sentences of `text`, and those longer than `most` tokens in halves, cut at a blank where there is one."""
    waiting = list(sentences(text))[::-1]
    while waiting:
        start, end = waiting.pop()
        if count(text[start:end]) <= most or end - start < 2:
            yield start, end
            continue
        middle = (start + end) // 2
        blank = text.rfind(" ", start + 1, middle)
        cut = blank if blank > start else middle
        waiting += [(cut, end), (start, cut)]


def _part(passage: Passage, start: int, end: int) -> Passage:
    return replace(passage, start=passage.start + start, end=passage.start + end, text=passage.text[start:end])
