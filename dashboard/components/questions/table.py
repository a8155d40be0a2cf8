"""The session: search and filters, a page of question pairs, and the open one beside its source, worked on by keyboard."""

import streamlit as st

from core.questions import drop_reason
from core.questions.kinds import WORDINGS
from core.records import Project
from core.settings import GenerationSettings
from core.storage import Workspace
from core.storage.pairs.pages import (
    NumberedPair,
    PairCounts,
    PairFilter,
    PairPage,
    document_names,
    numbered_pair,
    pair_counts,
    pair_page,
    written_counts,
)
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.follower import is_active, newest_job
from dashboard.components.pager import Ways, show_ways
from dashboard.components.person import acting_person
from dashboard.components.questions.curation import doing
from dashboard.components.questions.curation.bulk import show_bulk
from dashboard.components.questions.curation.filters import (
    LIST,
    SEARCH,
    chosen_filter,
    clear_filters,
    is_whole_passage,
    keep_chosen,
    show_filters,
)
from dashboard.components.questions.curation.forms import FOCUS
from dashboard.components.questions.curation.keys import KEYS, show_keys
from dashboard.components.questions.curation.passage_card import show_passage
from dashboard.components.questions.curation.row_list import ListView, Row, show_rows
from dashboard.components.questions.curation.session import (
    SIZES,
    CurationSession,
    CurationState,
    curation_state,
    last_words,
    person_now,
)
from dashboard.components.questions.drawer import show_drawer

ENOUGH_TO_START, BETTER = 100, 1000  # LIMA: about 1,000 curated rows suffice for style


@st.fragment(key="curation")
def show_table(workspace: Workspace, project: Project, settings: GenerationSettings | None) -> None:
    """Show the curation of pairs, redrawn on its own, so that a key is answered at once in a project of any size.

    `settings` are those with which questions for an open passage would be written; None where no model can write.
    """
    with shown_errors():
        state = curation_state(project)
        if state.has_moved:
            state.has_moved = False
            st.rerun(scope="app")
        keep_chosen(state.chosen)
        if (chosen := chosen_filter()) != state.chosen:
            state.chosen, state.asked, state.mode = chosen, "", "read"
            state.start()
        counts = pair_counts(workspace, project.id, chosen)
        every = counts if chosen == PairFilter() else pair_counts(workspace, project.id, PairFilter())
        if every.matching:
            with st.container(key=LIST):
                _show_headline(every)
                show_filters(chosen, counts, document_names(workspace, project.id))
        page = _page(workspace, project, state)
        session = CurationSession(
            workspace=workspace, project=project, person=person_now(), state=state, page=page, counts=counts,
            open=_open(workspace, project, state, page),
        )  # fmt: skip
        if chosen.passage_id:
            show_passage(session, chosen.passage_id, settings)
        _show(session)


def _show_headline(counts: PairCounts) -> None:
    kept, dropped = (counts.by["state"].get(state, 0) for state in ("kept", "dropped"))
    thin = "enough for a first run; 1,000 is better" if ENOUGH_TO_START <= kept < BETTER else ""
    thin = "few for a training: 100 or more is better" if kept < ENOUGH_TO_START else thin
    st.markdown(f"**{counted(kept, 'pair')} kept**" + (f", {thin}." if thin else ".") + f" {dropped:,} dropped.")


def _page(workspace: Workspace, project: Project, state: CurationState) -> PairPage:
    page = pair_page(workspace, project.id, state.chosen, after=state.after, before=state.before, size=state.size)
    if not page.rows and state.first > 1:  # what stood here does not match any more
        state.start()
        page = pair_page(workspace, project.id, state.chosen, size=state.size)
    return page


def _open(workspace: Workspace, project: Project, state: CurationState, page: PairPage) -> NumberedPair | None:
    """Return the open pair: the chosen one, even if it left the page meanwhile, else the first or last one."""
    by_id = {row.pair.id: row for row in page.rows}
    if state.current in by_id:
        return by_id[state.current]
    if state.current not in ("", "last") and (found := numbered_pair(workspace, project.id, state.current)):
        return found
    if not page.rows:
        return None
    row = page.rows[-1 if state.current == "last" else 0]
    state.current = row.pair.id
    return row


def _show(session: CurationSession) -> None:
    _show_bar(session)
    if session.state.has_keys:
        show_keys()
    if session.state.trouble:
        st.warning(session.state.trouble, icon=":material/warning:")
    left, right = st.columns([6, 5], gap="medium")
    with left:
        if not session.page.rows and not is_whole_passage(session.state.chosen):
            _show_none(session)
        _show_list(session)
        _show_pages(session)
    with right:
        show_drawer(session)
    if session.page.rows or session.state.mode == "add":
        acting_person()


