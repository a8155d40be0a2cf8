"""Charts as pure functions: rows in, an Altair chart out. Colors come from the theme and never carry meaning alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from core.monitoring.figures import Day
from core.questions import drop_reason

MOST_BARS = 15
LABEL_PX = 180
LINE_COLOR = "#d9730d"  # of a line across bars, which theme colors draw black in the dark
SHAPES = ("circle", "diamond", "square", "triangle-up")  # as many as one chart compares models
ROW_HEIGHT_PX, AXES_HEIGHT_PX, LEGEND_HEIGHT_PX = 30, 70, 60  # the chart's height includes its axes and its legend


def outcome_chart(kept: int, dropped: Mapping[str, int]) -> alt.Chart:
    """Build a bar chart of the kept pairs and of the dropped pairs by reason, with the counts in the labels."""
    reasons = sorted(dropped.items(), key=lambda item: -item[1])
    rows = [{"what": f"Kept: {kept:,}", "state": "Kept", "pairs": kept}]
    rows += [
        {"what": f"{drop_reason(name).words}: {count:,}", "state": "Dropped", "pairs": count} for name, count in reasons
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("pairs:Q", title="Question pairs", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("what:N", title=None, sort=None, axis=alt.Axis(labelLimit=LABEL_PX)),
            color=alt.Color("state:N", scale=alt.Scale(domain=["Kept", "Dropped"]), legend=None),
            tooltip=[alt.Tooltip("what:N", title="Pairs")],
        )
        .properties(height=ROW_HEIGHT_PX * len(rows) + AXES_HEIGHT_PX)
    )


def coverage_chart(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Build a chart of how much of each document is asked about; with many, only the `MOST_BARS` least covered.

    Args:
        rows: `document` (its name), `covered` (passages with a kept pair) and `passages` (all of them).
    """
    frame = pd.DataFrame(list(rows))
    frame["share"] = frame["covered"] / frame["passages"].clip(lower=1)
    frame["label"] = [f"{row['covered']} of {row['passages']}: {row['document']}" for row in rows]
    frame = frame.nsmallest(MOST_BARS, "share")
    return (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="Passages asked about", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=LABEL_PX)),
            tooltip=[alt.Tooltip("document:N", title="Document"), alt.Tooltip("share:Q", title="Asked about", format=".0%")],
        )
        .properties(height=ROW_HEIGHT_PX * len(frame) + AXES_HEIGHT_PX)
    )


def loss_chart(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Build a chart of the error by step, on questions it learns from and on those held back; lower is better.

    Args:
        rows: the rows of `metrics.jsonl`; `loss` and `validation_loss` need not be in the same ones.
    """
    names = {"loss": "Learned from", "validation_loss": "Held back"}
    long = [
        {"step": row["step"], "what": words, "error": row[key]}
        for row in rows
        for key, words in names.items()
        if isinstance(row.get(key), int | float)
    ]
    frame = pd.DataFrame(long, columns=["step", "what", "error"])
    return (
        alt.Chart(frame)
        .mark_line(point=alt.OverlayMarkDef(size=25))
        .encode(
            x=alt.X("step:Q", title="Steps", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("error:Q", title="Error (lower is better)", scale=alt.Scale(zero=False)),
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=list(names.values()))),
            strokeDash=alt.StrokeDash("what:N", title=None, scale=alt.Scale(domain=list(names.values()))),
            tooltip=[alt.Tooltip("what:N", title="On"), "step:Q", alt.Tooltip("error:Q", title="Error", format=".3f")],
        )
        .configure_legend(orient="top")
        .properties(height=280)
    )


def score_chart(rows: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Build a chart of scores with their 95% intervals, the models side by side.

    Args:
        rows: `score` (in words), `model` ("Base" and others), `value`, `low` and `high`, the last three from 0 to 1.
            Intervals are drawn only if every row has `low` and `high`.
    """
    order = list(dict.fromkeys(str(row["score"]) for row in rows))
    models = list(dict.fromkeys(str(row["model"]) for row in rows))
    has_intervals = all("low" in row for row in rows)
    legend = alt.Legend(orient="top", columns=1 if len(models) > 2 else 2, labelLimit=LABEL_PX)
    base = alt.Chart(pd.DataFrame(list(rows))).encode(
        y=alt.Y("score:N", title=None, sort=order, axis=alt.Axis(labelLimit=200)),
        yOffset=alt.YOffset("model:N", sort=models),
        color=alt.Color("model:N", title=None, scale=alt.Scale(domain=models), legend=legend),
    )
    ranges = base.mark_rule(strokeWidth=3, opacity=0.5, clip=True).encode(x=alt.X("low:Q"), x2="high:Q")
    bounds = [alt.Tooltip("low:Q", title="From", format=".1%"), alt.Tooltip("high:Q", title="To", format=".1%")]
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X(
            "value:Q",
            title="Score; the line: where it lies 95 times in 100" if has_intervals else "Score",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%"),
        ),
        shape=alt.Shape("model:N", title=None, scale=alt.Scale(domain=models, range=list(SHAPES[: len(models)]))),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("score:N", title="Score"),
            alt.Tooltip("value:Q", title="Value", format=".1%"),
            *(bounds if has_intervals else []),
        ],
    )
    height = (20 * len(models) + 30) * len(order) + 80
    return alt.layer(*([ranges] if has_intervals else []), points).properties(height=height)


