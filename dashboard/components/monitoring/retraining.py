"""Whether it is time to train again and why, the button that does it, and what came of it."""

import streamlit as st

from core import jobs
from core.monitoring.reasons import reason_words
from core.records import Job, Project
from core.services.monitoring import retraining
from core.services.monitoring.report import Monitoring
from core.services.monitoring.retraining import Retraining, last_retraining, resume_retraining
from core.services.monitoring.words import outcome_words
from core.storage import Workspace, find
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_job, is_active
from dashboard.components.person import reason_against
from dashboard.components.words import ago

_KINDS = ("retrain", "train", "evaluate", "replace")
PROMISE = (
    "Freezes the reviewed question pairs as the next version, trains on it with the settings of the model in use, and asks "
    "both the same questions. The new run takes its place if it does not answer worse."
)


def show_retraining(workspace: Workspace, project: Project, found: Monitoring) -> None:
    """Show why it is time, the button, and how far the last retraining is."""
    last = last_retraining(workspace, project)
    with st.container(border=True, key="retraining"):
        if found.reasons:
            st.subheader(":material/update: Time to retrain")
            for reason in found.reasons:
                st.markdown(f"- {reason_words(reason)}")
        elif found.run:
            st.markdown(":material/check_circle: **Nothing says that it is time to retrain.**")
        is_at_work = last is not None and last.is_at_work
        against = reason_against(workspace, "train", project)
        is_pressed = st.button(
            "Build the next version and train",
            type="primary" if found.reasons and not is_at_work else "secondary",
            icon=":material/autorenew:",
            disabled=bool(against) or is_at_work,
            help=against or PROMISE,
            key="retrain",
        )
        st.caption(PROMISE)
        if is_pressed:
            with shown_errors():
                jobs.submit(workspace, retraining.Params(), project_id=project.id)
                st.rerun()
    if last is not None:
        _show_last(workspace, project, last)


def _show_last(workspace: Workspace, project: Project, last: Retraining) -> None:
    active = [job for job in find(workspace.db, Job, project_id=project.id) if is_active(job) and job.kind in _KINDS]
    for job in sorted(active, key=lambda job: job.state != "running")[:1]:
        follow_job(workspace, job)
    icon = ":material/hourglass_top:" if last.is_at_work else ":material/history:"
    st.markdown(f"{icon} **Last retraining**, begun {ago(last.job.created_at)}: {outcome_words(workspace, project, last)}")
    if last.state in ("failed", "cancelled"):
        if st.button("Go on with it", icon=":material/play_arrow:", key="resume-retraining"):
            with shown_errors():
                resume_retraining(workspace, project)
                st.rerun()
