"""Resources that pages share: the workspace, the chosen project, and opened chat models kept in a cache."""

import streamlit as st

from core import jobs
from core.chat import ChatModel
from core.records import Project, Run
from core.services.chat.comparing import version_of
from core.settings import default_home
from core.storage import Workspace, find, rights
from core.storage.chat_retention import clean
from core.storage.removal import clear_leftovers
from dashboard.components.empty import empty_state
from dashboard.components.person import signed_in
from dashboard.components.project_choice import new_project_form
from dashboard.session_keys import CLEANED_UP, PROJECT_ID

MODELS_AT_ONCE = 2  # chat models kept in memory: as many as a comparison needs


@st.cache_resource
def _workspace_at(home: str) -> Workspace:
    from pathlib import Path

    return Workspace(Path(home))


def workspace() -> Workspace:
    """Return the dashboard's workspace, acting as whoever signed in; each thread gets its own database connection.

    Raises:
        SetupError: the folder or the database cannot be opened.
        AccessError: sign-in is required here, and this person has not signed in.
    """
    actor = signed_in()
    return Workspace(default_home(), actor=actor) if actor else _workspace_at(str(default_home()))


def clean_up() -> None:
    """Delete what is kept no longer, of everybody, where a session begins: chats, and folders of what is gone."""
    if CLEANED_UP not in st.session_state:
        clean(_workspace_at(str(default_home())))
        clear_leftovers(_workspace_at(str(default_home())))
        st.session_state[CLEANED_UP] = True


def projects() -> list[Project]:
    """Return every project the actor belongs to, oldest first."""
    return find(workspace().db, Project)


def current_project() -> Project | None:
    """Return the project chosen in the sidebar; None if there is no project at all."""
    chosen = st.session_state.get(PROJECT_ID, "")
    return next((project for project in projects() if project.id == chosen), None)


def require_project() -> Project:
    """Return the chosen project; if there is none, say what to do and stop the page."""
    project = current_project()
    if project is None and not rights.may(workspace().db, "create project"):
        empty_state("You belong to no project yet. Ask an owner of the project to add you.")
        st.stop()
    if project is None:
        with st.container(border=True):
            st.markdown(
                "**There is no project yet.** A project holds your documents and everything made from them. Make one:"
            )
            new_project_form(workspace(), key="first-project", is_primary=True)
        st.stop()
    return project


@st.cache_resource(max_entries=MODELS_AT_ONCE, show_spinner=False, on_release=ChatModel.close)
def _opened_at(home: str, name: str, version: str) -> ChatModel:
    """Open what is called `name`; its version belongs to the key, since another model may be added under the same name."""
    from core.models.engine.supervisor import shared
    from core.services.chat.answerers import open_answerer

    workspace = _workspace_at(home)
    shared().is_device_wanted = lambda: jobs.is_device_wanted(workspace)
    return open_answerer(workspace, name)


def answerer(workspace: Workspace, name: str) -> ChatModel:
    """Return the run or model called `name`, opened for chat; the last two used stay in memory.

    Raises:
        InputError: the run has not finished, or the model is not a language model.
        SetupError: there is no such model, or it cannot be loaded.
        AccessError: the actor may not use the run.
    """
    for run in find(_workspace_at(str(workspace.home)).db, Run, id=name):
        rights.check(workspace.db, "chat", run.project_id)  # the cache of opened models is shared by everybody
    return _opened_at(str(workspace.home), name, version_of(workspace, name))
