"""Decisions that wait for confirmation, and what they would change, in words."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.records import SpanState
from core.services import review
from core.words import counted

_PENDING = "review-pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A decision that reaches beyond the page or cannot be undone, and waits for confirmation."""

    document_id: str
    action: Literal["decide", "type", "add", "borders", "approve", "approve all"]
    words: str
    is_unread: bool = False  # approves what nobody looked at, which takes more than a yes
    span_ids: tuple[str, ...] = ()
    state: SpanState = "accepted"
    entity: str = ""
    places: tuple[tuple[int, int], ...] = ()
    effect: review.Effect | None = None


def pending_of(document_id: str) -> Pending | None:
    """Return the decision on this document that waits for confirmation; None if there is none."""
    waiting: Pending | None = st.session_state.get(_PENDING)
    return waiting if waiting and waiting.document_id == document_id else None


def wait_for_yes(asked: Pending) -> None:
    """Ask for confirmation of this decision from the next redraw on."""
    st.session_state[_PENDING] = asked


def forget_pending() -> None:
    """Stop asking for confirmation."""
    st.session_state.pop(_PENDING, None)


def effect_words(effect: review.Effect, become: str) -> str:
    """Describe in numbers what would change: spans, documents, and approvals that would be lost."""
    changed = f"{counted(len(effect.span_ids), 'span')} in {counted(len(effect.document_ids), 'document')}"
    verb = "become" if len(effect.span_ids) != 1 else "becomes"
    return f"{changed} {verb} {become}.{lost_words(effect) or ' No approval is lost.'}"


def lost_words(effect: review.Effect) -> str:
    """Describe how many approvals and proposals a change would drop; "" if none."""
    words = ""
    if approved := len(effect.approved_ids):
        lose = "loses its" if approved == 1 else "lose their"
        words += f" **{counted(approved, 'approved document')} {lose} approval.**"
    if proposed := len(effect.proposed_ids):
        words += f" **{counted(proposed, 'proposed document')} must be proposed again.**"
    return words
