"""The six steps of a project with the state of each, at the top of every step's page."""

import streamlit as st

from core.records import Project
from core.services.steps import project_steps
from core.storage import Workspace
from dashboard.components.words import STEP_ICONS
from dashboard.pages import STEP_PAGES

STEP_WIDTH_PX = 128  # six of them and their gaps fit beside the menu in a 1280 px window
_INDENT = "\N{EN SPACE}"  # aligns the state with the step's name above it


def show_step_bar(workspace: Workspace, project: Project) -> None:
    """Show a link for each step with its state below, as a word and an icon, in a row that wraps in narrow windows."""
    with st.container(horizontal=True, gap="xsmall", key="spine"):
        for number, step in enumerate(project_steps(workspace, project), start=1):
            with st.container(width=STEP_WIDTH_PX, gap=None, key=f"spine-{step.name}"):
                st.page_link(STEP_PAGES[step.name].path, label=f"{number} {step.title}", help=step.summary)
                st.caption(f"{_INDENT}{STEP_ICONS[step.state]} {step.state}")
