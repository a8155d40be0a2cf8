"""Choose among runs that were asked the same questions: the smallest of those that answer as well as the best one."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation.bootstrap import LEAST_QUESTIONS, Interval
from core.evaluation.verdict import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A run to choose from: its score, whether it beats its base model, and what it takes."""

    number: int
    score: Interval  # higher is better
    change: Change
    question_count: int
    size_bytes: float  # of the weights that it answers with
    seconds: float  # that it trained


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The number of the run to take, None if there is none, and why in a sentence."""

    number: int | None
    words: str


def recommend(contenders: Sequence[Contender]) -> Recommendation:
    """Return the smallest run among those whose interval overlaps that of the best; of equally small ones, the fastest.

    Intervals that overlap do not prove that two runs are equal, only that these questions do not tell them apart. A run that
    is not better than its base model is never recommended.
    """
    if not contenders:
        return Recommendation(None, "None of them has been compared yet.")
    if min(each.question_count for each in contenders) < LEAST_QUESTIONS:
        return Recommendation(None, f"Fewer than {LEAST_QUESTIONS} questions were asked: too few to choose by.")
    best = max(contenders, key=lambda each: each.score.mean)
    alike = [each for each in contenders if each.score.high >= best.score.low and each.change == "better"]
    if not alike:
        return Recommendation(None, "None of them answers better than its base model, as far as these questions tell.")
    chosen = min(alike, key=lambda each: (each.size_bytes, each.seconds, each.number))
    return Recommendation(chosen.number, _why(chosen, best, others=len(contenders) - 1, alike=len(alike) - 1))


def _why(chosen: Contender, best: Contender, *, others: int, alike: int) -> str:
    if not others:
        return f"Take number {chosen.number}: it is the only one that was compared so far."
    if chosen is not best:
        how = "it is smaller" if chosen.size_bytes < best.size_bytes else "it took less time to train"
        return (
            f"Take number {chosen.number}: it shares {chosen.score.mean:.0%} of the words with the right answers, number "
            f"{best.number} {best.score.mean:.0%}, which may be chance, and {how}."
        )
    if alike:
        return (
            f"Take number {chosen.number}: it answers best, and of those that may be as good it is the smallest or fastest."
        )
    return f"Take number {chosen.number}: it answers better than all others, by more than chance explains."
