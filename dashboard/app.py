"""Entry point of the dashboard, run before every page: admission, frame, navigation, project choice, then the page."""

import sys
from pathlib import Path

# `streamlit run` puts only this folder on the path, where `resources` would be found but not `dashboard.resources`
if str(Path(__file__).parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parents[1]))

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.access import Action
from core.offline import refuse_connections
from core.storage import Workspace, rights
from dashboard import resources
from dashboard.components.entrance import admit
from dashboard.components.errors import shown_errors
from dashboard.components.footer import show_footer
from dashboard.components.project_choice import choose_project
from dashboard.components.spine import show_spine

HERE = Path(__file__).parent
# For each page: file, title, icon and the action a person must be allowed; None means everybody who is let in.
PAGES: dict[str, list[tuple[str, str, str, Action | None]]] = {
    "": [
        ("overview", "Overview", "home", None),
        ("documents", "Documents", "description", "read documents"),
        ("review", "Review", "shield_person", "decide"),
        ("questions", "Questions", "quiz", "work on questions"),
        ("train", "Train", "school", "train"),
        ("evaluate", "Evaluate", "balance", "train"),
        ("chat", "Chat & compare", "forum", "chat"),
    ],
    "Privacy": [
        ("lists", "Lists", "playlist_add_check", "edit lists"),
        ("replacement", "Replacement", "swap_horiz", "read documents"),
        ("audit", "Audit", "history_edu", "read audit log"),
    ],
    "This machine": [
        ("models", "Models", "deployed_code", None),
        ("jobs", "Jobs", "work_history", None),
        ("people", "People", "group", "manage members"),
        ("help", "Help", "help", None),
    ],
}
STEP_TITLES = {title for _, title, _, _ in PAGES[""][1:]}
NEEDED = {title: action for pages in PAGES.values() for _, title, _, action in pages}


def is_open(store: Workspace, title: str) -> bool:
    """Tell whether the actor may open the page titled `title` in the chosen project."""
    action = NEEDED[title]
    project = resources.current_project()
    return action is None or rights.may(store.db, action, project.id if project else "")


def navigation(store: Workspace | None) -> StreamlitPage:
    """Build the menu and return the chosen page.

    The menu lists only pages the actor may use; the others can still be reached by address, and `show_page` refuses them.
    """
    menu = {
        section: [
            st.Page(
                f"app_pages/{name}.py",
                title=title,
                icon=f":material/{icon}:",
                default=name == "overview",
                visibility="visible" if store and is_open(store, title) else "hidden",
            )
            for name, title, icon, _ in pages
        ]
        for section, pages in PAGES.items()
    }
    return st.navigation(menu, expanded=True, position="sidebar" if store else "hidden")


def show_page(page: StreamlitPage, store: Workspace) -> None:
    """Show the chosen page, below the project's six steps if it is one of them.

    Raises:
        AccessError: the actor may not use this page.
    """
    project = resources.current_project()
    is_step = page.title in STEP_TITLES
    if project is not None and is_step:
        show_spine(store, project)
    st.title(page.title)
    action = NEEDED[page.title]
    if action is not None and (project is not None or not is_step):
        rights.check(store.db, action, project.id if project else "")
    page.run()


def main() -> None:
    """Draw the frame and the chosen page, provided the visitor is let in."""
    store = None
    with shown_errors():
        store = resources.workspace() if admit() else None
        if store and (chosen := st.session_state.pop("next_project_id", "")):
            st.session_state["project_id"] = chosen
        if store:
            with st.sidebar:
                choose_project(store, resources.projects())
    page = navigation(store)
    if store is None:
        return
    # the footer is drawn first but placed below the body: a page may call st.stop, after which nothing more is drawn
    body = st.container(key="body")
    with shown_errors():
        show_footer(store)
    with body, shown_errors():
        show_page(page, store)


refuse_connections()  # takes effect once per process; later calls do nothing
# a local file: an icon given by name would be fetched from another host for the browser's tab
st.set_page_config(page_title="Garrison", page_icon=str(HERE / "assets" / "favicon.png"), layout="wide")
main()
