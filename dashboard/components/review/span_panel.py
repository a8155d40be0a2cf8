"""The panel right of the text on the review page: the current span, the pending question, and adding what was missed."""

import streamlit as st

from core.privacy.entities import COMMON
from core.privacy.text.equality import equal_spans, places_without_span
from core.records import Span
from core.services.privacy.spans import count_in_project
from core.words import counted
from dashboard.components.review import sample, span_order
from dashboard.components.review.decisions import (
    add_spans,
    change_type,
    confirm,
    decide,
    decide_equal,
    leave,
    move_border,
    undo,
)
from dashboard.components.review.keys import FIELD_WORDS, KEY_WORDS, MOVE_WORDS, TYPE_KEYS
from dashboard.components.review.page_text import entity_words
from dashboard.components.review.pending import Pending
from dashboard.components.review.session import BY_RISK, ReviewSession, draw_again
from dashboard.session_keys import ADD_ENTITY, REVIEW_KEYS

SPAN_WORDS = {
    "detected": ":material/help: not decided (will be replaced)",
    "accepted": ":material/check_circle: accepted (will be replaced)",
    "rejected": ":material/cancel: rejected (stays readable)",
}


def show_panel(session: ReviewSession, selection: tuple[int, int] | None) -> None:
    """Show the panel: the current span or the sample, the pending question, undo, and adding what was missed."""
    passages = sample.sample_passages(session) if session.mode == "sample" else []
    if passages:
        sample.show_reading(session, passages)
    else:
        show_current(session)
    if session.pending and not session.pending.is_unread:
        show_pending(session, session.pending)
    show_undo(session)
    show_adding(session, selection)
    with st.container(horizontal=True, gap="small"):
        st.toggle("Riskiest first", key=BY_RISK, persist_state="session", help="Else spans follow as the text reads.")
        if st.button("Keys (?)", icon=":material/keyboard:", key="show-keys"):
            turn_keys()


def show_current(session: ReviewSession) -> None:
    """Show the framed span and what can be done about it."""
    span = session.current
    if span is None:
        st.markdown("**No spans in this document.**")
        st.caption("Read it before you approve: what the detectors miss, only you can find.")
        return
    decided = sum(other.state != "detected" for other in session.spans)
    st.markdown(f"**Span {list(session.ordered).index(span) + 1:,} of {len(session.ordered):,}** · {decided:,} decided")
    is_replaced = span.surrogate and span.state != "rejected"
    st.code(session.value(span) + (f"\n→ {span.surrogate}" if is_replaced else ""), language=None, wrap_lines=True)
    found_by = span_order.detector_words(span.detector)
    st.markdown(f"Type: **{entity_words(span.entity)}**  \nFound by: {found_by}  \n{SPAN_WORDS[span.state]}")
    if not session.pending:
        show_decisions(session, span)


def show_decisions(session: ReviewSession, span: Span) -> None:
    """Show the buttons for the framed span."""
    is_nameless = session.person is None
    reason = st.empty()  # always drawn, or the buttons below would change their places with it
    if is_nameless:
        reason.caption(":material/edit: Write your name above to decide: it is kept with each decision.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Accept (a)", icon=":material/check:", disabled=is_nameless, key="accept"):
            decide(session, [span], is_accepted=True)
        if st.button("Reject (r)", icon=":material/close:", disabled=is_nameless, key="reject"):
            decide(session, [span], is_accepted=False)
    with st.container(horizontal=True, gap="small"):
        if st.button("Previous (p)", icon=":material/arrow_back:", key="previous"):
            session.go_to(span_order.neighbor(session.ordered, span, -1))
        if st.button("Next (n)", icon=":material/arrow_forward:", key="next"):
            session.go_to(span_order.neighbor(session.ordered, span, 1))
    show_change(session, span)
    show_equal(session, span)


