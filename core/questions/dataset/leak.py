"""What of the held-out questions a training would see: the leak between the sides of a split, which should be nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.questions.dataset.alike import alike
from core.records import QuestionPair

SHORT_ANSWER = 5  # words; "Every 90 days" or "Two technicians" answers many questions and tells nothing about another


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """How many held-out pairs have something in common with a pair that is trained on.

    `questions` and `answers` count nearly the same words; `answers` only those of more than `SHORT_ANSWER` words that tell
    something. `facts` and `passages` count the same one. `short_answers` count the other answers with nearly the same words:
    they answer another question, so they are no leak.
    """

    questions: int
    answers: int
    facts: int
    passages: int
    short_answers: int = 0

    @property
    def is_none(self) -> bool:
        """Whether nothing leaks."""
        return not (self.questions or self.answers or self.facts or self.passages)


def leak_between(train: Sequence[QuestionPair], heldout: Sequence[QuestionPair]) -> Leak:
    """Measure the leak of a split, pair by pair and apart from how it was made."""

    def answers(*, is_telling: bool) -> int:
        def compared(side: Sequence[QuestionPair]) -> list[QuestionPair]:
            return [pair for pair in side if tells(pair) is is_telling and pair.kind != "unanswerable"]

        return _alike(compared(train), compared(heldout), lambda pair: pair.output)

    return Leak(
        questions=_alike(train, heldout, lambda pair: pair.input),
        answers=answers(is_telling=True),
        short_answers=answers(is_telling=False),
        facts=_same(train, heldout, lambda pair: pair.fact),
        passages=_same(train, heldout, lambda pair: pair.passage_id),
    )


def tells(pair: QuestionPair) -> bool:
    """Return whether a pair's answer by itself tells what its question asks: it is long and says more than "not told"."""
    return pair.kind != "unanswerable" and len(pair.output.split()) > SHORT_ANSWER


def _same(train: Sequence[QuestionPair], heldout: Sequence[QuestionPair], key: Callable[[QuestionPair], str | None]) -> int:
    trained = {key(pair) for pair in train} - {None}
    return sum(key(pair) in trained for pair in heldout)


def _alike(train: Sequence[QuestionPair], heldout: Sequence[QuestionPair], text: Callable[[QuestionPair], str]) -> int:
    numbers, links = alike([text(pair) for pair in (*train, *heldout)])
    trained = set(numbers[: len(train)])
    seen = trained | {a for a, b in links if b in trained} | {b for a, b in links if a in trained}
    return sum(number in seen for number in numbers[len(train) :])
