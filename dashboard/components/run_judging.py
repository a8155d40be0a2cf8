"""Two runs held against each other by a model that judges their answers: started here, and what it found."""

from collections.abc import Sequence

import streamlit as st

from core import jobs
from core.records import Job, Project, Run
from core.services.evaluation.judging import WEAK_JUDGE, Params, Result
from core.services.questions.writing.models import writing_models
from core.settings import EMBEDDED_MODEL
from core.storage import Workspace
from dashboard.components.charts import outcome_bars
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active


def show_judging(workspace: Workspace, project: Project, runs: Sequence[Run]) -> None:
    """Show what a judge found about two runs, and how to ask one; with more runs, only that it takes two."""
    st.markdown("**Whose answers are better?**")
    if len(runs) != 2:
        st.caption("Choose two runs to have a model judge their answers.")
        return
    job = follow_newest(workspace, project, "judge")
    if found := _newest_result(workspace, project, runs):
        _show_result(found, runs)
    with shown_errors():
        models = writing_models(workspace)
        model = st.selectbox(
            "Judge",
            models,
            index=models.index(EMBEDDED_MODEL) if EMBEDDED_MODEL in models else 0,
            key="judge-model",
            help="Sees the question, the right answer, the passage and both answers, twice: with the answers swapped.",
        )
        if model == EMBEDDED_MODEL:
            st.caption(f":material/warning: {WEAK_JUDGE}")
        is_off = model is None or is_active(job)
        if st.button("Let it judge", icon=":material/gavel:", disabled=is_off, key="start-judging") and model:
            first, second = sorted(runs, key=lambda run: run.number)
            jobs.submit(
                workspace, Params(first_run_id=first.id, second_run_id=second.id, model=model), project_id=project.id
            )
            st.rerun()


def _newest_result(workspace: Workspace, project: Project, runs: Sequence[Run]) -> Result | None:
    """Return what the newest judge found about these two runs; None if none was asked."""
    done = (Result.find(job) for job in jobs.list_jobs(workspace, project_id=project.id) if _is_done(job))
    chosen = {run.id for run in runs}
    return next((found for found in done if found and {found.first_run_id, found.second_run_id} == chosen), None)


def _is_done(job: Job) -> bool:
    return job.kind == Params.kind and job.state == "done"


def _show_result(found: Result, runs: Sequence[Run]) -> None:
    numbers = {run.id: run.number for run in runs}
    counts = found.preferences
    outcomes = {
        f"Run {numbers[found.first_run_id]}": counts.first,
        f"Run {numbers[found.second_run_id]}": counts.second,
        "Neither": counts.same + counts.alike,
        "Changed its mind": counts.disagreed,
    }
    st.markdown(found.words)
    bars = [{"model": found.model, "outcome": words, "answers": count} for words, count in outcomes.items()]
    told = ", ".join(f"{words.lower()}: {count}" for words, count in outcomes.items())
    st.altair_chart(outcome_bars(bars), alt=f"Questions by whose answer the judge takes: {told}")
