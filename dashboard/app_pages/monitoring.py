"""Monitoring: which model is in use, how it fares, and whether it is time to train again."""

import streamlit as st

from core import jobs
from core.records import Project, Run
from core.services.monitoring.report import monitoring_of
from core.storage import Workspace, find, rights
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.monitoring.in_use import show_first_choice, show_in_use
from dashboard.components.monitoring.pictures import show_answerers, show_drift, show_figures
from dashboard.components.monitoring.retraining import show_retraining
from dashboard.components.monitoring.rules import show_rules
from dashboard.components.person import acting_person


def show_page(workspace: Workspace, project: Project, runs: list[Run]) -> None:
    """Show the model in use, why it is time if it is, and what that rests on."""
    jobs.advance(workspace)
    found = monitoring_of(workspace, project)
    st.caption("Counts of all people's questions and answers. No word of them is shown here, nor who asked.")
    person = acting_person() if rights.may(workspace.db, "train", project.id) else None
    if found.in_use:
        show_in_use(workspace, project, found.in_use, runs=runs, person=person)
        show_retraining(workspace, project, found)
    else:
        show_first_choice(workspace, project, runs, person)
    show_drift(workspace, project, found)
    show_figures(found)
    show_answerers(found, runs)
    show_rules(workspace, project, found.settings, person)


project = resources.require_project()
workspace = resources.workspace()
runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
if runs:
    show_page(workspace, project, runs)
else:
    empty_state(
        "There is no trained model to watch yet. Train one, and put it in use here.", page="train", label="Train a model"
    )
