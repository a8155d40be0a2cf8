"""How many pairs were kept and dropped, and how far each document is asked about."""

import streamlit as st

from core.records import Project
from core.services.questions.question_pairs import coverage_by_review
from core.storage import Workspace
from core.storage.pairs.pages import PairFilter, pair_counts, written_counts
from dashboard.components.charts import coverage_chart, outcome_chart
from dashboard.components.questions import pairs as pair_view
from dashboard.components.questions.coverage_map import show_coverage_map


def show_live_figures(workspace: Workspace, project: Project, *, job_id: str) -> None:
    """Show how many pairs a running job has written, and how far each document is covered."""
    written, covered = written_counts(workspace, project.id, job_id)
    if not written:
        st.caption("The first pairs appear here in a moment.")
        return
    left, right = st.columns(2)
    with left:
        st.metric("Pairs written so far", f"{written:,}", help="The filters look at them once all passages are read.")
    with right:
        coverage = coverage_by_review(workspace, project, covered)
        st.markdown("**How much of each document is asked about**")
        if coverage:
            st.altair_chart(coverage_chart(coverage), alt="Share of passages with a question, by document")
        else:
            st.caption("No document is approved at the moment.")


def show_figures(workspace: Workspace, project: Project) -> None:
    """Show kept against dropped pairs by reason, and a cell for each passage of the approved documents."""
    left, right = st.columns(2)
    with left:
        kept = pair_counts(workspace, project.id, PairFilter()).by["state"].get("kept", 0)
        dropped = pair_counts(workspace, project.id, PairFilter(state="dropped")).by["reason"]
        _show_outcome(kept, dict(sorted(dropped.items(), key=lambda item: -item[1])))
    with right:
        show_coverage_map(workspace, project)


def _show_outcome(kept: int, dropped: dict[str, int]) -> None:
    st.markdown("**Kept and dropped, by reason**", help=pair_view.reasons_explained(dropped))
    st.altair_chart(outcome_chart(kept, dropped), alt=f"{kept} pairs kept, {sum(dropped.values())} dropped")
