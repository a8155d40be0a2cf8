"""A search for the best settings: its start, its trials as a table and a chart, and keeping the best as a goal."""

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st

from core import jobs
from core.models.registry import model_folders, models_for
from core.records import Project
from core.services.training.search.measuring import MEASURED_WORDS
from core.services.training.search.own_goals import keep_best, own_goals, remove_goal
from core.services.training.search.progress import SearchProgress, newest_search
from core.settings import Goal
from core.storage import Workspace
from core.training.search import TrialRecord
from core.words import duration
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.setting_fields import LABELS
from dashboard.session_keys import TRAIN_GOAL, TRAIN_MODEL

STATES = {"running": "running", "done": "done", "ended early": "ended early: behind the others", "failed": "failed"}
NAME = "Found by search"


def show_search(workspace: Workspace, project: Project, goals: Mapping[Goal, tuple[str, str]]) -> None:
    """Show how a search is started, what it has found, and the goals that were kept of searches."""
    if not is_active(follow_newest(workspace, project, "search")):
        _ask(workspace, project, goals)
        _show_found(workspace, project)
    else:
        st.fragment(_show_found, run_every="3s", key="search-found")(workspace, project)
    _show_own_goals(workspace, project)


def _ask(workspace: Workspace, project: Project, goals: Mapping[Goal, tuple[str, str]]) -> None:
    models = {model.name: model for model in models_for("training", model_folders(workspace.home))}
    if not models:
        st.caption("There is no model to start from.")
        return
    st.caption(
        "Short trainings with different settings, each chosen by how those before it did. One that falls behind ends early. "
        "The best settings can be kept as a goal of this project."
    )
    left, right = st.columns(2)
    with left:
        name = st.selectbox("Which model?", list(models), key="search-model")
        goal = st.selectbox("What for?", list(goals), index=1, format_func=lambda each: goals[each][0], key="search-goal")
    with right:
        minutes = st.number_input("Minutes in all", min_value=1, value=30, key="search-minutes")
        trials = st.number_input("Trials at most", min_value=2, max_value=500, value=10, key="search-trials")
    if st.button("Search", icon=":material/search:", key="start-search"):
        from core.services.training.search.job import params_here  # imports the training stage, so only where needed

        with shown_errors():
            params = params_here(workspace, project, models[name], goal=goal, minutes=minutes, trials=trials)
            jobs.submit(workspace, params, project_id=project.id)
            st.rerun()


def _show_found(workspace: Workspace, project: Project) -> None:
    newest = newest_search(workspace, project)
    if newest is None:
        return
    told = newest[1]
    st.dataframe(
        pd.DataFrame([_row(trial, is_best=trial == told.best) for trial in told.trials]), hide_index=True, alt="Trials"
    )
    st.caption(f"Measured by {MEASURED_WORDS[told.by]}. Lower is better.")
    if told.best is None:
        return
    st.altair_chart(trials_chart(told.trials), alt="Error of each trial; lower is better")
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        st.text_input("Name of the goal", value=NAME, key="own-goal-name", max_chars=40)
    with right:
        st.button(
            "Use the best settings", icon=":material/bookmark_add:", key="keep-best", on_click=_keep,
            args=(workspace, project, told),
            help="They become a goal of this project, which stands above under “What for?”.",
        )  # fmt: skip


def _keep(workspace: Workspace, project: Project, told: SearchProgress) -> None:
    """Keep the best settings as a goal, and choose it above, with its model."""
    with shown_errors():
        own = keep_best(workspace, project, st.session_state.get("own-goal-name", NAME))
        st.session_state[TRAIN_MODEL] = told.model
        st.session_state[TRAIN_GOAL] = own.name


def _show_own_goals(workspace: Workspace, project: Project) -> None:
    for own in own_goals(workspace, project):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(f":material/bookmark: **{own.name}**, for {own.model}")
        if right.button("Remove", key=f"remove-{own.id}", icon=":material/delete:", help="Runs stay as they are."):
            with shown_errors():
                remove_goal(workspace, project, own.name)
                st.rerun()


def _row(trial: TrialRecord, *, is_best: bool) -> dict[str, object]:
    return {
        "Trial": f"{trial.number} ★" if is_best else f"{trial.number}",
        "State": f"failed: {trial.error}" if trial.error else STATES[trial.state],
        **{LABELS[name][0]: f"{value}" for name, value in trial.chosen.items()},
        "Error": "" if trial.loss is None else f"{trial.loss:.3f}",
        "Time": duration(trial.seconds) if trial.seconds else "",
    }


def trials_chart(trials: tuple[TrialRecord, ...]) -> alt.Chart:
    """Build a chart of the error with which each trial ended; of one that ended early, the last that was measured."""
    rows = [
        {"trial": trial.number, "error": loss, "state": STATES[trial.state]}
        for trial in trials
        if (loss := trial.loss if trial.loss is not None else next(reversed(list(trial.losses.values())), None)) is not None
    ]
    return (
        alt.Chart(pd.DataFrame(rows, columns=["trial", "error", "state"]))
        .mark_point(filled=True, size=90)
        .encode(
            x=alt.X("trial:Q", title="Trial", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("error:Q", title="Error (lower is better)", scale=alt.Scale(zero=False)),
            color=alt.Color("state:N", title=None),
            shape=alt.Shape("state:N", title=None),
            tooltip=["trial:Q", "state:N", alt.Tooltip("error:Q", format=".3f")],
        )
        .configure_legend(orient="top")
        .properties(height=260)
    )
