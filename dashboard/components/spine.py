"""The six steps of a project with the state of each: at the top of every page of a project."""

import streamlit as st

from core.records import Project
from core.storage import Workspace, project_steps
from dashboard.components.words import STEP_ICONS

STEP_PAGES = {
    "documents": "app_pages/documents.py",
    "review": "app_pages/review.py",
    "questions": "app_pages/questions.py",
    "train": "app_pages/train.py",
    "evaluate": "app_pages/evaluate.py",
    "use": "app_pages/chat.py",
}


def show_spine(workspace: Workspace, project: Project) -> None:
    """One link for each step, with its state in a word and an icon; wraps on a narrow screen."""
    with st.container(horizontal=True, gap="small", key="spine"):
        for number, step in enumerate(project_steps(workspace, project), start=1):
            st.page_link(
                STEP_PAGES[step.name],
                label=f"{number} {step.title} · {step.state}",
                icon=STEP_ICONS[step.state],
                help=step.summary,
            )
