"""Questions: write question pairs from approved text, see what was kept, decide by hand, import and export."""

import streamlit as st

from core.records import Document
from core.services.questions.question_pairs import coverage_of
from core.storage import find
from core.storage.pairs.pages import PairFilter, pair_counts
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.questions.carry import show_carry
from dashboard.components.questions.figures import show_figures, show_live_figures
from dashboard.components.questions.filter_panel import show_filter_panel
from dashboard.components.questions.start import show_replies, show_start
from dashboard.components.questions.table import show_table
from dashboard.components.questions.versions import show_outdated
from dashboard.components.reach import reach_target

workspace = resources.workspace()
project = resources.require_project()
job = follow_newest(workspace, project, "generate", "import", "probe", "filter")
is_busy = is_active(job)
states = pair_counts(workspace, project.id, PairFilter()).by["state"]
kept = states.get("kept", 0)
approved = bool(coverage_of(workspace, project, []))

settings = None
if approved and not is_busy:
    settings = show_start(workspace, project, is_busy=is_busy, is_first=not kept)
elif not approved and not states:
    has_documents = bool(find(workspace.db, Document, project_id=project.id))
    text = "Question pairs are written from approved text, and nothing is approved yet."
    if has_documents:
        empty_state(text, page="review", label="Review and approve")
    else:
        empty_state(
            "Question pairs are written from your documents. Add some first.", page="documents", label="Add documents"
        )

if is_busy and job is not None and job.kind == "generate":
    st.fragment(show_live_figures, run_every="2s", key="live-figures")(workspace, project, job_id=job.id)
elif states or approved:
    show_outdated(workspace, project)
    if kept and st.button("Train a model with them", type="primary", icon=":material/school:", key="go-train"):
        st.switch_page("app_pages/train.py")
    show_replies(job)
    if states:
        with st.expander("Kept and dropped, coverage", expanded=True):
            show_figures(workspace, project)
        if not is_busy:
            show_filter_panel(workspace, project)
    show_table(workspace, project, settings)
    reach_target()
if not is_busy:
    show_carry(workspace, project, kept=kept, is_busy=is_busy)
