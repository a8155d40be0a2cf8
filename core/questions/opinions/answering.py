"""Let a model answer questions with the passage and without: is a pair answerable, and does it teach anything?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.models.text import Prompt, TextGenerator
from core.records import QuestionPair

MAX_TOKENS = 64
LONGEST_PASSAGE = 6_000  # characters around the quote; a passage is shorter, unless somebody set it so
_STOPS = ("\n", "Question:", "Text:")
OPEN_BOOK = (
    "Answer each question in as few words as its text allows.\n\n"
    "Text: Batteries are charged every 90 days by two technicians. They are kept in a dry room.\n"
    "Question: How often are batteries charged?\nAnswer: every 90 days\n\n"
    "Text: Visitors report to the guard house, where they receive a badge.\n"
    "Question: Do visitors receive a badge at the gate?\nAnswer: No, at the guard house.\n\n"
)
CLOSED_BOOK = (
    "Answer each question in as few words as you can.\n\n"
    "Question: What is the capital of France?\nAnswer: Paris\n\n"
    "Question: Is water heavier than oil?\nAnswer: Yes.\n\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How like the pair's own answer the model's were (0 to 1), with the passage before it and without."""

    pair_id: str
    with_passage: float
    without_passage: float


def answer_pairs(
    pairs: Sequence[tuple[QuestionPair, str]], generator: TextGenerator, likeness: Callable[[str, str], float]
) -> Iterator[Answered]:
    """Yield what a model's answers are worth, for each pair with the text of its passage. Meant for some dozens at a time.

    Args:
        pairs: the pairs, each with its passage.
        generator: the model.
        likeness: compares an answer with the reference, 0 to 1; token F1 is meant.

    Raises:
        ModelError: the model failed.
    """
    opened = _answers([_open_book(pair, passage) for pair, passage in pairs], generator, OPEN_BOOK)
    closed = _answers([_question(pair) for pair, _ in pairs], generator, CLOSED_BOOK)
    for (pair, _), with_it, without in zip(pairs, opened, closed, strict=True):
        yield Answered(
            pair_id=pair.id,
            with_passage=likeness(with_it, pair.output),
            without_passage=likeness(without, pair.output),
        )


def _answers(texts: Sequence[str], generator: TextGenerator, prefix: str) -> list[str]:
    prompts = [Prompt(text=text, max_tokens=MAX_TOKENS, stops=_STOPS) for text in texts]
    answers = [""] * len(texts)
    for completion in generator.generate(prompts, prefix=prefix):
        answers[completion.index] = _first_line(completion.text)
    return answers


def _first_line(text: str) -> str:
    for stop in _STOPS:
        text = text.lstrip().partition(stop)[0]
    return text.strip()


def _open_book(pair: QuestionPair, passage: str) -> str:
    return f"Text: {excerpt_around(pair, passage)}\n{_question(pair)}"


def excerpt_around(pair: QuestionPair, passage: str) -> str:
    """Return the passage in one line; of one that is too long, what stands around the quote."""
    at = max(0, passage.find(pair.quote) - LONGEST_PASSAGE // 2) if len(passage) > LONGEST_PASSAGE else 0
    return " ".join(passage[at : at + LONGEST_PASSAGE].split())


def _question(pair: QuestionPair) -> str:
    return f"Question: {' '.join(pair.input.split())}\nAnswer:"
