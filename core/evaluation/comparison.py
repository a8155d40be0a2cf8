"""Grade the answers of two models to the same questions, alone and with a passage, and compare them.

Each evaluation has four columns: base and tuned, each without and with the passage that a question is about. Evaluations
that are older have the first two alone, and are read as such.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from core.errors import InputError, ModelError
from core.evaluation.bootstrap import RESAMPLES, Comparison, Interval, paired_intervals
from core.evaluation.forgetting import Forgetting
from core.evaluation.meaning import meanings
from core.evaluation.outcomes import Counts, Outcome, outcome_of
from core.evaluation.scores import exact_match, rouge_l, token_f1
from core.language.refusals import is_refusal

Metric = Literal["exact_match", "token_f1", "rouge_l", "loss", "meaning"]
METRICS: tuple[Metric, ...] = ("exact_match", "token_f1", "rouge_l", "loss", "meaning")
Column = Literal["base", "tuned", "base_with_passage", "tuned_with_passage"]
CLOSED: tuple[Column, Column] = ("base", "tuned")
OPEN: tuple[Column, Column] = ("base_with_passage", "tuned_with_passage")
COLUMNS: tuple[Column, ...] = (*CLOSED, *OPEN)
Embed = Callable[[Sequence[str]], list[bytes]]  # as `core.models.embedder.Embedder.embed`


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its reference answer, and what is known of it."""

    number: int  # in the set of questions, from 1
    question: str
    reference: str
    is_answerable: bool = True  # by the documents; if False, the reference says that they do not tell
    kind: str | None = None  # what it asks for: a name of `core.questions.kinds`
    was_trained_on: bool = False
    passage: str = ""  # what it was asked with in the columns with a passage; "" if none was found


