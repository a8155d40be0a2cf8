"""Choosing and creating a project, in the sidebar. The choice is kept in the URL, so that a reload does not lose it."""

import streamlit as st

from core.privacy.classification.markings import LEVEL_WORDS
from core.records import Project
from core.services.privacy.highest_marking import default_marking
from core.storage import Workspace, rights
from core.storage.last_project import last_project_id, remember
from dashboard.components.errors import shown_errors
from dashboard.session_keys import NEXT_PROJECT_ID, PROJECT_ID

POLICY_WORDS = {
    "each-document": "A reviewer approves every document",
    "all-at-once": "A reviewer may approve all documents at once",
}
POLICY_HELP = (
    "Nothing reaches training before a reviewer has approved it. **Every document**: no approval before each span is "
    "decided, the sample is read and the second search has run. **All at once**: one signature for all of them. It may be "
    "given for what nobody looked at, but only in words that name it, and the approval, the datasets and the model cards "
    "then begin with “Approved unread by …”. This cannot be loosened later."
)


def choose_project(workspace: Workspace, projects: list[Project]) -> None:
    """Draw the project selector and the form for a new one; the choice goes to `st.session_state[PROJECT_ID]`.

    Without a choice yet, it is the project of the address, else the one that the person worked in last, else the newest.
    """
    names = {project.id: project.name for project in projects}
    if names:
        last = last_project_id(workspace.db)
        wanted = (st.session_state.get(PROJECT_ID), st.query_params.get("project"), last, projects[-1].id)
        chosen = next(project_id for project_id in wanted if project_id in names)
        st.session_state[PROJECT_ID] = chosen
        if chosen != last:
            remember(workspace.db, next(project for project in projects if project.id == chosen))
        st.selectbox("Project", list(names), format_func=lambda project_id: names.get(project_id, ""), key=PROJECT_ID)
        if st.query_params.get("project") != st.session_state[PROJECT_ID]:
            st.query_params["project"] = st.session_state[PROJECT_ID]
    if not rights.may(workspace.db, "create project"):
        return
    with st.popover("New project", icon=":material/add:", width="stretch"):
        new_project_form(workspace)


def new_project_form(workspace: Workspace, *, key: str = "new-project", is_primary: bool = False) -> None:
    """Draw the form for a new project, which becomes the chosen one once it is created."""
    with st.form(key, border=False):
        name = st.text_input("Name", max_chars=80, placeholder="Maintenance manuals 2026", key=f"{key}-name")
        policy = st.radio(
            "Who must approve the anonymized text?",
            list(POLICY_WORDS),
            format_func=lambda policy: POLICY_WORDS[policy],
            help=POLICY_HELP,
            key=f"{key}-policy",
        )
        levels = list(LEVEL_WORDS)
        highest_marking = st.selectbox(
            "Highest classification marking",
            levels,
            index=levels.index(default_marking(workspace)),
            format_func=lambda level: f"Up to {LEVEL_WORDS[level]}",
            help="A document marked above this is refused when it is added. Choose what this machine may hold.",
            key=f"{key}-marking",
        )
        if st.form_submit_button("Create project", type="primary" if is_primary else "secondary"):
            with shown_errors():
                project = workspace.create_project(name, policy=policy, highest_marking=highest_marking)
                st.session_state[NEXT_PROJECT_ID] = project.id
                st.rerun()
