"""Grade two models' answers to the same questions and compare them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from core.errors import InputError, ModelError
from core.evaluation.bootstrap import RESAMPLES, Interval, paired_intervals
from core.evaluation.scores import exact_match, rouge_l, token_f1

Metric = Literal["exact_match", "token_f1", "rouge_l", "loss"]
METRICS: tuple[Metric, ...] = ("exact_match", "token_f1", "rouge_l", "loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One model's answer and its scores; `loss` is that of the reference answer in nats per token, lower is better."""

    answer: str
    exact_match: float
    token_f1: float
    rouge_l: float
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question, its reference answer, and both models' graded answers."""

    question: str
    reference: str
    base: Graded
    tuned: Graded


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric over all questions; `difference` is tuned minus base, resampled in pairs."""

    base: Interval
    tuned: Interval
    difference: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationResult:
    """All rows, and for each metric the means with their 95 % intervals."""

    rows: tuple[Row, ...]
    scores: Mapping[Metric, Comparison]
    seed: int
    resamples: int

    @property
    def question_count(self) -> int:
        """Number of questions, each answered by both models."""
        return len(self.rows)

    def as_json(self) -> dict[str, Any]:
        """Convert the result to JSON types; `from_json` is the inverse."""
        return {
            "question_count": self.question_count,
            "scores": {metric: asdict(self.scores[metric]) for metric in METRICS},
            "rows": [asdict(row) for row in self.rows],
            "seed": self.seed,
            "resamples": self.resamples,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "EvaluationResult":
        """Rebuild a result from the value that `as_json` returned."""
        return cls(
            rows=tuple(
                Row(
                    question=row["question"],
                    reference=row["reference"],
                    base=Graded(**row["base"]),
                    tuned=Graded(**row["tuned"]),
                )
                for row in values["rows"]
            ),
            scores={
                metric: Comparison(**{side: Interval(**interval) for side, interval in values["scores"][metric].items()})
                for metric in METRICS
            },
            seed=values["seed"],
            resamples=values["resamples"],
        )


def evaluate(
    questions: Sequence[Mapping[str, str]],
    *,
    base_answers: Sequence[str],
    tuned_answers: Sequence[str],
    base_losses: Sequence[float],
    tuned_losses: Sequence[float],
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> EvaluationResult:
    """Grade both models' answers to the same questions.

    Args:
        questions: N rows with `input` (the question) and `output` (the reference answer).
        base_answers: the base model's N answers, in the same order, like the next three arguments.
        tuned_answers: the tuned model's answers.
        base_losses: mean cross-entropy of the reference answer's tokens under the base model, in nats per token.
        tuned_losses: the same under the tuned model.
        seed: the seed of the bootstrap.
        resamples: the number of bootstrap resamples.

    Raises:
        InputError: there are no questions.
        ModelError: a loss is not a finite number.
    """
    if not questions:
        raise InputError("There are no questions to evaluate on.", "Hold out question pairs or bring a file of them.")
    for name, losses in (("base", base_losses), ("tuned", tuned_losses)):
        broken = sum(not math.isfinite(loss) for loss in losses)
        if broken:
            raise ModelError(
                f"The {name} model's loss is not a number on {broken} of {len(losses)} questions.",
                "The training has diverged: train again with a lower learning rate or in bf16 or fp32.",
            )
    rows = tuple(
        Row(
            question=question["input"],
            reference=question["output"],
            base=_grade(base, question["output"], base_loss),
            tuned=_grade(tuned, question["output"], tuned_loss),
        )
        for question, base, tuned, base_loss, tuned_loss in zip(
            questions, base_answers, tuned_answers, base_losses, tuned_losses, strict=True
        )
    )
    scores: dict[Metric, Comparison] = {}
    for metric in METRICS:
        base, tuned, difference = paired_intervals(
            [getattr(row.base, metric) for row in rows],
            [getattr(row.tuned, metric) for row in rows],
            seed=seed,
            resamples=resamples,
        )
        scores[metric] = Comparison(base=base, tuned=tuned, difference=difference)
    return EvaluationResult(rows=rows, scores=scores, seed=seed, resamples=resamples)


def _grade(answer: str, reference: str, loss: float) -> Graded:
    return Graded(
        answer=answer,
        exact_match=exact_match(answer, reference),
        token_f1=token_f1(answer, reference),
        rouge_l=rouge_l(answer, reference),
        loss=float(loss),
    )
