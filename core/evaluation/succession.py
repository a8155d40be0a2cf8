"""Whether a run may take the place of another: asked the same questions, it must not be shown to answer worse.

Only questions count that neither of the two was trained on, at least `LEAST_QUESTIONS`. Over these, question by question,
two differences are measured, each with its 95 % interval: in the words shared with the right answer (token F1), and in how
many answers are good (right, or a refusal where the documents do not tell). If neither interval lies below zero as a whole,
the run is not worse. That does not prove it equal: these questions do not tell them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.evaluation.bootstrap import LEAST_QUESTIONS, Interval, paired_intervals
from core.evaluation.comparison import Column, EvaluationResult, Graded, Row
from core.words import counted

Ruling = Literal["not worse", "worse", "too few questions"]
Side = tuple[Graded, bool]  # an answer, and whether it is good


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """How a run answers beside the one before it, over the questions that neither was trained on.

    `words` is the difference of token F1 and `good` that of the share of good answers, the run's minus the other's; None
    without a question.
    """

    question_count: int
    words: Interval | None = None
    good: Interval | None = None

    @property
    def ruling(self) -> Ruling:
        """Whether the run may take the other's place."""
        if self.words is None or self.good is None or self.question_count < LEAST_QUESTIONS:
            return "too few questions"
        return "worse" if self.words.high < 0 or self.good.high < 0 else "not worse"


def beside_run(before: EvaluationResult, after: EvaluationResult, *, column: Column = "tuned") -> Succession:
    """Compare the answers of two evaluations in one column, over the questions that both asked."""
    others = {_key(row): row for row in before.fresh_rows}
    pairs = [(others[_key(row)], row) for row in after.fresh_rows if _key(row) in others]
    both = [(one, other) for one, other in pairs if column in one.answers and column in other.answers]
    return _compared([_side(one, column) for one, _ in both], [_side(other, column) for _, other in both])


def beside_base(result: EvaluationResult) -> Succession:
    """Compare a run with its base model, where no run is in use."""
    rows = result.fresh_rows
    return _compared([_side(row, "base") for row in rows], [_side(row, "tuned") for row in rows])


def has_become_worse(before: EvaluationResult, after: EvaluationResult) -> bool:
    """Return whether a run answers worse than at its evaluation before, alone or with the passage."""
    columns: tuple[Column, ...] = ("tuned", "tuned_with_passage")
    return any(beside_run(before, after, column=column).ruling == "worse" for column in columns)


def succession_words(found: Succession, *, run: str, before: str) -> str:
    """Say what was found in a sentence or two; `run` and `before` name the runs, as in "run 3"."""
    if found.words is None or found.good is None or found.ruling == "too few questions":
        shared = counted(found.question_count, "question")
        return (
            f"{run.capitalize()} and {before} were both asked {shared} that neither was trained on: too few to tell, at "
            f"least {LEAST_QUESTIONS} are needed."
        )
    claim = "answers worse than" if found.ruling == "worse" else "does not answer worse than"
    return (
        f"{run.capitalize()} {claim} {before} on the same {counted(found.question_count, 'question')}: good answers "
        f"{_points(found.good)}, words shared with the right answers {_points(found.words)}."
    )


def _points(difference: Interval) -> str:
    mean, low, high = (round(100 * value) for value in (difference.mean, difference.low, difference.high))
    return f"{mean:+d} points ({low:+d} to {high:+d}, 95 times in 100)"


def _key(row: Row) -> tuple[str, str]:
    return row.question, row.reference


def _side(row: Row, column: Column) -> Side:
    return row.answers[column], row.is_good(column)


def _compared(before: Sequence[Side], after: Sequence[Side]) -> Succession:
    if not before:
        return Succession(question_count=0)
    words = paired_intervals(*([graded.token_f1 for graded, _ in side] for side in (before, after)))[2]
    good = paired_intervals(*([float(is_good) for _, is_good in side] for side in (before, after)))[2]
    return Succession(question_count=len(before), words=words, good=good)
