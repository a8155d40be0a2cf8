"""Overview: the six steps as cards, what is next, what ran last."""

import streamlit as st

from core import jobs
from core.jobs.kinds import KINDS
from core.monitoring.reasons import reason_words
from core.records import Project
from core.services.monitoring.in_use import model_in_use
from core.services.monitoring.report import monitoring_of
from core.services.steps import Step, next_step, project_steps
from core.storage import Workspace
from core.words import counted
from dashboard import resources
from dashboard.components.follower import follow_job, is_active
from dashboard.components.project_choice import POLICY_WORDS
from dashboard.components.words import JOB_ICONS, JOB_WORDS, STEP_ICONS, ago
from dashboard.pages import STEP_PAGES

CARD_HEIGHT_PX = 204


def show_banner(project: Project) -> None:
    """Say that the sample project is one, and offer the tour."""
    if project.is_sample:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="sample-banner"):
            st.markdown(
                "**This is the sample project.** Its documents and people are invented, so you can try everything here."
            )
            st.page_link("app_pages/help.py", label="Take the five-minute tour", icon=":material/explore:")


def show_next(steps: tuple[Step, ...]) -> None:
    """Show the step that waits for a person, with the page's one primary button, or say that none does."""
    step = next_step(steps)
    if step is None:
        is_busy = any(step.state == "in work" for step in steps)
        st.markdown(
            "**Next:** nothing to do, work is going on." if is_busy else "**Next:** nothing is waiting, all steps are done."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", key="next-step"):
        st.markdown(f"**Next:** {step.next_action.lower()}. {step.summary}.")
        if st.button(step.next_action, type="primary", icon=":material/arrow_forward:", key="next-action"):
            st.switch_page(STEP_PAGES[step.name].path)


def show_time_to_retrain(workspace: Workspace, project: Project) -> None:
    """Say in one line that it is time to train again, and why; nothing if it is not."""
    reasons = monitoring_of(workspace, project).reasons if model_in_use(workspace, project) else ()
    if reasons:
        more = f" {counted(len(reasons) - 1, 'more reason')}." if len(reasons) > 1 else ""
        with st.container(horizontal=True, vertical_alignment="center", key="time-to-retrain"):
            st.markdown(f":material/update: **Time to retrain:** {reason_words(reasons[0])}{more}")
            st.page_link("app_pages/monitoring.py", label="Open monitoring", icon=":material/arrow_forward:")


def show_cards(steps: tuple[Step, ...]) -> None:
    """Show the steps as two rows of three cards."""
    for row in (steps[:3], steps[3:]):
        for column, step in zip(st.columns(3), row, strict=True):
            with column.container(border=True, height=CARD_HEIGHT_PX, key=f"card-{step.name}"):
                st.markdown(f"**{steps.index(step) + 1} {step.title}**")
                st.markdown(f"{STEP_ICONS[step.state]} {step.state}")
                st.caption(step.summary)
                st.page_link(
                    STEP_PAGES[step.name].path,
                    label=f"Open {'chat' if step.name == 'use' else step.title.lower()}",
                    icon=":material/arrow_forward:",
                )


def show_last_jobs(workspace: Workspace, project: Project) -> None:
    """Show the jobs at work now, then those that ended last."""
    recent = jobs.list_jobs(workspace, project_id=project.id)
    for job in reversed(recent):
        if is_active(job):
            follow_job(workspace, job)
    ended = [job for job in recent if not is_active(job)][:3]
    st.subheader("What ran last")
    if not ended:
        st.caption("Nothing yet. Work that takes longer than a second is listed here when it has ended.")
        return
    for job in ended:
        st.markdown(f"{JOB_ICONS[job.state]} {KINDS[job.kind].title} · {JOB_WORDS[job.state]} · {ago(job.finished_at)}")
    st.page_link("app_pages/jobs.py", label="All jobs", icon=":material/work_history:")


project = resources.require_project()
steps = project_steps(resources.workspace(), project)
st.caption(f"Project **{project.name}** · {POLICY_WORDS[project.policy].lower()}")
show_banner(project)
show_next(steps)
show_time_to_retrain(resources.workspace(), project)
show_cards(steps)
show_last_jobs(resources.workspace(), project)
