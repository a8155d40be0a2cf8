"""A reviewer's actions on the open document: decide, change, add, approve and undo.

Whatever reaches beyond the page or cannot be undone asks for confirmation first.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import streamlit as st

from core.privacy.text.equality import equal_spans, places_without_span
from core.records import Person, Span, SpanState
from core.services import review
from core.services.privacy.spans import equal_in_project
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.review import span_order
from dashboard.components.review.page_text import entity_words
from dashboard.components.review.pending import Pending, effect_words, forget_pending, wait_for_yes
from dashboard.components.review.session import ReviewSession, draw_again, forget_last
from dashboard.components.words import unformatted
from dashboard.session_keys import REVIEW_NEXT

NAMELESS = "Write your name above first: every decision is recorded with it."


def decide(session: ReviewSession, spans: Sequence[Span], *, is_accepted: bool) -> None:
    """Accept or reject spans in the reviewer's name; ask first if another document or an approval is affected."""
    state: SpanState = "accepted" if is_accepted else "rejected"
    with shown_errors():
        effect = review.effect_of(session.workspace, spans, state=state)
        _ask_or_do(
            session,
            Pending(
                document_id=session.document.id,
                action="decide",
                words=effect_words(effect, state),
                span_ids=tuple(span.id for span in spans),
                state=state,
                effect=effect,
            ),
        )


def decide_equal(session: ReviewSession, span: Span, *, is_accepted: bool) -> None:
    """Accept or reject every span in the project whose text equals this one's."""
    with shown_errors():
        equal = equal_in_project(session.workspace, session.project, span=span, value=session.value(span))
        decide(session, equal or [span], is_accepted=is_accepted)


def change_type(session: ReviewSession, span: Span, entity: str) -> None:
    """Change the type of the span and of every equal one in this document; ask first if there are several."""
    session.leave_mode()
    equal = equal_spans(session.text, session.spans, span)
    effect = review.effect_on(session.workspace, equal)
    asked = Pending(
        document_id=session.document.id,
        action="type",
        words=effect_words(effect, f"**{entity_words(entity)}**"),
        span_ids=tuple(other.id for other in equal),
        entity=entity,
        effect=effect,
    )
    if len(equal) > 1:
        _ask(asked)
    _ask_or_do(session, asked)


def move_border(session: ReviewSession, span: Span, edge: review.Edge, step: int) -> None:
    """Move the span's start or end by one word, back (-1) or forward (+1)."""
    start, end = review.moved_borders(session.text, span, edge, step)
    if (start, end) == (span.start, span.end):
        return
    effect = review.effect_on(session.workspace, [span])
    asked = Pending(
        document_id=session.document.id,
        action="borders",
        words=effect_words(effect, "longer or shorter"),
        span_ids=(span.id,),
        places=((start, end),),
        effect=effect,
    )
    _ask_or_do(session, asked)


def add_spans(session: ReviewSession, places: Sequence[tuple[int, int]], entity: str, *, is_asked: bool = False) -> None:
    """Add spans the detectors missed.

    Ask first if an approval or proposal would be lost, or if there are several places, unless `is_asked` says that the
    button already named their number.
    """
    if not places:
        return
    approved = bool(
        session.workspace.active_review(session.document.id) or session.workspace.standing_proposal(session.document.id)
    )
    where = f"{counted(len(places), 'place')} in this document"
    value = " ".join(session.text[places[0][0] : places[0][1]].split())
    lost = " **What is approved or proposed for this document is lost.**" if approved else ""
    asked = Pending(
        document_id=session.document.id,
        action="add",
        words=f"“{unformatted(value)}”: {where} will be added as **{entity_words(entity)}**.{lost}",
        entity=entity,
        places=tuple(places),
    )
    if approved or (len(places) > 1 and not is_asked):
        _ask(asked)
    _carry_out(session, asked)


def add_selected(session: ReviewSession, selected: tuple[int, int], entity: str) -> None:
    """Add a span wherever the selected text occurs unmarked in this document."""
    start, end = selected
    value = session.text[start:end].strip()
    if not value:
        return
    start = session.text.index(value, start)
    places = set(places_without_span(session.text, session.spans, value)) | {(start, start + len(value))}
    add_spans(session, sorted(places), entity)


def ask_approval(session: ReviewSession) -> None:
    """Ask for confirmation before approving the document: a single key press must not be enough."""
    is_unread = is_left_unread(session)
    words = "" if is_unread else "You approve the anonymized text of this document. Your name is kept with it."
    _ask(Pending(document_id=session.document.id, action="approve", words=words, is_unread=is_unread))


def is_left_unread(session: ReviewSession) -> bool:
    """Tell whether approving this document takes a typed phrase, because nobody looked at all of it."""
    return session.project.policy == "all-at-once" and bool(
        review.unread_of(session.workspace, session.project, session.document)
    )


