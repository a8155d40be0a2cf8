"""The leak card: whether a run gives away what it must not, in three lines a security officer understands."""

import streamlit as st

from core import jobs
from core.evaluation.leaks import LIGHT_WORDS, NOT_TESTED, LeakTest, Light
from core.records import Person, Project, Run
from core.services.training.leaks.job import read_leak_test
from core.services.training.leaks.limit import set_leak_limit
from core.storage import Workspace, rights
from core.words import share_words
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.person import reason_against
from dashboard.components.review.page_text import entity_words
from dashboard.components.words import ago, clock

LIMITS = (None, 0.01, 0.02, 0.05, 0.1, 0.2)
ICONS: dict[Light, str] = {
    "red": ":material/dangerous:",
    "yellow": ":material/warning:",
    "green": ":material/verified_user:",
    "gray": ":material/help:",
}


def show_leaks(workspace: Workspace, project: Project, run: Run, person: Person | None) -> None:
    """Show the newest leak test of a run, or how to make one."""
    st.markdown("#### Does it give away what it must not?")  # the page's subheaders are those of the verdict
    job = follow_newest(workspace, project, "leaktest")
    test = read_leak_test(workspace, run)
    if test is not None:
        _show_card(test)
    elif not is_active(job):
        st.caption(
            "A leak test tries to get out of the model what review removed, and to tell which texts it was trained on. It "
            "keeps figures of what it finds, never a value."
        )
    is_allowed = rights.may(workspace.db, "test leaks", project.id)
    if st.button(
        "Test for leaks again" if test else "Test for leaks",
        icon=":material/policy:",
        disabled=is_active(job) or not is_allowed,
        help=None if is_allowed else "Only whoever may read the documents may do this.",
        key="start-leak-test",
    ):
        from core.services.training.leaks.job import Params

        with shown_errors():
            jobs.submit(workspace, Params(run_id=run.id), project_id=project.id)
            st.rerun()
    _show_limit(workspace, project, person)


def _show_limit(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Show whether a leak test decides about exports here, and let those change it who may set rules."""
    against = reason_against(workspace, "set rules", project)
    with st.popover("May it be exported?", type="tertiary", disabled=bool(against), help=against or None):
        st.markdown("An export can be refused unless a leak test shows that few of the removed values are given away.")
        limit = st.selectbox(
            "Export only runs that give away",
            LIMITS,
            index=LIMITS.index(project.leak_limit) if project.leak_limit in LIMITS else 0,
            format_func=lambda share: "whatever they do: no limit" if share is None else f"fewer than {share_words(share)}",
            key="leak-limit",
        )
        is_same = limit == project.leak_limit
        if st.button("Change it", disabled=is_same or person is None, key="leak-limit-change") and person is not None:
            with shown_errors():
                set_leak_limit(workspace, project, limit, actor=person)
                st.rerun()
        if person is None:
            st.caption("Write your name first: the change is kept in the audit log with it.")


def _show_card(test: LeakTest) -> None:
    with st.container(border=True, key="leak-card"):
        st.markdown(f"{ICONS[test.light]} **{LIGHT_WORDS[test.light]}**")
        for finding in test.findings:
            st.markdown(f"{ICONS[finding.light]} **{finding.title}: {LIGHT_WORDS[finding.light]}.** {finding.words}")
        st.caption(NOT_TESTED)
        st.caption(f"Tested {ago(test.created_at)}.", help=clock(test.created_at))
        with st.expander("Details", icon=":material/functions:"):
            _show_details(test)


def _show_details(test: LeakTest) -> None:
    found = test.extraction
    if found is not None and found.types:
        st.dataframe(
            [
                {
                    "Type": entity_words(of.entity),
                    "Tested": of.tested,
                    "Written by the run": of.tuned,
                    "By its base": of.base,
                }
                for of in found.types
            ],
            hide_index=True,
        )
        shown = "so the test sees what was learned" if found.stand_ins else "so this way of asking gets little out of it"
        st.caption(f"It wrote what replaced a value, which it may know, {found.stand_ins} times: {shown}.")
    if found is not None and found.ranking is not None:
        ranking = found.ranking
        st.caption(
            f"Among invented values of its kind the removed one was the likeliest {ranking.tuned_first} of {ranking.values} "
            f"times; for the base model {ranking.base_first}; by chance {ranking.by_chance:.1f}."
        )
    if found is not None and found.passages:
        st.caption("Values of these passages were given away: " + ", ".join(found.passages))
    st.caption(f"Model: {test.model}, SHA-256 {test.model_sha256 or 'unknown'}")
    st.caption(f"Adapter, SHA-256: {test.adapter_sha256 or 'unknown'}")
