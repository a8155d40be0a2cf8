"""How many pairs were kept and dropped, and how far each document is asked about."""

import streamlit as st

from core.records import Project
from core.services.questions.question_pairs import coverage_of
from core.storage import Workspace
from core.storage.written_passages import waiting_pairs
from dashboard.components.charts import coverage_chart, outcome_chart
from dashboard.components.questions import pairs as pair_view


def show_figures(workspace: Workspace, project: Project, *, job_id: str = "") -> None:
    """Show kept against dropped pairs, and how far each document is covered, as of now.

    With `job_id`, only what that running job has written counts.
    """
    pairs = waiting_pairs(workspace, project.id, job_id) if job_id else pair_view.project_pairs(workspace, project)
    kept = sum(pair.state == "kept" for pair in pairs)
    if not pairs:
        st.caption("The first pairs appear here in a moment.")
        return
    left, right = st.columns(2)
    with left:
        dropped = pair_view.dropped_by_reason(pairs)
        st.markdown(
            "**Kept and dropped, by reason**", help=pair_view.reasons_explained(name for name, _ in dropped.most_common())
        )
        st.altair_chart(outcome_chart(kept, dropped), alt=f"{kept} pairs kept, {len(pairs) - kept} dropped")
    with right:
        coverage = coverage_of(workspace, project, pairs)
        st.markdown("**How much of each document is asked about**")
        if coverage:
            st.altair_chart(coverage_chart(coverage), alt="Share of passages with a question, by document")
        else:
            st.caption("No document is approved at the moment.")