@dataclass(frozen=True, slots=True)
class Answers:
    """One column: N answers, and the mean cross-entropy of each reference's tokens, in nats per token."""

    texts: Sequence[str]
    losses: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """An answer and its scores; `loss` is that of the reference answer in nats per token, lower is better."""

    answer: str
    exact_match: float
    token_f1: float
    rouge_l: float
    loss: float
    outcome: Outcome
    meaning: float | None = None  # how alike answer and reference are in meaning; None if it was not measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question with the graded answer of each column."""

    asked: Question
    answers: Mapping[Column, Graded]

    @property
    def question(self) -> str:
        """The question's text."""
        return self.asked.question

    @property
    def reference(self) -> str:
        """The reference answer."""
        return self.asked.reference

    @property
    def base(self) -> Graded:
        """The base model's answer, without the passage."""
        return self.answers["base"]

    @property
    def tuned(self) -> Graded:
        """The tuned model's answer, without the passage."""
        return self.answers["tuned"]

    def is_good(self, column: Column) -> bool:
        """Return whether an answer is right or, where the documents do not tell, a refusal."""
        return self.answers[column].outcome == ("right" if self.asked.is_answerable else "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationResult:
    """All rows, and for each metric the means with their 95 % intervals, without and with the passage."""

    rows: tuple[Row, ...]
    scores: Mapping[Metric, Comparison]
    with_passage: Mapping[Metric, Comparison]  # {} in evaluations that are older
    too_long: tuple[int, ...] = ()  # numbers of the questions that do not fit the model; they are in no row
    forgetting: Forgetting | None = None  # None if the general set was not asked
    seed: int
    resamples: int

    @property
    def question_count(self) -> int:
        """Number of graded questions."""
        return len(self.rows)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that there are."""
        return COLUMNS if self.with_passage else CLOSED

    @property
    def trained_count(self) -> int:
        """Number of graded questions that the run was trained on."""
        return sum(row.asked.was_trained_on for row in self.rows)

    @property
    def fresh_rows(self) -> tuple[Row, ...]:
        """The questions that the run was not trained on: what a verdict may rest on."""
        return tuple(row for row in self.rows if not row.asked.was_trained_on)

    def interval(self, metric: Metric, column: Column) -> Interval | None:
        """Return a metric's mean and interval in a column; None if it was not measured there."""
        compared = (self.scores if column in CLOSED else self.with_passage).get(metric)
        if compared is None:
            return None
        return compared.base if column in (CLOSED[0], OPEN[0]) else compared.tuned

    def counts(self, column: Column, *, is_answerable: bool) -> Counts:
        """Count the outcomes of a column, of the questions that the documents answer or of the others."""
        found = Counter(row.answers[column].outcome for row in self.rows if row.asked.is_answerable == is_answerable)
        return Counts(right=found["right"], wrong=found["wrong"], refused=found["refused"])

    def refusal(self) -> dict[str, dict[Column, Mapping[Outcome, int]]]:
        """Return the counts of right, wrong and refused answers, by whether the documents answer, and by column."""
        return {
            name: {column: self.counts(column, is_answerable=is_answerable).as_json() for column in self.columns}
            for name, is_answerable in (("answerable", True), ("unanswerable", False))
        }

    def as_json(self) -> dict[str, Any]:
        """Convert the result to JSON types; `from_json` is the inverse."""
        return {
            "question_count": self.question_count,
            "scores": _scores_as_json(self.scores),
            "with_passage": _scores_as_json(self.with_passage),
            "too_long": list(self.too_long),
            "forgetting": self.forgetting.as_json() if self.forgetting else None,
            "rows": [asdict(row.asked) | {"answers": asdict(row)["answers"]} for row in self.rows],
            "seed": self.seed,
            "resamples": self.resamples,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "EvaluationResult":
        """Rebuild a result from the value that `as_json` returned, in this version or before there were four columns."""
        return cls(
            rows=tuple(_row_from_json(number, row) for number, row in enumerate(values["rows"], start=1)),
            scores=_scores_from_json(values["scores"]),
            with_passage=_scores_from_json(values.get("with_passage", {})),
            too_long=tuple(values.get("too_long", ())),
            forgetting=Forgetting.from_json(told) if (told := values.get("forgetting")) else None,
            seed=values["seed"],
            resamples=values["resamples"],
        )


def _scores_as_json(scores: Mapping[Metric, Comparison]) -> dict[str, Any]:
    return {metric: asdict(compared) for metric, compared in scores.items()}


def _scores_from_json(values: Mapping[str, Any]) -> dict[Metric, Comparison]:
    return {metric: Comparison.from_json(values[metric]) for metric in METRICS if metric in values}


def _row_from_json(number: int, row: Mapping[str, Any]) -> Row:
    known = {field.name: row[field.name] for field in fields(Question) if field.name in row}
    question = Question(**{"number": number, "is_answerable": not is_refusal(row["reference"])} | known)
    answers: dict[Column, Graded] = {}
    for column in COLUMNS:
        told = row.get("answers", row).get(column)
        if told is not None:
            graded = dict(told)
            graded.setdefault("outcome", _outcome(graded["answer"], question))
            answers[column] = Graded(**graded)
    return Row(asked=question, answers=answers)


def evaluate(
    questions: Sequence[Question],
    columns: Mapping[Column, Answers],
    *,
    too_long: Sequence[int] = (),
    forgetting: Forgetting | None = None,
    embed: Embed | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> EvaluationResult:
    """Grade the answers of each column to the same questions.

    Args:
        questions: N questions.
        columns: N answers of each of the four columns, or of base and tuned alone.
        too_long: the numbers of questions that were left out, because they do not fit the model.
        forgetting: what became of general knowledge, if that was measured.
        embed: makes embeddings, for the similarity of meaning; None to leave that out.
        seed: the seed of the bootstrap.
        resamples: the number of bootstrap resamples.

    Raises:
        InputError: there are no questions.
        ModelError: a loss is not a finite number.
    """
    if not questions:
        raise InputError(*_none_left(too_long))
    for column, answers in columns.items():
        _check_losses(column, answers.losses)
    graded = {column: _graded(questions, answers, embed) for column, answers in columns.items()}
    rows = tuple(
        Row(asked=question, answers={column: graded[column][place] for column in columns})
        for place, question in enumerate(questions)
    )
    return EvaluationResult(
        rows=rows,
        scores=_compared(rows, CLOSED, seed=seed, resamples=resamples),
        with_passage=_compared(rows, OPEN, seed=seed, resamples=resamples) if OPEN[0] in columns else {},
        too_long=tuple(too_long),
        forgetting=forgetting,
        seed=seed,
        resamples=resamples,
    )


def _none_left(too_long: Sequence[int]) -> tuple[str, str]:
    if too_long:
        return (
            f"All {len(too_long)} questions are too long for the model.",
            "Shorten them, or train a model that reads longer texts.",
        )
    return "There are no questions to evaluate on.", "Hold out question pairs or bring a file of them."


def _check_losses(column: Column, losses: Sequence[float]) -> None:
    broken = sum(not math.isfinite(loss) for loss in losses)
    if broken:
        name = "tuned" if column in (CLOSED[1], OPEN[1]) else "base"
        raise ModelError(
            f"The {name} model's loss is not a number on {broken} of {len(losses)} questions.",
            "The training has diverged: train again with a lower learning rate or in bf16 or fp32.",
        )


def _compared(rows: Sequence[Row], sides: tuple[Column, Column], *, seed: int, resamples: int) -> dict[Metric, Comparison]:
    scores: dict[Metric, Comparison] = {}
    for metric in METRICS:
        values = [[getattr(row.answers[side], metric) for row in rows] for side in sides]
        if None not in (*values[0], *values[1]):
            scores[metric] = Comparison(*paired_intervals(*values, seed=seed, resamples=resamples))
    return scores


def _graded(questions: Sequence[Question], answers: Answers, embed: Embed | None) -> list[Graded]:
    """Grade one column."""
    alike = meanings(answers.texts, [each.reference for each in questions], embed) if embed else [None] * len(questions)
    return [
        Graded(
            answer=text,
            exact_match=exact_match(text, question.reference),
            token_f1=token_f1(text, question.reference),
            rouge_l=rouge_l(text, question.reference),
            loss=float(loss),
            outcome=_outcome(text, question),
            meaning=meaning,
        )
        for question, text, loss, meaning in zip(questions, answers.texts, answers.losses, alike, strict=True)
    ]


def _outcome(text: str, question: Question) -> Outcome:
    return outcome_of(text, reference=question.reference, question=question.question, is_answerable=question.is_answerable)
