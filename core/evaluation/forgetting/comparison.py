"""Base and tuned model on the general set: the share of right answers, and perplexity, with intervals and words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.evaluation.bootstrap import LEAST_QUESTIONS, Comparison, Interval, paired_intervals
from core.evaluation.forgetting.general_set import GeneralQuestion
from core.evaluation.scores import normalize

WORSE_FROM = 1.05  # of the base model's perplexity; what lies below is called no change


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralAnswer:
    """An everyday question with both models' answers, and whether they are right."""

    kind: str
    question: str
    base: str
    tuned: str
    base_is_right: bool
    tuned_is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Perplexity:
    """Perplexity on general English, lower is better; `ratio` is the tuned model's over the base model's."""

    base: Interval
    tuned: Interval
    ratio: Interval

    @property
    def is_worse(self) -> bool:
        """Whether it has risen by more than 5 %, and not by chance."""
        return self.ratio.mean > WORSE_FROM and self.ratio.low > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What became of a model's general knowledge. A measure is None where too little could be measured."""

    answers: tuple[GeneralAnswer, ...]
    right: Comparison | None  # share of right answers, with the difference of both
    perplexity: Perplexity | None

    @property
    def are_answers_worse(self) -> bool:
        """Whether fewer answers are right than before, and not by chance."""
        return self.right is not None and self.right.difference.high < 0

    @property
    def is_worse(self) -> bool:
        """Whether the model has become worse at what is in no document."""
        return self.are_answers_worse or (self.perplexity is not None and self.perplexity.is_worse)

    @property
    def lost_count(self) -> int:
        """Number of answers that were right before, and are not any more."""
        return sum(each.base_is_right and not each.tuned_is_right for each in self.answers)

    def by_kind(self) -> dict[str, tuple[int, int, int]]:
        """Return for each kind of question how many there are, and how many of them base and tuned model answer rightly."""
        counts: dict[str, tuple[int, int, int]] = {}
        for each in self.answers:
            total, base, tuned = counts.get(each.kind, (0, 0, 0))
            counts[each.kind] = (total + 1, base + each.base_is_right, tuned + each.tuned_is_right)
        return counts

    def as_json(self) -> dict[str, Any]:
        """Convert to JSON types; `from_json` is the inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Forgetting":
        """Rebuild from the value that `as_json` returned."""
        told = values["perplexity"]
        return cls(
            answers=tuple(GeneralAnswer(**each) for each in values["answers"]),
            right=Comparison.from_json(values["right"]) if values["right"] else None,
            perplexity=Perplexity(**{name: Interval(**each) for name, each in told.items()}) if told else None,
        )


def compared(
    questions: Sequence[GeneralQuestion],
    answers: tuple[Sequence[str | None], Sequence[str | None]],
    losses: tuple[Sequence[float | None], Sequence[float | None]],
) -> Forgetting:
    """Compare base and tuned model on the general set; what one of them could not be asked, for its length, is left out.

    Args:
        questions: N questions.
        answers: N answers of the base model and N of the tuned one; None where the question did not fit.
        losses: of M paragraphs, the mean cross-entropy of their tokens, in nats, with the base model and with the tuned one.
    """
    graded = [
        GeneralAnswer(
            kind=question.kind,
            question=question.question,
            base=base,
            tuned=tuned,
            base_is_right=is_right(base, question),
            tuned_is_right=is_right(tuned, question),
        )
        for question, base, tuned in zip(questions, *answers, strict=True)
        if base is not None and tuned is not None
    ]
    measured = [(base, tuned) for base, tuned in zip(*losses, strict=True) if _is_number(base) and _is_number(tuned)]
    return Forgetting(answers=tuple(graded), right=_right(graded), perplexity=_perplexity(measured))


def _is_number(loss: float | None) -> bool:
    return loss is not None and math.isfinite(loss)


def is_right(answer: str, question: GeneralQuestion) -> bool:
    """Return whether the first line of an answer holds an accepted answer word for word, or is one, where it must be."""
    said = normalize(answer.strip().partition("\n")[0])
    accepted = [normalize(each) for each in question.accepted]
    if question.is_exact:
        return said in accepted
    return any(f" {each} " in f" {said} " for each in accepted)


def _right(answers: Sequence[GeneralAnswer]) -> Comparison | None:
    if len(answers) < LEAST_QUESTIONS:
        return None
    return Comparison(*paired_intervals([each.base_is_right for each in answers], [each.tuned_is_right for each in answers]))


def _perplexity(losses: Sequence[tuple[Any, Any]]) -> Perplexity | None:
    """Return e to the mean of the paragraphs' losses, each paragraph counting the same, and the ratio of both models."""
    if len(losses) < LEAST_QUESTIONS:
        return None
    base, tuned, difference = (_exp(interval) for interval in paired_intervals(*zip(*losses, strict=True)))
    return Perplexity(base=base, tuned=tuned, ratio=difference)


def _exp(interval: Interval) -> Interval:
    return Interval(*(math.exp(min(value, 700.0)) for value in (interval.mean, interval.low, interval.high)))


def forgetting_words(found: Forgetting) -> str:
    """Say in plain words what became of a model's general knowledge, with the figures of before and now."""
    sentences = []
    if found.perplexity:
        rise = round(100 * (found.perplexity.ratio.mean - 1))
        how = f"{rise} % more than before" if found.perplexity.is_worse else "no more than before"
        figures = f"perplexity {found.perplexity.tuned.mean:.1f}, before {found.perplexity.base.mean:.1f}"
        sentences.append(f"English that is in no document surprises it {how} ({figures}).")
    if found.right:
        total = len(found.answers)
        now, before = (round(total * side.mean) for side in (found.right.tuned, found.right.base))
        significance = ", more of a fall than chance explains" if found.are_answers_worse else ""
        sentences.append(f"Of {total} everyday questions it answers {now} rightly, the base model {before}{significance}.")
    return " ".join(sentences)
