"""Which run is in use, since when and by whom; another one to use; and back to the one before."""

from collections.abc import Sequence

import streamlit as st

from core.records import ModelInUse, Person, Project, Run
from core.services.monitoring.in_use import LONGEST_REASON, go_back, history_of, needs_reason, put_in_use, run_before
from core.services.monitoring.words import WAY_WORDS
from core.storage import Workspace, get
from dashboard.components.errors import shown_errors
from dashboard.components.person import reason_against
from dashboard.components.words import ago, clock, unformatted


def show_in_use(
    workspace: Workspace, project: Project, used: ModelInUse, *, runs: Sequence[Run], person: Person | None
) -> None:
    """Show the model in use with its history, and what `person` can do about it."""
    run = get(workspace.db, Run, used.run_id)
    with st.container(border=True, key="in-use"):
        st.markdown(f":material/check_circle: **Run {run.number}: {unformatted(run.model)}** is in use.")
        st.caption(
            f"Since {ago(used.created_at)} · {WAY_WORDS[used.way]} · {unformatted(used.set_by)}"
            + (f" · “{unformatted(used.reason)}”" if used.reason else ""),
            help=clock(used.created_at),
        )
        with st.expander("Use another run", icon=":material/swap_horiz:", key="in-use-change"):
            _show_back(workspace, project, person)
            show_choice(workspace, project, [each for each in runs if each.id != run.id], person)
            _show_history(workspace, project, runs)


def show_first_choice(workspace: Workspace, project: Project, runs: Sequence[Run], person: Person | None) -> None:
    """Say that no run is in use yet, and let `person` choose one."""
    with st.container(border=True, key="in-use"):
        st.markdown(
            "**No model is in use yet.** Say which run this project's people use: it answers first on the page Chat, and "
            "this page then tells when it is time to train again."
        )
        show_choice(workspace, project, runs, person)


def show_choice(workspace: Workspace, project: Project, runs: Sequence[Run], person: Person | None) -> None:
    """Let a person put one of these runs in use; with a reason, if it is not shown to be as good as the one in use."""
    if not runs:
        st.caption("There is no other finished run.")
        return
    by_id = {run.id: run for run in runs}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_id = st.selectbox(
            "Run",
            list(by_id),
            format_func=lambda run_id: f"Run {by_id[run_id].number}: {by_id[run_id].model}",
            key="in-use-run",
            width=320,
        )
        chosen = by_id[run_id]
        is_reason_needed = needs_reason(workspace, project, chosen)
        reason = ""
        if is_reason_needed:
            reason = st.text_input("Why this one", key="in-use-reason", max_chars=LONGEST_REASON, width=320)
        against = reason_against(workspace, "train", project) or _missing(person, is_reason_needed, reason)
        is_pressed = st.button(
            "Put in use", icon=":material/check:", disabled=bool(against), help=against or None, key="put-in-use"
        )
        if is_pressed and person is not None:
            with shown_errors():
                put_in_use(workspace, project, chosen.id, reason=reason, by=person)
                st.rerun()
    if is_reason_needed:
        st.caption("Nothing shows that it is as good as the one in use: compare both on the page Evaluate, or say why.")


def _missing(person: Person | None, is_reason_needed: bool, reason: str) -> str:
    """Return what is missing before a run can be put in use; "" if nothing is."""
    if person is None:
        return "Write your name first: it is kept with the choice."
    return "Say why first." if is_reason_needed and not reason.strip() else ""


def _show_back(workspace: Workspace, project: Project, person: Person | None) -> None:
    before = run_before(workspace, project)
    if before is None:
        return
    against = reason_against(workspace, "train", project) or _missing(person, False, "")
    label = f"Back to run {before.number}"
    if st.button(label, icon=":material/undo:", disabled=bool(against), help=against or None, key="go-back"):
        if person is not None:
            with shown_errors():
                go_back(workspace, project, by=person)
                st.rerun()


def _show_history(workspace: Workspace, project: Project, runs: Sequence[Run]) -> None:
    numbers = {run.id: run.number for run in runs}
    st.markdown("**What was in use**")
    st.dataframe(
        [
            {
                "Run": f"Run {numbers.get(each.run_id, '?')}",
                "Since": clock(each.created_at),
                "How": WAY_WORDS[each.way],
                "By": each.set_by,
                "Why": each.reason,
            }
            for each in history_of(workspace, project)
        ],
        hide_index=True,
        alt="What was in use, the newest first",
    )
