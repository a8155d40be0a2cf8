"""Choosing what to compare: models, and values of settings; how long that takes; the start button."""

import streamlit as st

from core import jobs
from core.errors import InputError
from core.models.registry import model_folders, models_for
from core.records import Project
from core.services.training.experiments.plan import Choice, Plan, plan
from core.settings import Goal
from core.storage import Workspace
from core.words import counted, duration
from dashboard.components.errors import shown_errors
from dashboard.components.setting_fields import LABELS

# The settings that are worth comparing, and values to begin with
SUGGESTED = {
    "epochs": "10, 20",
    "learning_rate": "0.0005, 0.001, 0.002",
    "lora_rank": "8, 16, 32",
    "layers": "all, mlp",
    "method": "lora, rslora",
    "passage_share": "0, 0.125",
    "seed": "0, 1",
}
MINUTES = {None: "as long as it takes", 10: "10 minutes", 30: "30 minutes", 60: "an hour"}


def show_choice(workspace: Workspace, project: Project, goals: dict[Goal, tuple[str, str]]) -> None:
    """Ask what to compare, tell how long it takes in all, and start it."""
    models = [model.name for model in models_for("training", model_folders(workspace.home))]
    if not models:
        st.caption("There is no model to start from.")
        return
    left, right = st.columns(2)
    with left:
        chosen = st.multiselect("Which models?", models, default=models[:1], key="experiment-models")
        goal = st.selectbox(
            "What for?", list(goals), index=1, format_func=lambda name: goals[name][0], key="experiment-goal"
        )
        minutes = st.selectbox("Each may take", list(MINUTES), format_func=MINUTES.__getitem__, key="experiment-minutes")
    with right:
        varied = st.multiselect(
            "What is to differ?", list(SUGGESTED), format_func=lambda name: LABELS[name][0], key="experiment-varied"
        )
        values = {name: _values(name) for name in varied}
    try:
        planned = plan(workspace, project, Choice(models=tuple(chosen), goal=goal, minutes=minutes, values=values))
    except InputError as error:
        st.caption(f"{error.message} {error.hint.words}")
        return
    _show_plan(planned)
    if st.button("Start all of them", icon=":material/play_arrow:", key="start-experiment"):
        from core.services.training.experiments.job import params_of  # imports the training stage, so only where needed

        with shown_errors():
            jobs.submit(workspace, params_of(planned), project_id=project.id)
            st.rerun()


def _values(name: str) -> tuple[str, ...]:
    label, help_text = LABELS[name]
    written = st.text_input(
        f"{label}: values", value=SUGGESTED[name], help=f"{help_text} Separate values by commas.", key=f"experiment-{name}"
    )
    return tuple(dict.fromkeys(value.strip() for value in written.split(",") if value.strip()))


def _show_plan(planned: Plan) -> None:
    """Say how many trainings that makes and how long all of them take, and which probably do not fit."""
    st.markdown(
        f"**{counted(len(planned.variants), 'training')}**, one after the other, each compared with its base model: "
        f"about **{duration(planned.duration_s)}** in all"
    )
    if planned.too_large:
        numbers = ", ".join(str(number) for number in planned.too_large)
        st.caption(f":material/warning: Probably too large for this machine: number {numbers}. The others go on without it.")
    st.caption("You may close this page. Question pairs are frozen once, so that all learn from the same ones.")