def show_change(session: ReviewSession, span: Span) -> None:
    """Show the buttons that change the span's type or borders."""
    is_nameless = session.person is None
    if session.mode == "type":
        st.markdown("**Which type is it?** Press its number, or choose.")
        keys = {entity: key for key, entity in TYPE_KEYS.items()}
        with st.container(horizontal=True, gap="small", key="types"):
            for entity in COMMON:
                label = f"{entity_words(entity)} ({keys[entity]})" if entity in keys else entity_words(entity)
                if st.button(label, disabled=is_nameless, key=f"type-{entity}"):
                    change_type(session, span, entity)
        if st.button("Leave it (Esc)", key="type-leave"):
            session.turn_to("spans")
        return
    with st.container(horizontal=True, gap="small"):
        if st.button("Type (t)", icon=":material/label:", disabled=is_nameless, key="type"):
            session.turn_to("type")
        with st.popover("Borders ([ ] { })", icon=":material/expand:", disabled=is_nameless):
            if st.button("Start one word earlier ({)", key="start-earlier"):
                move_border(session, span, "start", -1)
            if st.button("Start one word later (})", key="start-later"):
                move_border(session, span, "start", 1)
            if st.button("End one word earlier ([)", key="end-earlier"):
                move_border(session, span, "end", -1)
            if st.button("End one word later (])", key="end-later"):
                move_border(session, span, "end", 1)


def show_equal(session: ReviewSession, span: Span) -> None:
    """Offer to decide once for the same text everywhere, if it stands in more than one span."""
    here = len(equal_spans(session.text, session.spans, span))
    everywhere = max(here, count_in_project(session.workspace, session.project, span=span, value=session.value(span)))
    if everywhere < 2:
        return
    times = f"{counted(here, 'time')} in this document, {counted(everywhere, 'time')} in the project"
    st.caption(f"The same text was found {times}.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Accept all equal (A)", disabled=session.person is None, key="accept-equal"):
            decide_equal(session, span, is_accepted=True)
        if st.button("Reject all equal (R)", disabled=session.person is None, key="reject-equal"):
            decide_equal(session, span, is_accepted=False)


def show_pending(session: ReviewSession, asked: Pending) -> None:
    """Show what the pending decision would change beyond this page, and ask for confirmation."""
    with st.container(border=True, key="pending"):
        st.markdown(asked.words)
        with st.container(horizontal=True, gap="small"):
            if st.button("Do it (Enter)", type="primary", icon=":material/done_all:", key="confirm"):
                confirm(session, asked)
            if st.button("Leave it (Esc)", key="leave"):
                leave()


def show_undo(session: ReviewSession) -> None:
    """Offer to undo the last decision, whatever its size; approvals do not come back."""
    if session.note:
        st.caption(session.note)
    last = session.last
    if last is None:
        return
    what = f"{counted(len(last.after) or len(last.before), 'span')} {last.verb}"
    label = f"Undo: {what} (u)"
    tip = "Gives the spans their earlier decision. Approvals that were lost must be given again."
    if st.button(label, icon=":material/undo:", disabled=session.person is None, key="undo", help=tip):
        undo(session)


def show_adding(session: ReviewSession, selection: tuple[int, int] | None) -> None:
    """Offer to add a span that was missed: from the selection in the text, or typed."""
    st.markdown("**Something was missed?**")
    chosen = session.text[selection[0] : selection[1]].strip() if selection else ""
    if chosen and len(chosen) <= 200 and st.session_state.get("add-seen") != (session.document.id, selection):
        st.session_state["add-seen"] = (session.document.id, selection)
        st.session_state["add-value"] = chosen
    value = st.text_input(
        "Text to add", key="add-value", help="Select text on the page, or type it as it stands there.", max_chars=200
    )
    entity = st.selectbox("Type", COMMON, format_func=entity_words, key=ADD_ENTITY)
    places = places_without_span(session.text, session.spans, value.strip())
    if value.strip() and not places:
        st.caption("Nothing unmarked in this document reads like that.")
    label = f"Add {counted(len(places), 'place')}" if places else "Add it"
    if st.button(label, icon=":material/add:", disabled=not (places and session.person), key="add"):
        add_spans(session, places, entity, is_asked=True)


def show_keys() -> None:
    """List every key of the page."""
    with st.container(border=True, key="keys"):
        st.markdown("**Keys**")
        rows = KEY_WORDS | FIELD_WORDS | MOVE_WORDS | {"1 … 0": "the types, once `t` was pressed"}
        lines = [f"`{key}` {what}" for key, what in rows.items()]
        half = (len(lines) + 1) // 2
        for column, part in zip(st.columns(2), (lines[:half], lines[half:]), strict=True):
            column.caption("  \n".join(part))


def turn_keys() -> None:
    """Show the list of keys, or hide it."""
    st.session_state[REVIEW_KEYS] = not st.session_state.get(REVIEW_KEYS)
    draw_again()
