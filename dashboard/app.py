"""Entry point of the dashboard, run before every page: admission, frame, navigation, project choice, then the page."""

import sys
from pathlib import Path

# `streamlit run` puts only this folder on the path, where `resources` would be found but not `dashboard.resources`
if str(Path(__file__).parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parents[1]))

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.offline import refuse_connections
from core.storage import Workspace, rights
from dashboard import resources
from dashboard.components.entrance import admit
from dashboard.components.errors import shown_errors
from dashboard.components.footer import show_footer
from dashboard.components.project_choice import choose_project
from dashboard.components.step_bar import show_step_bar
from dashboard.pages import ALL_PAGES, PAGES, Page, page_titled
from dashboard.session_keys import NEXT_PROJECT_ID, PROJECT_ID

HERE = Path(__file__).parent
SIDEBAR_PX = 232  # as wide as its longest words, so that texts and tables get the rest


def is_open(workspace: Workspace, page: Page) -> bool:
    """Tell whether the actor may open `page` in the chosen project."""
    project = resources.current_project()
    return page.action is None or rights.may(workspace.db, page.action, project.id if project else "")


def navigation(workspace: Workspace | None) -> StreamlitPage:
    """Return the page at the address, and draw the menu below the choice of project, where work begins.

    The menu lists only pages the actor may use; the others can still be reached by address, and `show_page` refuses them.
    """
    pages = [st.Page(page.path, title=page.title, icon=icon_of(page), default=page is ALL_PAGES[0]) for page in ALL_PAGES]
    chosen = st.navigation(pages, position="hidden")
    if workspace is not None:
        with st.sidebar:
            show_menu(workspace)
    return chosen


def icon_of(page: Page) -> str:
    """Return a page's icon as Streamlit wants it."""
    return f":material/{page.icon}:"


def show_menu(workspace: Workspace) -> None:
    """Draw a link for each page that the actor may open, by section."""
    for section, pages in PAGES.items():
        links = [page for page in pages if is_open(workspace, page)]
        if not links:
            continue
        with st.container(gap=None, key=f"menu-{section or 'project'}".lower().replace(" ", "-")):
            if section:
                st.caption(section)
            for page in links:
                st.page_link(page.path, label=page.title, icon=icon_of(page), width="stretch")


def show_page(page: StreamlitPage, workspace: Workspace) -> None:
    """Show the chosen page, below the project's six steps if it is one of them.

    Raises:
        AccessError: the actor may not use this page.
    """
    project = resources.current_project()
    chosen = page_titled(page.title)
    if project is not None and chosen.step:
        show_step_bar(workspace, project)
    st.title(chosen.title)
    if chosen.action is not None and (project is not None or not chosen.step):
        rights.check(workspace.db, chosen.action, project.id if project else "")
    page.run()


def main() -> None:
    """Draw the frame and the chosen page, provided the visitor is let in."""
    st.html(HERE / "assets" / "frame.css")  # first, so that nothing moves once it is there
    workspace = None
    with shown_errors():
        workspace = resources.workspace() if admit() else None
        if workspace and (chosen := st.session_state.pop(NEXT_PROJECT_ID, "")):
            st.session_state[PROJECT_ID] = chosen
        if workspace:
            resources.clean_up()
            with st.sidebar:
                choose_project(workspace, resources.projects())
    page = navigation(workspace)
    if workspace is None:
        return
    # the footer is drawn first but placed below the body: a page may call st.stop, after which nothing more is drawn
    body = st.container(key="body")
    with shown_errors():
        show_footer(workspace)
    with body, shown_errors():
        show_page(page, workspace)


refuse_connections()  # takes effect once per process; later calls do nothing
# a local file: an icon given by name would be fetched from another host for the browser's tab
st.set_page_config(
    page_title="Garrison", page_icon=str(HERE / "assets" / "favicon.png"), layout="wide", initial_sidebar_state=SIDEBAR_PX
)
main()
