"""The inbox: filters with counts, a page of feedback, and the open item beside it."""

import streamlit as st

from core.records import Project
from core.storage import Workspace
from core.storage.feedback import FeedbackFilter, FeedbackItem, feedback_counts, feedback_item, feedback_page
from dashboard.components.answerers import who_can_answer
from dashboard.components.errors import shown_errors
from dashboard.components.feedback import doing
from dashboard.components.feedback.item import FOCUS, show_item, show_told
from dashboard.components.feedback.session import (
    EVERYTHING,
    KIND,
    KIND_WORDS,
    SIZE,
    STATE,
    STATE_WORDS,
    InboxSession,
    InboxState,
    chosen_filter,
    inbox_state,
    kinds_of,
)
from dashboard.components.pager import Ways, show_ways
from dashboard.components.person import acting_person
from dashboard.components.questions.curation.row_list import ListView, Row, show_rows
from dashboard.components.questions.curation.session import person_now
from dashboard.components.words import ago

SIGNS = {"open": "•", "done": "✓", "set aside": "–"}


@st.fragment(key="feedback")
def show_inbox(workspace: Workspace, project: Project) -> None:
    """Show the inbox of a project, redrawn on its own, so that a key is answered at once."""
    with shown_errors():
        state = inbox_state(project)
        if (chosen := chosen_filter()) != state.chosen:
            state.chosen, state.first, state.current = chosen, 1, ""
            state.say()
        rows = _page(workspace, project, state)
        session = InboxSession(
            workspace=workspace, project=project, person=person_now(), state=state, rows=rows,
            counts=feedback_counts(workspace, project.id, chosen), open=_open(workspace, project, state, rows),
            names=who_can_answer(workspace, project),
        )  # fmt: skip
        _show(session)


def _page(workspace: Workspace, project: Project, state: InboxState) -> list[FeedbackItem]:
    rows = feedback_page(workspace, project.id, state.chosen, first=state.first, size=SIZE)
    if not rows and state.first > 1:  # what stood here does not match any more
        state.first = 1
        rows = feedback_page(workspace, project.id, state.chosen, first=1, size=SIZE)
    return rows


def _open(workspace: Workspace, project: Project, state: InboxState, rows: list[FeedbackItem]) -> FeedbackItem | None:
    """Return the open item: the chosen one, even if it left the page meanwhile, else the first one."""
    item = feedback_item(workspace, project.id, state.current) if state.current else None
    item = item or (rows[0] if rows else None)
    state.current = item.feedback.id if item else ""
    return item


def _show(session: InboxSession) -> None:
    _show_filters(session)
    _show_bar(session)
    with st.container():
        if session.state.has_keys:
            lines = [f"`{key}` {what}" for key, what in doing.KEY_WORDS.items()]
            st.caption(" · ".join(lines))
    left, right = st.columns([5, 6], gap="medium")
    with left:
        if not session.rows:
            _show_none(session)
        _show_list(session)
        _show_pages(session)
    with right:
        if session.open:
            show_item(session, session.open)
    acting_person()


def _show_filters(session: InboxSession) -> None:
    counts = session.counts
    everything = sum(counts.states.values())
    states: dict[str, str] = {state: f"{words} {counts.states[state]:,}" for state, words in STATE_WORDS.items()}
    states |= {EVERYTHING: f"All {everything:,}"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Show", list(states), required=True, format_func=states.__getitem__, key=STATE)
        kinds: dict[str, str] = {EVERYTHING: "Everything"}
        kinds |= {kind: f"{words} ({counts.kinds[kind]:,})" for kind, words in KIND_WORDS.items()}
        st.selectbox("What was said", list(kinds), format_func=kinds.__getitem__, key=KIND, width=300)


def _show_bar(session: InboxSession) -> None:
    """Show the way to the keys and, unless it stands below the form, what was done and how to undo it."""
    state = session.state
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Keys (?)", icon=":material/keyboard:", key="feedback-keys", on_click=_turn_keys, args=[state])
        with st.container(width="content"):
            if not state.is_told_below:
                show_told(session)


def _turn_keys(state: InboxState) -> None:
    state.has_keys = not state.has_keys


def _show_none(session: InboxSession) -> None:
    with st.container(border=True):
        if session.state.chosen == FeedbackFilter(state="open"):
            st.markdown("**Nothing is open.** All that was said of answers is done or set aside.")
            return
        st.markdown("**Nothing matches.** Choose another state or kind.")


def _show_list(session: InboxSession) -> None:
    view = ListView(
        label="Feedback",
        current=session.open.feedback.id if session.open else "",
        keys=doing.KEYS,
        search="feedback-search",
        focus=FOCUS if session.state.turn else "",
        focus_number=session.state.turn,
    )
    rows = [_row(session, item) for item in session.rows]
    show_rows(rows, view, key="feedback-rows", answer=lambda pressed: doing.answer(session, pressed))


def _row(session: InboxSession, item: FeedbackItem) -> Row:
    said = item.feedback
    about = [*kinds_of(item), session.names.get(said.answerer, said.answerer), ago(said.created_at)]
    return Row(
        id=said.id, state=item.state, sign=SIGNS[item.state], question=said.question, answer=said.answer.strip(),
        about=" · ".join(about),
    )  # fmt: skip


def _show_pages(session: InboxSession) -> None:
    """Show which rows these are, and the way to others."""
    state, matching = session.state, session.counts.matching
    if matching <= SIZE:
        return

    def to(first: int) -> None:
        state.first, state.current = max(1, first), ""

    end = 1 + (matching - 1) // SIZE * SIZE
    ways = Ways(
        first=lambda: to(1), previous=lambda: to(state.first - SIZE), next=lambda: to(state.first + SIZE),
        last=lambda: to(end), has_previous=state.first > 1, has_next=state.first < end,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show_ways(ways, key="feedback-page")
        st.caption(f"{state.first:,} to {state.first + len(session.rows) - 1:,} of {matching:,}", width="content")
