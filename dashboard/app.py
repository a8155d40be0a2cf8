"""The entry of the dashboard: frame, navigation, project, then the chosen page. Runs before every page: kept cheap."""

import sys
from pathlib import Path

# `streamlit run` puts only this folder on the path, where `resources` would be found but not `dashboard.resources`
if str(Path(__file__).parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parents[1]))

import streamlit as st

from core.offline import refuse_connections
from dashboard import resources
from dashboard.components.errors import shown_errors
from dashboard.components.footer import show_footer
from dashboard.components.project_choice import choose_project
from dashboard.components.spine import show_spine

HERE = Path(__file__).parent
PAGES = {
    "": [
        st.Page("app_pages/overview.py", title="Overview", icon=":material/home:", default=True),
        st.Page("app_pages/documents.py", title="Documents", icon=":material/description:"),
        st.Page("app_pages/review.py", title="Review", icon=":material/shield_person:"),
        st.Page("app_pages/questions.py", title="Questions", icon=":material/quiz:"),
        st.Page("app_pages/train.py", title="Train", icon=":material/school:"),
        st.Page("app_pages/evaluate.py", title="Evaluate", icon=":material/balance:"),
        st.Page("app_pages/chat.py", title="Chat & compare", icon=":material/forum:"),
    ],
    "Privacy": [
        st.Page("app_pages/lists.py", title="Lists", icon=":material/playlist_add_check:"),
        st.Page("app_pages/replacement.py", title="Replacement", icon=":material/swap_horiz:"),
        st.Page("app_pages/audit.py", title="Audit", icon=":material/history_edu:"),
    ],
    "This machine": [
        st.Page("app_pages/models.py", title="Models", icon=":material/deployed_code:"),
        st.Page("app_pages/jobs.py", title="Jobs", icon=":material/work_history:"),
        st.Page("app_pages/help.py", title="Help", icon=":material/help:"),
    ],
}
STEP_TITLES = {page.title for page in PAGES[""][1:]}

refuse_connections()  # once for the process; later runs find it done
# a local picture: an icon by name would be fetched from another host for the browser's tab
st.set_page_config(page_title="Garrison", page_icon=str(HERE / "assets" / "favicon.png"), layout="wide")
page = st.navigation(PAGES, expanded=True)

with shown_errors():
    workspace = resources.workspace()
    if chosen := st.session_state.pop("next_project_id", ""):
        st.session_state["project_id"] = chosen
    with st.sidebar:
        choose_project(workspace, resources.projects())
    # the foot is drawn first, below the body: a page may end itself with st.stop, after which nothing more is drawn
    body = st.container(key="body")
    show_footer(workspace)
    project = resources.current_project()
    with body, shown_errors():
        if project is not None and page.title in STEP_TITLES:
            show_spine(workspace, project)
        st.title(page.title)
        page.run()
