"""The keys of the review page, defined in one place: the page listens for these and lists them."""

from collections.abc import Callable

import streamlit as st

from core.privacy.entities import COMMON
from core.services import review
from dashboard.components.review import sample, span_order
from dashboard.components.review.approval import press_approve, propose
from dashboard.components.review.decisions import (
    add_selected,
    change_type,
    confirm,
    decide,
    decide_equal,
    leave,
    move_border,
    undo,
)
from dashboard.components.review.page_text import PageEvent
from dashboard.components.review.session import ReviewSession
from dashboard.session_keys import RETURN_COMMENT, REVIEWER

KEY_WORDS = {
    "a": "accept the span; in the sample: nothing here, next",
    "r": "reject the span: it stays readable",
    "n": "next span or passage",
    "p": "previous span or passage",
    "A": "accept all equal texts in the project",
    "R": "reject all equal texts in the project",
    "t": "another type; then the number beside it",
    "[": "end one word earlier",
    "]": "end one word later",
    "{": "start one word earlier",
    "}": "start one word later",
    "+": "add the selected text with the type on the right",
    "u": "undo the last decision",
    "s": "read the sample, and back",
    "P": "propose the approval",
    "Y": "approve (asks first)",
    "?": "show or hide these keys",
    "Enter": "do what is asked",
    "Escape": "leave it",
}
FIELD_KEYS = {"w": REVIEWER, "c": RETURN_COMMENT}  # these move the focus to a field
FIELD_WORDS = {"w": "go to the field for your name", "c": "go to the comment of a return"}
MOVE_WORDS = {"← → ↑ ↓": "with the text in focus: select a word", "Shift ← →": "select more or fewer words"}
TYPE_KEYS = dict(zip("1234567890", COMMON, strict=False))
# the page always listens for all of them: what a key does is decided when it arrives, not by what the browser has drawn
KEYS = (*KEY_WORDS, *TYPE_KEYS)
_BORDERS: dict[str, tuple[review.Edge, int]] = {"[": ("end", -1), "]": ("end", 1), "{": ("start", -1), "}": ("start", 1)}
_STEPS: dict[str, Callable[[ReviewSession], None]] = {
    "s": lambda session: _open_sample(session),
    "P": propose,
    "Y": press_approve,
    "u": undo,
}


def answer_event(session: ReviewSession, event: PageEvent, *, entity: str) -> None:
    """Do what a click on a span or a key press asks for; `entity` is the type given to newly added spans."""
    asked = session.pending
    if asked is not None and event.pressed == "Enter":
        confirm(session, asked)
    elif asked is not None and event.pressed == "Escape":
        leave()
    elif event.picked:
        session.go_to(next((span for span in session.spans if span.id == event.picked), None))
    elif session.mode == "sample" and not event.added:
        _read_sample(session, event.pressed)
    elif event.pressed in ("n", "p"):
        session.go_to(span_order.neighbor(session.ordered, session.current, 1 if event.pressed == "n" else -1))
    elif asked is not None:
        return  # the pending question comes before other decisions
    elif event.added:
        add_selected(session, event.added, entity)
    elif event.pressed in _STEPS:
        _STEPS[event.pressed](session)
    else:
        _decide(session, event.pressed)


def _open_sample(session: ReviewSession) -> None:
    if sample.sample_passages(session):
        session.turn_to("sample")
    st.info(
        "There is no sample to read: every passage holds a span, or the rules of this project ask for none.",
        icon=":material/info:",
    )


def _read_sample(session: ReviewSession, pressed: str) -> None:
    passages = sample.sample_passages(session)
    if pressed in ("s", "Escape") or not passages:
        session.turn_to("spans")
    elif pressed in ("n", "p"):
        sample.step(session, passages, 1 if pressed == "n" else -1)
    elif pressed == "a":
        sample.say_read(session, passages)
    elif pressed == "u":
        undo(session)
    elif pressed in ("P", "Y"):
        session.leave_mode()
        _STEPS[pressed](session)


def _decide(session: ReviewSession, pressed: str) -> None:
    current = session.current
    if current is None:
        return
    if session.mode == "type" and pressed in TYPE_KEYS:
        change_type(session, current, TYPE_KEYS[pressed])
    elif session.mode == "type" and pressed == "Escape":
        session.turn_to("spans")
    elif pressed == "t":
        session.turn_to("spans" if session.mode == "type" else "type")
    elif pressed in ("a", "r"):
        decide(session, [current], is_accepted=pressed == "a")
    elif pressed in ("A", "R"):
        decide_equal(session, current, is_accepted=pressed == "A")
    elif pressed in _BORDERS:
        move_border(session, current, *_BORDERS[pressed])
