"""Following a job on the page that started it: progress, time left and cancel; after a failure, its reason and resume.

The work runs in a process of its own (`core.jobs`); the page polls the job's row once a second, without a reload.
"""

import streamlit as st

from core import jobs
from core.jobs.kinds import KINDS
from core.records import Job, Project
from core.storage import Workspace, get
from core.words import duration
from dashboard.components.errors import show_job_error, shown_errors
from dashboard.components.words import JOB_ICONS, JOB_WORDS, ago, clock

ACTIVE = ("queued", "running")


def newest_job(workspace: Workspace, project: Project, *kinds: str) -> Job | None:
    """Return the project's job of these kinds that is running, else the one that was started last; None if there is none."""
    found = [job for job in jobs.list_jobs(workspace, project_id=project.id) if job.kind in kinds]
    return next((job for job in found if job.state == "running"), next(iter(found), None))


def is_active(job: Job | None) -> bool:
    """Tell whether the job is waiting or running; pages disable their start button meanwhile."""
    return job is not None and job.state in ACTIVE


def follow_newest(workspace: Workspace, project: Project, *kinds: str) -> Job | None:
    """Follow the newest job of these kinds while it works, or show why it failed; return that job.

    A finished job shows nothing, because the page shows its result. When a job ends, the whole page redraws itself.
    """
    job = newest_job(workspace, project, *kinds)
    if job is not None and job.state != "done":
        follow_job(workspace, job)
    return job


def follow_job(workspace: Workspace, job: Job) -> None:
    """Show one job, and keep it up to date until it has ended."""
    was_active = is_active(job)

    def show() -> None:
        with shown_errors():
            jobs.advance(workspace)
            current = get(workspace.db, Job, job.id)
            if was_active and not is_active(current):
                if current.state == "done":
                    st.toast(f"{KINDS[current.kind].title}: done", icon=":material/check_circle:")
                st.rerun(scope="app")
            show_job(workspace, current)

    st.fragment(show, run_every="1s" if was_active else None, key=f"follow-{job.id}")()


def show_job(workspace: Workspace, job: Job) -> None:
    """Show one job as it stands: what it does, how far it is, and what can be done about it."""
    with st.container(border=True, key=f"job-box-{job.id}"):
        st.markdown(f"{JOB_ICONS[job.state]} **{KINDS[job.kind].title}** · {JOB_WORDS[job.state]}")
        if job.state in ACTIVE:
            _show_progress(job)
            if job.is_cancel_requested:
                st.caption("Stopping at the next safe point. What is finished is kept.")
            elif st.button("Cancel", key=f"cancel-{job.id}", icon=":material/cancel:", help="What is finished is kept."):
                jobs.cancel(workspace, job.id)
                st.rerun(scope="app")
        elif job.state in ("failed", "cancelled"):
            _show_failure(workspace, job)
        else:
            st.caption(f"Finished {ago(job.finished_at)}", help=clock(job.finished_at))


def progress_text(job: Job) -> str:
    """Format progress as `12 of 40 files · about 3 minutes left`, or `30 % · …`, as far as it is known."""
    parts = [_amount_words(job, job.total)] if job.total and job.unit else []
    left_s = jobs.eta_s(job)
    if left_s is not None:
        parts.append(f"about {duration(left_s)} left")
    return " · ".join(parts)


def _amount_words(job: Job, total: float) -> str:
    if job.unit == "%":
        return f"{int(100 * job.done / total)} %"  # rounded down: no 100 % before the end
    return f"{job.done:,.0f} of {total:,.0f} {job.unit}".strip()


def _show_progress(job: Job) -> None:
    if job.state == "queued":
        st.caption("Waiting for its turn: work that needs the processor to itself runs one after the other.")
        return
    share = min(1.0, job.done / job.total) if job.total else 0.0
    st.progress(share, text=progress_text(job) or "Starting …")
    if job.message:
        st.caption(job.message)


def _show_failure(workspace: Workspace, job: Job) -> None:
    if job.state == "failed":
        show_job_error(job)
    else:
        st.caption("It was cancelled. What was finished is kept; Resume goes on from there.")
    if st.button("Resume", key=f"resume-{job.id}", icon=":material/play_arrow:"):
        jobs.resume(workspace, job.id)
        st.rerun(scope="app")
    lines = jobs.log_tail(workspace, job.id)
    if job.state == "failed" and lines:
        with st.expander("Details: the last lines it wrote"):
            st.code("\n".join(lines), language=None)
