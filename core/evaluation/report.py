"""Render the report on a project, from documents to evaluation, as one HTML file: nothing is fetched, plots are inline SVG.

Plots are laid out here, 400 units wide, and drawn by `report.html`; colors follow the reader's light or dark theme.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.evaluation.bootstrap import Comparison
from core.evaluation.comparison import Column, EvaluationResult, Metric, Row
from core.evaluation.html import render
from core.evaluation.outcomes import RIGHT_F1
from core.evaluation.verdict import judge, outcome, verdict

METRIC_NAMES: dict[Metric, str] = {
    "token_f1": "Token F1",
    "rouge_l": "ROUGE-L",
    "exact_match": "Exact match",
    "loss": "Loss on the reference answers",
    "meaning": "Similarity of meaning",
}
COLUMN_NAMES: dict[Column, str] = {
    "base": "base",
    "tuned": "tuned",
    "base_with_passage": "base with the passage",
    "tuned_with_passage": "tuned with the passage",
}
WIDTH, HEIGHT = 400.0, 230.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 10.0, 10.0, 30.0  # margins of the loss plot, for its labels


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """The duration of one stage, and what it worked on, in words ("11 documents, 6,800 words")."""

    name: str
    seconds: float
    amount: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """Everything a report shows. Its texts come only from anonymized documents."""

    project: str
    created_at: str  # ISO 8601
    model: str
    document_count: int
    word_count: int
    spans: Mapping[str, int]  # entity -> spans masked
    pairs_kept: int
    pairs_dropped: Mapping[str, int]  # filter -> pairs
    train_loss: Sequence[tuple[int, float]]  # (step, nats per token)
    validation_loss: Sequence[tuple[int, float]]
    evaluation: EvaluationResult
    good_enough: float  # share of right answers from which the project takes a model for good enough to use
    settings: Mapping[str, Any]  # training settings
    stages: Sequence[StageTime]
    refused_connections: int | None  # attempts to reach another machine; None if they were not monitored
    versions: Mapping[str, str]
    hashes: Mapping[str, str]  # name -> SHA-256


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart, with its length in `percent` of the longest one."""

    label: str
    value: int
    percent: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick on an axis: its position (in the plot's units) and its label."""

    at: float
    label: str


def render_report(data: ReportData) -> str:
    """Render the report as one self-contained HTML document with all text escaped."""
    result = data.evaluation
    judged = judge(result, bound=data.good_enough)
    return render(
        "report.html",
        data=data,
        verdict=verdict(result, judged),
        outcome=judged.change if judged.is_good_enough or judged.change == "worse" else "unclear",
        spans=_bars(data.spans),
        pairs=_bars({"kept": data.pairs_kept}, data.pairs_dropped),
        loss=_loss_plot(data.train_loss, data.validation_loss),
        metrics=[
            _metric_plot(result, compared[metric], metric=metric, title=f"{METRIC_NAMES[metric]}{condition}")
            for condition, compared in (("", result.scores), (", with the passage", result.with_passage))
            for metric in METRIC_NAMES
            if metric in compared
        ],
        outcomes=_outcome_rows(result),
        right_f1=f"{RIGHT_F1:.0%}",
        has_unanswerable=any(not row.asked.is_answerable for row in result.rows),
        column_names=[(column, COLUMN_NAMES[column]) for column in result.columns],
        chosen=chosen_rows(result),
    )


def chosen_rows(result: EvaluationResult) -> list[tuple[str, Row]]:
    """Return the rows whose token F1 changed best, in the middle and worst; ties go by ROUGE-L, then by loss."""

    def change(row: Row) -> tuple[float, float, float]:
        return (
            row.tuned.token_f1 - row.base.token_f1,
            row.tuned.rouge_l - row.base.rouge_l,
            row.base.loss - row.tuned.loss,
        )

    ordered = sorted(result.rows, key=change, reverse=True)
    places = {0: "Best change", len(ordered) // 2: "Median change", len(ordered) - 1: "Worst change"}
    return [(places[index], ordered[index]) for index in sorted(places)]


def _bars(*groups: Mapping[str, int]) -> list[Bar]:
    """Build bars on a common scale, each group sorted from longest to shortest."""
    longest = max((value for group in groups for value in group.values()), default=0) or 1
    return [
        Bar(label, value, 100 * value / longest)
        for group in groups
        for label, value in sorted(group.items(), key=lambda item: (-item[1], item[0]))
    ]


def _loss_plot(train: Sequence[tuple[int, float]], validation: Sequence[tuple[int, float]]) -> dict[str, Any] | None:
    """Lay out both curves and the ticks of both axes in plot units; return None if no finite loss was recorded."""
    curves = [[(step, loss) for step, loss in curve if math.isfinite(loss)] for curve in (train, validation)]
    points = [*curves[0], *curves[1]]
    if not points:
        return None
    last_step = max(step for step, _ in points) or 1
    steps = [tick for tick in nice_ticks(0, last_step, most=5) if tick == int(tick) and tick <= last_step]
    losses = nice_ticks(0, max(loss for _, loss in points), most=5)
    top = losses[-1]

    def x(step: float) -> float:
        return LEFT + step / last_step * (WIDTH - LEFT - RIGHT)

    def y(loss: float) -> float:
        return HEIGHT - BOTTOM - max(0.0, loss) / top * (HEIGHT - TOP - BOTTOM)

    placed = [[(round(x(step), 1), round(y(loss), 1)) for step, loss in curve] for curve in curves]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "bottom": HEIGHT - BOTTOM,
        "x_ticks": [Tick(x(step), f"{step:g}") for step in steps],
        "y_ticks": [Tick(y(loss), f"{loss:g}") for loss in losses],
        "train": placed[0],
        "validation": placed[1],
        "summary": _loss_summary(*curves),
    }


def _loss_summary(train: Sequence[tuple[int, float]], validation: Sequence[tuple[int, float]]) -> str:
    parts = [
        f"{name} loss from {curve[0][1]:.2f} at step {curve[0][0]} to {curve[-1][1]:.2f} at step {curve[-1][0]}"
        for name, curve in (("training", train), ("validation", validation))
        if curve
    ]
    text = ", ".join(parts) + "."
    lowest = min(validation, key=lambda point: point[1]) if validation else None
    if lowest and lowest[0] != validation[-1][0]:
        text += f" The validation loss was lowest ({lowest[1]:.2f}) at step {lowest[0]} and rose after that."
    return text[0].upper() + text[1:]


def _outcome_rows(result: EvaluationResult) -> list[dict[str, Any]]:
    """Lay out how many answers were right, wrong and refused, by column, with shares in percent."""
    rows = []
    for title, is_answerable in (("The documents answer", True), ("The documents do not tell", False)):
        for column in result.columns:
            counts = result.counts(column, is_answerable=is_answerable)
            shares = [(name, number, 100 * number / counts.total) for name, number in counts.as_json().items() if number]
            if shares:
                rows.append({"title": title, "column": COLUMN_NAMES[column], "counts": counts, "shares": shares})
    return rows


def _metric_plot(result: EvaluationResult, score: Comparison, *, metric: Metric, title: str) -> dict[str, Any]:
    """Lay out one metric's means and intervals in percent of its axis: 0 to 1, or 0 to above the highest loss."""
    is_loss = metric == "loss"
    ticks = nice_ticks(0, max(score.base.high, score.tuned.high), most=4) if is_loss else [0.0, 0.25, 0.5, 0.75, 1.0]
    top = ticks[-1]
    sides = [
        {
            "name": name,
            "interval": interval,
            "mean": max(0.0, 100 * interval.mean / top),
            "low": max(0.0, 100 * interval.low / top),
            "high": 100 * interval.high / top,
        }
        for name, interval in (("base", score.base), ("tuned", score.tuned))
    ]
    reached = outcome(score.difference, question_count=result.question_count, lower_is_better=is_loss)
    return {
        "name": title,
        "note": "lower is better" if is_loss else "0 to 1, higher is better",
        "sides": sides,
        "ticks": [Tick(100 * tick / top, f"{tick:g}") for tick in ticks],
        "difference": score.difference,
        "outcome": reached,
    }


def nice_ticks(low: float, high: float, *, most: int) -> list[float]:
    """Return at most `most` + 1 round numbers from `low` to the first one not below `high`.

    `low` must be a multiple of the step. Steps are 1, 2, 2.5 or 5 times a power of ten (after Heckbert, "Nice numbers for
    graph labels", 1990).
    """
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10, 20) if math.ceil(round(span / (factor * power), 9)) <= most)
    return [round(low + index * step, 10) for index in range(math.ceil(round(span / step, 9)) + 1)]