def _show_bar(session: CurationSession) -> None:
    """Show what was done, how to undo it, and what can be done with all that match."""
    if session.state.asked:
        show_bulk(session)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if session.counts.matching:
            show_bulk(session)
        st.button("Add a pair (+)", icon=":material/add:", key="curation-add", on_click=doing.turn_to, args=(session, "add"))
        if last := last_words(session):
            st.button(f"Undo: {last} (u)", icon=":material/undo:", key="curation-undo", on_click=_undo, args=(session,))
        st.button("Keys (?)", icon=":material/keyboard:", key="curation-keys-button", on_click=_turn_keys, args=(session,))
        if session.state.note:
            st.caption(session.state.note, width="content")


def _undo(session: CurationSession) -> None:
    session.state.note = session.state.trouble = ""
    with doing.noted_errors(session):
        doing.undo(session)


def _turn_keys(session: CurationSession) -> None:
    session.state.has_keys = not session.state.has_keys


def _show_none(session: CurationSession) -> None:
    with st.container(border=True):
        if session.state.chosen == PairFilter():
            if waiting := _written(session):
                st.markdown(
                    f"**{counted(waiting, 'pair')} written, and none of them kept yet.** Press Resume above: the filters "
                    "look at them once all passages are read."
                )
                return
            st.markdown("**There is no pair yet.** Have some written above, bring some in below, or add one by hand.")
            return
        st.markdown("**No pair matches.** Search for other words, or take a filter off.")
        st.button("Show all pairs", icon=":material/filter_alt_off:", key="none-clear", on_click=clear_filters)


def _written(session: CurationSession) -> int:
    """Count the pairs that an unfinished writing left, which count once it is resumed."""
    job = newest_job(session.workspace, session.project, "generate")
    if job is None or is_active(job):
        return 0
    return written_counts(session.workspace, session.project.id, job.id)[0]


def _show_list(session: CurationSession) -> None:
    view = ListView(
        label="Question pairs",
        current=session.open.pair.id if session.open else "",
        keys=KEYS,
        search=SEARCH,
        is_open=session.state.mode != "read" or bool(session.state.asked),
        focus=FOCUS.get(session.state.mode, ""),
        focus_number=session.state.turn,
    )
    show_rows(_rows(session.page), view, key="curation-rows", answer=lambda pressed: doing.answer(session, pressed))


def _rows(page: PairPage) -> list[Row]:
    """Return the rows of a page; those that ask for the fact of the one before say only how they differ from it."""
    facts = [None, *(row.pair.fact for row in page.rows)]
    return [
        _row(row, is_same_fact=row.pair.fact is not None and row.pair.fact == before)
        for row, before in zip(page.rows, facts, strict=False)
    ]


def _row(row: NumberedPair, *, is_same_fact: bool) -> Row:
    pair = row.pair
    place = [f"{row.wordings:,} wordings" if row.wordings > 1 else "", pair.document_name, pair.page]
    parts = [
        drop_reason(pair.reason).words if pair.reason else "",
        "by hand" if pair.reason != "by hand" and pair.decided else "",
        f"edited by {pair.edited_by}" if pair.edited_by else "",
        *([WORDINGS[pair.wording].words if pair.wording in WORDINGS else "the same fact"] if is_same_fact else place),
    ]
    about = " · ".join(filter(None, parts))
    return Row(
        id=pair.id, state=pair.state, sign="✓" if pair.state == "kept" else "✕", question=pair.input, answer=pair.output,
        about=about, is_same_fact=is_same_fact,
    )  # fmt: skip


def _show_pages(session: CurationSession) -> None:
    """Show which rows these are, and the way to others."""
    if not session.page.rows:
        return
    state, last = session.state, session.state.first + len(session.page.rows) - 1
    ways = Ways(
        first=session.first_page, previous=session.previous_page, next=session.next_page, last=session.last_page,
        has_previous=session.has_previous, has_next=session.has_next,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show_ways(ways, key="page")
        st.caption(f"{state.first:,} to {last:,} of {session.counts.matching:,}", width="content")
        st.segmented_control(
            "Rows", SIZES, default=state.size, required=True, key="page-size", label_visibility="collapsed",
            on_change=_resize, args=(session,), format_func=lambda size: f"{size} rows",
        )  # fmt: skip


def _resize(session: CurationSession) -> None:
    session.state.size = int(st.session_state["page-size"])
    session.state.start()
