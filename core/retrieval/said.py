"""What was said in a conversation, in pieces that can be found again and told to a model."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.language.sentences import sentences
from core.retrieval.question import telling_words

LONGEST_PIECE = 500  # characters
LONGEST_QUESTION = 250  # characters of a question that stand above each piece of its answer
FEWEST_WORDS = 5  # of a piece with its question that are no stop words: greetings and thanks have fewer
LEFT_OUT = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of an answer with its question, or of a long question (then `question` is ""), and where it begins.

    `start` counts the characters of question and answer, one after the other.
    """

    start: int
    question: str
    text: str

    @property
    def shown(self) -> str:
        """The piece as a model reads it."""
        return f"Question: {self.question}\nAnswer: {self.text}" if self.question else f"Question: {self.text}"


def pieces_of(question: str, answer: str) -> list[Piece]:
    """Cut a turn into pieces that end with a sentence, always the same ones; those that say too little are left out."""
    above = _shortened(question)
    made = [Piece(start=start, question=above, text=text) for start, text in _cut(answer, len(question))]
    if above != " ".join(question.split()):
        made = [*(Piece(start=start, question="", text=text) for start, text in _cut(question, 0)), *made]
    return [piece for piece in made if len(telling_words(f"{piece.question} {piece.text}")) >= FEWEST_WORDS]


def _shortened(question: str) -> str:
    text = " ".join(question.split())
    return text if len(text) <= LONGEST_QUESTION else f"{text[:LONGEST_QUESTION].rpartition(' ')[0]} {LEFT_OUT}"


def _cut(text: str, offset: int) -> Iterator[tuple[int, str]]:
    """Yield the pieces of a text, each with its place behind `offset`."""
    start = end = 0
    for first, last in sentences(text):
        if end > start and last - start > LONGEST_PIECE:
            yield offset + start, text[start:end]
            start = first
        start = first if end <= start else start
        end = last
        while end - start > LONGEST_PIECE:  # a sentence without an end
            yield offset + start, text[start : start + LONGEST_PIECE]
            start += LONGEST_PIECE
    if end > start:
        yield offset + start, text[start:end]