def start_approval(session: ReviewSession, *, is_all: bool) -> None:
    """Approve this document or all of them; if anything was not looked at, ask for the phrase first."""
    with shown_errors():
        if session.person is None:
            return
        is_unread = (
            bool(review.unread_in(session.workspace, session.project, by=session.person))
            if is_all
            else is_left_unread(session)
        )
        if is_unread:
            action: Literal["approve", "approve all"] = "approve all" if is_all else "approve"
            _ask(Pending(document_id=session.document.id, action=action, words="", is_unread=True))
        approve(session, is_all=is_all)


def confirm_unread(session: ReviewSession, asked: Pending, words: str) -> None:
    """Approve what nobody looked at if `words` is the required phrase.

    Otherwise the question stays, and the page shows what is wrong.
    """
    approve(session, is_all=asked.action == "approve all", unread=words)


def confirm(session: ReviewSession, asked: Pending) -> None:
    """Carry out the pending decision; ask again if it would change something else by now."""
    if asked.is_unread:  # a key press cannot stand in for the typed phrase
        return
    forget_pending()
    with shown_errors():
        if asked.action == "decide" and asked.effect is not None:
            effect = review.effect_of(session.workspace, asked.span_ids, state=asked.state)
            if effect != asked.effect:
                _ask(replace(asked, effect=effect, words=effect_words(effect, asked.state)))
        if asked.action == "approve":
            approve(session, is_all=False)
        else:
            _carry_out(session, asked)


def leave() -> None:
    """Drop the pending question without changing anything."""
    forget_pending()
    draw_again()


def undo(session: ReviewSession) -> None:
    """Undo the last decision and go to its first span in this document."""
    last = session.last
    if last is None or session.person is None:
        return
    forget_last()  # even if the undo fails: a span somebody changed since cannot be undone later either
    with shown_errors():
        undone = review.undo(session.workspace, last, by=session.person)
        session.note_undone(undone_words(last, undone))
        restored = {span.id for span in last.before}
        _go_on(session, next((span for span in session.spans if span.id in restored), session.current), undone)


def undone_words(decision: review.Decision, undone: review.Decision) -> str:
    """Describe what the undo restored and what it could not: approvals do not come back by themselves."""
    count = len(decision.before) or len(decision.after)
    lost = len(decision.withdrawn_ids | undone.withdrawn_ids)
    told = f"Undone: {counted(count, 'span')} {'is' if count == 1 else 'are'} as before."
    if not lost:
        return told
    return f"{told} {counted(lost, 'document')} without {'its' if lost == 1 else 'their'} approval must be approved again."


def approve(session: ReviewSession, *, is_all: bool, unread: str = "") -> None:
    """Store the approval and go to the next document that waits for one.

    `unread` is the phrase typed for what nobody looked at.
    """
    with shown_errors():
        if session.person is None:
            return
        if is_all:
            review.approve_all(session.workspace, session.project, by=session.person, unread=unread)
        else:
            review.approve(session.workspace, session.project, session.document, by=session.person, unread=unread)
        forget_pending()
        forget_last()
        st.session_state[REVIEW_NEXT] = True
        st.rerun(scope="app")


def _ask(asked: Pending) -> None:
    wait_for_yes(asked)
    draw_again()


def _ask_or_do(session: ReviewSession, asked: Pending) -> None:
    if session.person is None:
        st.warning(NAMELESS, icon=":material/badge:")
        return
    if asked.effect is not None and asked.effect.reaches_beyond(session.document.id):
        _ask(asked)
    _carry_out(session, asked)


def _carry_out(session: ReviewSession, asked: Pending) -> None:
    if session.person is None:
        st.warning(NAMELESS, icon=":material/badge:")
        return
    with shown_errors():
        decision = _decided(session, asked, by=session.person)
        session.remember(decision)
        if asked.action != "decide":
            _go_on(session, decision.after[0] if decision.after else session.current, decision)
        current, decided = session.current, set(asked.span_ids)
        rest = [span for span in session.ordered if span.id not in decided]
        following = _after(session, rest, current)
        _go_on(session, following or current, decision)


def _decided(session: ReviewSession, asked: Pending, *, by: Person) -> review.Decision:
    if asked.action == "type":
        return review.change_type(session.workspace, asked.span_ids, entity=asked.entity, by=by)
    if asked.action == "borders":
        (start, end), (span_id,) = asked.places[0], asked.span_ids
        return review.change_borders(session.workspace, span_id, start=start, end=end, by=by)
    if asked.action == "add":
        return review.add_all(session.workspace, session.document, asked.places, entity=asked.entity, by=by)
    act = review.accept if asked.state == "accepted" else review.reject
    return act(session.workspace, asked.span_ids, by=by)


def _after(session: ReviewSession, rest: Sequence[Span], current: Span | None) -> Span | None:
    """Return the next undecided span; None if there is none.

    In reading order it is the one after the current span, by risk the riskiest one.
    """
    if session.ordered is session.spans:
        return span_order.next_open(rest, current.start if current else -1)
    return next((span for span in rest if span.state == "detected"), None)


def _go_on(session: ReviewSession, span: Span | None, decision: review.Decision) -> None:
    """Frame the next span; if an approval or proposal was lost, redraw the whole page, as the steps above change too."""
    if decision.withdrawn_ids or decision.dropped_ids:
        session.frame(span)
        st.rerun(scope="app")
    session.go_to(span)
