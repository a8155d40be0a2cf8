"""Runs beside each other: their curves in one chart, the settings in which they differ, and what each took and reached."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.records import Evaluation, Project, Run
from core.storage import Workspace, find
from core.words import duration, size
from dashboard.components.run_judging import show_judging
from dashboard.components.run_progress import read_metrics
from dashboard.components.setting_fields import LABELS

MOST_RUNS = 6


def differing(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """Return the settings in which runs differ, with the value of each run."""
    names = dict.fromkeys(name for run in runs for name in run.settings)
    values = {name: [run.settings.get(name) for run in runs] for name in names}
    return {name: each for name, each in values.items() if any(value != each[0] for value in each)}


def show_comparison(workspace: Workspace, project: Project) -> None:
    """Let a person choose runs, and show them beside each other; nothing if there are fewer than two."""
    runs = [run for run in find(workspace.db, Run, project_id=project.id, order="number desc") if run.is_finished]
    if len(runs) < 2:
        return
    with st.expander("Compare runs", icon=":material/compare_arrows:", key="compare-runs"):
        by_number = {run.number: run for run in runs}
        chosen = st.multiselect(
            "Which runs?",
            list(by_number),
            default=list(by_number)[:2],
            format_func=lambda number: f"Run {number}",
            max_selections=MOST_RUNS,
            key="compared-runs",
        )
        if len(chosen) < 2:
            st.caption("Choose two runs or more.")
            return
        _show(workspace, project, [by_number[number] for number in chosen])


def _show(workspace: Workspace, project: Project, runs: Sequence[Run]) -> None:
    rows = {run.number: read_metrics(workspace, run) for run in runs}
    names = {run.id: f"run {run.number}" for run in find(workspace.db, Run, project_id=project.id)}
    st.altair_chart(curves(rows), alt="Error of each run by step; lower is better")
    evaluations = {each.run_id: each for each in find(workspace.db, Evaluation, project_id=project.id, order="created_at")}
    table = {f"Run {run.number}": _facts(run, evaluations.get(run.id)) for run in runs}
    for name, values in differing(runs).items():
        label = LABELS.get(name, (name.replace("_", " ").capitalize(), ""))[0]
        for run, value in zip(runs, values, strict=True):
            table[f"Run {run.number}"][label] = names.get(value, f"{value}")
    st.table(pd.DataFrame(table))
    show_judging(workspace, project, runs)


def _facts(run: Run, evaluation: Evaluation | None) -> dict[str, str]:
    """Return what a run reached and took, in words."""
    metrics = run.metrics
    tuned = evaluation.scores.get("token_f1", {}).get("tuned") if evaluation else None
    return {
        "Shared words with the right answers": f"{tuned['mean']:.0%}" if tuned else "not compared yet",
        "Error on held-back questions": f"{metrics['validation_loss']:.2f}" if metrics.get("validation_loss") else "",
        "Drift on everyday questions": f"{metrics['drift']:.3f}" if metrics.get("drift") else "",
        "Finds preferred answers likelier": f"{metrics['preferred']:.0%}" if "preferred" in metrics else "",
        "Time": duration(metrics["seconds"]) if metrics.get("seconds") else "",
        "Most memory": size(metrics["peak_memory_bytes"]) if metrics.get("peak_memory_bytes") else "",
        "Model": run.model,
    }


def curves(rows: Mapping[int, Sequence[Mapping[str, Any]]]) -> alt.Chart:
    """Build a chart of the error by step of several runs, by their numbers; dashed on questions that were held back."""
    kinds = {"loss": "Learned from", "validation_loss": "Held back"}
    long = [
        {"step": row["step"], "run": f"Run {number}", "on": words, "error": row[key]}
        for number, lines in rows.items()
        for row in lines
        for key, words in kinds.items()
        if isinstance(row.get(key), int | float)
    ]
    return (
        alt.Chart(pd.DataFrame(long, columns=["step", "run", "on", "error"]))
        .mark_line()
        .encode(
            x=alt.X("step:Q", title="Steps", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("error:Q", title="Error (lower is better)", scale=alt.Scale(zero=False)),
            color=alt.Color("run:N", title=None),
            strokeDash=alt.StrokeDash("on:N", title=None, scale=alt.Scale(domain=list(kinds.values()))),
            tooltip=["run:N", "on:N", "step:Q", alt.Tooltip("error:Q", format=".3f")],
        )
        .configure_legend(orient="top")
        .properties(height=280)
    )