def outcome_bars(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Build stacked bars of how many answers were right, wrong and refused, one bar for each model.

    Args:
        rows: `model` (in words), `outcome` (in words, in the order in which they are stacked) and `answers` (their number).
    """
    models = list(dict.fromkeys(str(row["model"]) for row in rows))
    outcomes = list(dict.fromkeys(str(row["outcome"]) for row in rows))
    numbered = [dict(row) | {"place": outcomes.index(str(row["outcome"]))} for row in rows]
    return (
        alt.Chart(pd.DataFrame(numbered))
        .mark_bar()
        .encode(
            x=alt.X("answers:Q", title="Answers", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("model:N", title=None, sort=models, axis=alt.Axis(labelLimit=LABEL_PX, labelOverlap=False)),
            color=alt.Color(
                "outcome:N", title=None, scale=alt.Scale(domain=outcomes), legend=alt.Legend(orient="top", columns=2)
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("model:N", title="Model"),
                alt.Tooltip("outcome:N", title="Answers that are"),
                alt.Tooltip("answers:Q", title="How many"),
            ],
        )
        .properties(height=ROW_HEIGHT_PX * len(models) + AXES_HEIGHT_PX + LEGEND_HEIGHT_PX)
    )


def day_chart(days: Sequence[Day]) -> alt.Chart:
    """Build a chart of how many questions were asked on each day, by what people thought of the answers."""
    thumbs = ("no thumb", "thumb down", "thumb up")
    long = [
        {"day": day.day, "thumb": thumb, "place": place, "questions": count}
        for day in days
        for place, (thumb, count) in enumerate(zip(thumbs, (day.unjudged, day.down, day.up), strict=True))
    ]
    return (
        alt.Chart(pd.DataFrame(long))
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%b %-d", labelOverlap=True)),
            y=alt.Y("questions:Q", title="Questions a day", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "thumb:N", title=None, scale=alt.Scale(domain=list(thumbs)), legend=alt.Legend(orient="top", columns=3)
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("day:T", title="Day"),
                alt.Tooltip("thumb:N", title="Answers with"),
                alt.Tooltip("questions:Q", title="How many"),
            ],
        )
        .properties(height=240)
    )


def ending_chart(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Build a bar chart of answers that did not come to their end.

    Args:
        rows: `ending` (in words) and `answers` (their number).
    """
    return (
        alt.Chart(pd.DataFrame(list(rows)))
        .mark_bar()
        .encode(
            x=alt.X("answers:Q", title="Answers ended early", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("ending:N", title=None, sort=None, axis=alt.Axis(labelLimit=LABEL_PX)),
            tooltip=[alt.Tooltip("ending:N", title="How"), alt.Tooltip("answers:Q", title="Answers")],
        )
        .properties(height=ROW_HEIGHT_PX * len(rows) + AXES_HEIGHT_PX)
    )


def fit_chart(fits: Sequence[float], threshold: float) -> alt.LayerChart:
    """Build a histogram of how alike asked questions are to trained ones, with a line below which they are new."""
    questions = (
        alt.Chart(pd.DataFrame({"fit": list(fits)}))
        .mark_bar()
        .encode(
            x=alt.X("fit:Q", title="How alike (1: the same)", bin=alt.Bin(step=0.05)),
            y=alt.Y("count():Q", title="Questions", axis=alt.Axis(tickMinStep=1)),
            tooltip=[alt.Tooltip("count():Q", title="Questions")],
        )
    )
    line = alt.Chart(pd.DataFrame({"threshold": [threshold]})).mark_rule(color=LINE_COLOR, strokeDash=[6, 4], strokeWidth=3)
    return alt.layer(questions, line.encode(x=alt.X("threshold:Q"))).properties(height=220)
