"""How answerers stand against each other, in pairs: by the right answers, and by what people voted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.evaluation.outcomes import Counts, Outcome
from core.intervals import sign_test, wilson

SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How one answer was scored: its token F1, what it is, and whether that is what the question asks for."""

    f1: float
    outcome: Outcome
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one answerer did on the questions that count."""

    counts: Counts
    good: int  # right where there is an answer, refused where there is none
    f1: float  # mean, 0 to 1

    @property
    def interval(self) -> tuple[float, float]:
        """The share of good answers, 0 to 1: lower and upper end of its 95 % interval."""
        return wilson(self.good, self.counts.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Two answerers, by their places: how often the first was better, the second, and neither."""

    first: int
    second: int
    won: int
    lost: int
    equal: int

    @property
    def decided(self) -> int:
        """Number of questions on which one of them was better."""
        return self.won + self.lost

    @property
    def interval(self) -> tuple[float, float]:
        """The share of these that the first one won, 0 to 1: lower and upper end of its 95 % interval."""
        return wilson(self.won, self.decided)

    @property
    def better(self) -> int | None:
        """The one that is better, if the sign test says that chance alone is not likely to be why; else None."""
        if sign_test(self.won, self.lost) >= SIGNIFICANT:
            return None
        return self.first if self.won > self.lost else self.second


def scores(questions: Sequence[Sequence[Mark]]) -> list[Score]:
    """Return how each answerer did; `questions` holds the marks of all of them for each question that counts."""
    if not questions:
        return []
    return [_score(marks) for marks in zip(*questions, strict=True)]


def _score(marks: Sequence[Mark]) -> Score:
    told = [mark.outcome for mark in marks]
    counts = Counts(right=told.count("right"), wrong=told.count("wrong"), refused=told.count("refused"))
    return Score(counts=counts, good=sum(mark.is_good for mark in marks), f1=sum(mark.f1 for mark in marks) / len(marks))


def by_right_answers(questions: Sequence[Sequence[Mark]], *, sides: int) -> list[Tally]:
    """Count for each pair on how many questions only one of both was good; where both or none were, they are equal."""
    return [
        Tally(
            first=one,
            second=other,
            won=sum(marks[one].is_good > marks[other].is_good for marks in questions),
            lost=sum(marks[one].is_good < marks[other].is_good for marks in questions),
            equal=sum(marks[one].is_good == marks[other].is_good for marks in questions),
        )
        for one, other in combinations(range(sides), 2)
    ]


def by_votes(better: Iterable[int | None], *, sides: int) -> list[Tally]:
    """Count the votes for each pair: `better` holds for each vote the place of the best, or None if there was none.

    A vote for a third one tells nothing about the two.
    """
    votes = list(better)
    return [
        Tally(first=one, second=other, won=votes.count(one), lost=votes.count(other), equal=votes.count(None))
        for one, other in combinations(range(sides), 2)
    ]


def tally_words(tally: Tally, titles: Sequence[str]) -> str:
    """Say how two stand against each other in a sentence; `titles` names all answerers."""
    first, second = titles[tally.first], titles[tally.second]
    if not tally.decided:
        return f"{first} and {second}: neither was better on any question."
    if tally.better is None:
        told = f"{first} and {second}: {tally.won} to {tally.lost}."
        return f"{told} Chance alone may explain that, so neither is shown to be better."
    ahead, behind = (first, second) if tally.better == tally.first else (second, first)
    more, fewer = max(tally.won, tally.lost), min(tally.won, tally.lost)
    return f"{ahead} is better than {behind}: {more} to {fewer}."
