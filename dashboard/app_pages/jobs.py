"""Jobs: the queue, what is running, what has ended; cancel, resume, the last log lines."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from core import jobs
from core.jobs.kinds import KINDS
from core.records import Job
from core.storage import Workspace
from core.words import duration
from dashboard import resources
from dashboard.components.errors import show_job_error, shown_errors
from dashboard.components.follower import is_active, show_job
from dashboard.components.words import JOB_ICONS, JOB_WORDS, ago, clock

SHOWN = 20


def show_active(workspace: Workspace) -> None:
    """Draw the queue, and redraw it every second while it holds anything."""
    was_active = [job.id for job in jobs.list_jobs(workspace) if is_active(job)]

    def show() -> None:
        with shown_errors():
            active = [job for job in reversed(jobs.list_jobs(workspace)) if is_active(job)]
            if [job.id for job in active] != was_active[::-1]:
                st.rerun(scope="app")
            for job in active:
                show_job(workspace, job)
                show_log(workspace, job)

    st.subheader("At work and waiting")
    if not was_active:
        st.caption("Nothing is running. Work you start on other pages appears here and goes on when you close the browser.")
        return
    st.fragment(show, run_every="1s", key="active-jobs")()


def show_log(workspace: Workspace, job: Job) -> None:
    """Show the last lines the job wrote, if any."""
    lines = jobs.log_tail(workspace, job.id)
    if lines:
        with st.expander("Details: the last lines it wrote", key=f"log-{job.id}"):
            st.code("\n".join(lines), language=None)


def show_ended(workspace: Workspace) -> None:
    """Show the jobs that have ended, newest first."""
    names = {project.id: project.name for project in resources.projects()}
    ended = [job for job in jobs.list_jobs(workspace) if not is_active(job)]
    st.subheader("Ended")
    if not ended:
        st.caption("Nothing has ended yet.")
    for job in ended[: st.session_state.get("jobs-shown", SHOWN)]:
        with st.container(border=True, key=f"ended-{job.id}"):
            st.markdown(f"{JOB_ICONS[job.state]} **{KINDS[job.kind].title}** · {JOB_WORDS[job.state]}")
            st.caption(_when(job, names), help=clock(job.finished_at))
            if job.state == "failed":
                show_job_error(job)
            if job.state in ("failed", "cancelled") and st.button(
                "Resume", key=f"resume-{job.id}", icon=":material/play_arrow:", help="It goes on from what is finished."
            ):
                resume(workspace, job)
            show_log(workspace, job)
    if len(ended) > st.session_state.get("jobs-shown", SHOWN) and st.button("Show more", key="jobs-more"):
        st.session_state["jobs-shown"] = st.session_state.get("jobs-shown", SHOWN) + SHOWN
        st.rerun()


def resume(workspace: Workspace, job: Job) -> None:
    """Queue the job again."""
    with shown_errors():
        jobs.resume(workspace, job.id)
        st.rerun()


def _when(job: Job, names: Mapping[str, str]) -> str:
    parts = ["" if job.project_id is None else names.get(job.project_id, ""), ago(job.finished_at)]
    if job.started_at is not None and job.finished_at is not None:
        parts.append(f"took {duration(_seconds(job.started_at, job.finished_at))}")
    return " · ".join(part for part in parts if part)


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


workspace = resources.workspace()
show_active(workspace)
show_ended(workspace)
