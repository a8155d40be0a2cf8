"""The part of the page Chat & compare that compares over a question file: begin one, and look at those that there are."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.records import Job, JobState, Project, Series
from core.services.chat.keeping.policy import series_words
from core.services.chat.series.files import as_csv, as_jsonl
from core.services.chat.series.report import report_of
from core.services.chat.series.stored import all_series, answer_count, delete_series, may_delete, state_of
from core.storage import Workspace, find
from core.words import counted
from dashboard.components.chat.series.answers import show_answers
from dashboard.components.chat.series.ballot import show_ballot
from dashboard.components.chat.series.results import show_results
from dashboard.components.chat.series.start import show_start
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_job, follow_newest, is_active
from dashboard.components.one_of import one_of
from dashboard.components.words import JOB_WORDS, ago, clock

VIEWS = {"results": "Results", "vote": "Vote without names", "answers": "All answers"}


def show_all_series(workspace: Workspace, project: Project, answerers: Mapping[str, str]) -> None:
    """Show how to begin a comparison over a question file, the one at work, and those that there are."""
    job = follow_newest(workspace, project, "compare")
    found = all_series(workspace, project)
    show_start(workspace, project, answerers, is_first=not found, is_busy=is_active(job))
    if words := series_words(project.retention):
        st.caption(f":material/schedule: {words}")
    if not found:
        st.caption(
            "What comes of it will stand here: who is right how often, your votes on answers without names, and a report "
            "to put into a file with a decision."
        )
        return
    series = choose_series(workspace, found)
    for stopped in find(workspace.db, Job, id=series.job_id):
        if stopped.state in ("failed", "cancelled") and job is not None and stopped.id != job.id:
            follow_job(workspace, stopped)  # the newest one is shown above
    if series.words_deleted_at:
        st.info(
            f"Its questions and answers were deleted {ago(series.words_deleted_at)}: this project keeps them no longer. "
            "Scores and votes are still here.",
            icon=":material/schedule:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        views = {"results": VIEWS["results"]} if series.words_deleted_at else VIEWS
        view = one_of("What to look at", views, key="series-view")
        show_files(workspace, series)
        if may_delete(workspace, series):
            show_deletion(workspace, series)
    with shown_errors():
        {"results": show_results, "vote": show_ballot, "answers": show_answers}[view](workspace, series)


def choose_series(workspace: Workspace, found: Sequence[Series]) -> Series:
    """Show the choice of series with their states; return the chosen one."""
    titles = {each.id: f"{each.number}. {_asked(each)} · {state_words(workspace, each)}" for each in found}
    chosen_id = st.selectbox(
        "Comparisons so far", list(titles), format_func=lambda series_id: titles[series_id], key="series", width=640
    )
    series = next(each for each in found if each.id == chosen_id)
    who = " · ".join(each.title for each in series.answerers)
    st.caption(f"{who}. Begun {ago(series.created_at)} by {series.made_by}.", help=clock(series.created_at))
    return series


def _asked(series: Series) -> str:
    which = f"of {series.questions}" if series.questions else "held out of training"
    return f"{counted(series.question_count, 'question')} {which}"


def state_words(workspace: Workspace, series: Series) -> str:
    """Say how far a series is: done, or how many of its answers are there and what its job does."""
    state: JobState = state_of(workspace, series)
    if state == "done":
        return JOB_WORDS["done"]
    asked = series.question_count * len(series.answerers)
    return f"{answer_count(workspace, series.id)} of {asked} answers, {JOB_WORDS[state]}"


def show_files(workspace: Workspace, series: Series) -> None:
    """Draw what can be taken along: the report, and all answers as files."""
    with st.popover("Take along", icon=":material/download:", key="series-files"):
        for words, suffix, mime, written in (
            ("Report to decide by (HTML)", "html", "text/html", report_of),
            ("All answers as a table (CSV)", "csv", "text/csv", as_csv),
            ("All answers for programs (JSONL)", "jsonl", "application/jsonl", as_jsonl),
        ):
            st.download_button(
                words,
                lambda written=written: written(workspace, series.id),  # type: ignore[misc]
                file_name=f"{series.id}.{suffix}",
                mime=mime,
                icon=":material/download:",
                key=f"series-save-{suffix}",
                on_click="ignore",
                width="stretch",
            )
        st.caption("They hold questions and answers: keep them as you keep the documents.")


def show_deletion(workspace: Workspace, series: Series) -> None:
    """Draw the deletion of a series, which takes two presses."""
    with st.popover("Delete", icon=":material/delete:", key="series-menu"):
        st.caption("Its questions, its answers and everybody's votes on them are gone then. This cannot be undone.")
        is_meant = st.checkbox("Delete for good", key=f"series-delete-{series.id}")
        if st.button(
            "Delete this comparison",
            type="primary",
            icon=":material/delete_forever:",
            key="series-delete",
            disabled=not is_meant,
        ):
            with shown_errors():
                delete_series(workspace, series.id)
                st.rerun()
