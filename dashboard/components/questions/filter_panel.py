"""What drops a pair: every filter in order with its switch, its thresholds and a count that follows them."""

from zlib import crc32

import streamlit as st

from core import jobs
from core.records import Project
from core.services.questions import curation, refiltering
from core.services.questions.filtering import (
    Preview,
    choose_filters,
    filter_settings_of,
    keep_dropped,
    preview,
    state_of_pairs,
)
from core.settings import FilterSettings
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.questions.curation.filters import LIST, choose_reason
from dashboard.components.questions.curation.session import FILTERS_APPLIED, done_words, person_now
from dashboard.components.questions.filter_fields import Row, filter_fields
from dashboard.components.questions.opinions import show_opinions
from dashboard.components.reach import go_to

AT_ONCE = 200  # pairs that were never examined; more are left to a job, because the parser takes 4 ms for each
_PREVIEW = "filter-preview"  # the pairs as they were read last, so that each count takes less than a second
_ROUND = "filter-round"  # raised to have the fields begin anew with what is stored


def show_filter_panel(workspace: Workspace, project: Project) -> None:
    """Show the filters behind a heading. Nothing is read as long as it is closed."""
    with st.expander("What drops a pair", icon=":material/filter_alt:", key="filter-panel", on_change="rerun") as panel:
        if panel.open:
            st.fragment(_panel, key="filter-fragment")(workspace, project)


def _panel(workspace: Workspace, project: Project) -> None:
    with shown_errors():
        stored, known = filter_settings_of(workspace, project), _preview(workspace, project)
        st.caption(
            "Pairs are examined from top to bottom, and the first reason that fits counts. What a person decided stays. "
            "The counts follow what you change here; nothing is stored until you apply it."
        )
        values, rows = filter_fields(stored, key=_fields_key(project, stored))
        chosen = FilterSettings.from_values(values)
        would = known.count(chosen)
        for row in rows:
            _show_count(workspace, project, row, known, would.dropped.get(row.filter.reason.name, 0))
        is_changed = would.kept != known.now.kept
        st.markdown(
            f"**These settings keep {would.kept:,} of {counted(known.pair_count, 'pair')}**"
            + (f"; {known.now.kept:,} are kept now." if is_changed else ", as many as now.")
        )
        if known.unmeasured:
            st.caption(f"{counted(known.unmeasured, 'pair')} not examined yet; that is done when you apply the settings.")
        _show_buttons(workspace, project, known, chosen)
        st.divider()
        show_opinions(workspace, project, chosen)


def _fields_key(project: Project, stored: FilterSettings) -> str:
    """Return a key that is another one when other settings are stored, so that the fields show them, or in another round."""
    settings = crc32(stored.model_dump_json().encode())
    return f"{project.id}-{st.session_state.get(_ROUND, 0)}-{settings:08x}"


def _preview(workspace: Workspace, project: Project) -> Preview:
    """Return the pairs as they are, read anew only when they have changed."""
    state = state_of_pairs(workspace, project)
    kept = st.session_state.get(_PREVIEW)
    if kept is None or kept[0] != (project.id, state):
        kept = ((project.id, state), preview(workspace, project))
        st.session_state[_PREVIEW] = kept
    found: Preview = kept[1]
    return found


def _show_count(workspace: Workspace, project: Project, row: Row, known: Preview, number: int) -> None:
    """Show how many pairs a filter would drop, and the button that keeps those that it has dropped."""
    name, place = row.filter.reason.name, row.place
    dropped = known.now.dropped.get(name, 0)
    with place.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"drops **{number:,}**" + (f" (now {dropped:,})" if number != dropped else ""), width="content")
        if dropped and st.button(
            "Show them",
            type="tertiary",
            icon=":material/filter_alt:",
            key=f"filter-show-{name}",
            help=f"Show the {counted(dropped, 'pair')} in the list below.",
        ):
            choose_reason(name)
            go_to(LIST)
            st.rerun()
        if dropped and st.button(
            "Keep them",
            type="tertiary",
            icon=":material/undo:",
            key=f"filter-keep-{name}",
            help=f"Decide by hand to keep the {counted(dropped, 'pair')} that were dropped for this reason.",
        ):
            keep_dropped(workspace, project, name)
            st.rerun()


def _show_buttons(workspace: Workspace, project: Project, known: Preview, chosen: FilterSettings) -> None:
    person = person_now()
    with st.container(horizontal=True):
        if st.button(
            "Apply these filters",
            icon=":material/filter_alt:",
            key="filter-apply",
            help="You can undo it: the pairs and the filters are then as they were before.",
        ):
            if known.unmeasured > AT_ONCE:
                params = refiltering.Params(filters=chosen.in_full(), applied_by=person.name if person else "")
                jobs.submit(workspace, params, project_id=project.id)
            else:
                with st.spinner("Filtering"):
                    choose_filters(workspace, project, chosen, by=person)
            st.rerun()
        if st.button("As usual", type="tertiary", key="filter-usual", help="Go back to the usual settings."):
            with st.spinner("Filtering"):
                choose_filters(workspace, project, FilterSettings(), by=person)
            st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
            st.rerun()
        last = curation.last_act(workspace, project.id, by=person)
        if last is not None and last.action == FILTERS_APPLIED:
            if st.button(f"Undo: {done_words(last.action, last.pairs)}", icon=":material/undo:", key="filter-undo"):
                curation.undo(workspace, project.id, by=person)
                st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
                st.rerun()
