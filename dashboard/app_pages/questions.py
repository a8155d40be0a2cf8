"""Questions: write question pairs from approved text, see what was kept, decide by hand, import and export."""

import streamlit as st

from core.records import Document
from core.services.questions.question_pairs import coverage_of
from core.storage import find
from core.words import counted
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.questions import pairs as pair_view
from dashboard.components.questions.carry import show_carry
from dashboard.components.questions.drawer import show_drawer
from dashboard.components.questions.figures import show_figures
from dashboard.components.questions.filter_panel import show_filter_panel
from dashboard.components.questions.start import show_start
from dashboard.components.questions.table import show_table

ENOUGH_TO_START, BETTER = 100, 1000  # LIMA: about 1,000 curated rows suffice for style

workspace = resources.workspace()
project = resources.require_project()
job = follow_newest(workspace, project, "generate", "import", "filter")
is_busy = is_active(job)
pairs = pair_view.project_pairs(workspace, project)
kept = sum(pair.state == "kept" for pair in pairs)
approved = bool(coverage_of(workspace, project, []))

if approved and not is_busy:
    show_start(workspace, project, is_busy=is_busy, is_first=not kept)
elif not approved and not pairs:
    has_documents = bool(find(workspace.db, Document, project_id=project.id))
    text = "Question pairs are written from approved text, and nothing is approved yet."
    if has_documents:
        empty_state(text, page="review", label="Review and approve")
    else:
        empty_state(
            "Question pairs are written from your documents. Add some first.", page="documents", label="Add documents"
        )

if is_busy and job is not None and job.kind == "generate":
    st.fragment(show_figures, run_every="2s", key="live-figures")(workspace, project, job_id=job.id)
elif pairs:
    thin = "enough for a first run; 1,000 is better" if ENOUGH_TO_START <= kept < BETTER else ""
    thin = "few for a training: 100 or more is better" if kept < ENOUGH_TO_START else thin
    st.markdown(f"**{counted(kept, 'pair')} kept**" + (f", {thin}." if thin else ".") + f" {len(pairs) - kept:,} dropped.")
    if kept and st.button("Train a model with them", type="primary", icon=":material/school:", key="go-train"):
        st.switch_page("app_pages/train.py")
    with st.expander("Kept and dropped, coverage", expanded=True):
        show_figures(workspace, project)
    if not is_busy:
        show_filter_panel(workspace, project)
    show_table(workspace, pairs)
if not is_busy:
    show_carry(workspace, project, kept=kept, is_busy=is_busy)
if st.session_state.get("open-pair"):
    show_drawer(workspace, st.session_state["open-pair"])
