"""What came of an experiment: a table, a chart of the scores with their intervals, and which run to take."""

import altair as alt
import pandas as pd
import streamlit as st

from core import jobs
from core.evaluation.recommendation import Recommendation
from core.records import Experiment, Project
from core.services.training.experiments.ending import cancel_experiment, resume_experiment
from core.services.training.experiments.results import (
    STATE_WORDS,
    VariantResult,
    experiments_of,
    is_at_work,
    recommended,
    results_of,
)
from core.storage import Workspace
from core.words import duration, size
from dashboard.components.charts import score_chart
from dashboard.components.errors import shown_errors
from dashboard.components.setting_fields import LABELS
from dashboard.components.words import ago


def show_experiments(workspace: Workspace, project: Project) -> None:
    """Show an experiment, by default the newest, and keep it up to date while it is at work; nothing if there is none."""
    found = experiments_of(workspace, project)
    if not found:
        return
    by_number = {each.number: each for each in found}
    number = st.selectbox(
        "Experiment",
        list(by_number),
        format_func=lambda number: f"Experiment {number}, {ago(by_number[number].created_at)}",
        key="experiment-shown",
        width=420,
    )
    chosen = by_number[number]
    is_live = is_at_work(results_of(workspace, project, chosen))
    st.fragment(_show, run_every="2s" if is_live else None, key=f"experiment-{chosen.id}")(
        workspace, project, chosen, is_live=is_live
    )


def _show(workspace: Workspace, project: Project, experiment: Experiment, *, is_live: bool) -> None:
    jobs.advance(workspace)
    results = results_of(workspace, project, experiment)
    if is_live and not is_at_work(results):
        st.rerun(scope="app")
    advice = recommended(results)
    with st.container(border=True, key="experiment-advice"):
        st.markdown(f":material/recommend: {_words(results, advice)}")
    st.dataframe(
        pd.DataFrame([_row(result, is_chosen=result.number == advice.number) for result in results]),
        hide_index=True,
        alt="The trainings of this experiment",
    )
    if chart := comparison_chart(results):
        st.altair_chart(chart, alt="Words shared with the right answers, by training, with intervals")
    for result in results:
        if result.error:
            st.caption(f":material/error: Number {result.number}: {result.error}")
    _show_ending(workspace, project, experiment, results)


def _show_ending(workspace: Workspace, project: Project, experiment: Experiment, results: list[VariantResult]) -> None:
    if is_at_work(results):
        if st.button("Cancel all", icon=":material/cancel:", key="cancel-experiment", help="What is finished is kept."):
            with shown_errors():
                cancel_experiment(workspace, project, experiment)
                st.rerun(scope="app")
    elif any(result.state in ("failed", "cancelled") for result in results):
        if st.button("Go on with the rest", icon=":material/play_arrow:", key="resume-experiment"):
            with shown_errors():
                resume_experiment(workspace, project, experiment)
                st.rerun(scope="app")


def _words(results: list[VariantResult], advice: Recommendation) -> str:
    ended = sum(result.state == "done" for result in results)
    return f"{advice.words}" + (f" {ended} of {len(results)} are done so far." if is_at_work(results) else "")


def _row(result: VariantResult, *, is_chosen: bool) -> dict[str, object]:
    score = result.score
    return {
        "Number": f"{result.number} ★" if is_chosen else f"{result.number}",
        "State": STATE_WORDS[result.state],
        "Model": result.variant.model,
        **{LABELS[name][0]: f"{value}" for name, value in result.variant.varied.items()},
        "Shared words": f"{score.mean:.0%} ({score.low:.0%} to {score.high:.0%})" if score else "",
        "Time": duration(result.seconds) if result.seconds else "",
        "Most memory": size(result.memory_bytes) if result.memory_bytes else "",
        "Adapter": size(result.adapter_bytes) if result.adapter_bytes else "",
        "Run": f"Run {result.run.number}" if result.run else "",
    }


def comparison_chart(results: list[VariantResult]) -> alt.LayerChart | None:
    """Build a chart of the scores of those that were compared, with their intervals; None if there is none."""
    rows = [
        {"score": title(result), "model": "Tuned", "value": score.mean, "low": score.low, "high": score.high}
        for result in results
        if (score := result.score)
    ]
    return score_chart(rows) if rows else None


def title(result: VariantResult) -> str:
    """Return the number of a variant with its model and what differs in it."""
    varied = [f"{LABELS[name][0].lower()} {value}" for name, value in result.variant.varied.items()]
    return ", ".join([f"{result.number}: {result.variant.model}", *varied])
