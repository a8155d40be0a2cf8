"""A review session: one document with its spans, and what the page shows of it right now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.records import Document, Page, Person, Project, Span
from core.services import review
from core.services.privacy.spans import spans_of
from core.storage import Workspace, get
from dashboard.components.review import span_order
from dashboard.components.review.pending import Pending, pending_of

_LAST, _NOTE, _MODE = "review-last", "review-note", "review-mode"
BY_RISK = "review-by-risk"
Mode = Literal["spans", "type", "sample"]


def draw_again() -> None:
    """Redraw the session's part of the page alone, or the whole page if this run did not start there."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # this run is not of the session's fragment
        st.rerun()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSession:
    """One document open for review, with its text, pages and spans, and the person looking at it."""

    workspace: Workspace
    project: Project
    document: Document
    text: str
    pages: tuple[Page, ...]
    spans: Sequence[Span]
    person: Person | None
    ordered: Sequence[Span] = field(default_factory=tuple)  # the order "next" follows: by risk or as the text reads

    @property
    def current(self) -> Span | None:
        """The framed span: the chosen one, else the first undecided one, else the first; None without spans."""
        chosen = st.session_state.get(f"span-{self.document.id}", "")
        span_chosen = next((span for span in self.spans if span.id == chosen), None)
        return (
            span_chosen
            or next((s for s in self.ordered if s.state == "detected"), None)
            or span_order.neighbor(self.ordered, None, 1)
        )

    @property
    def pending(self) -> Pending | None:
        """The decision on this document that waits for confirmation; None if there is none."""
        return pending_of(self.document.id)

    @property
    def mode(self) -> Mode:
        """What the keys do now: step through spans, choose a type, or read the sample."""
        document_id, mode = st.session_state.get(_MODE, ("", "spans"))
        return mode if document_id == self.document.id else "spans"

    def turn_to(self, mode: Mode) -> None:
        """Change what the keys do, and redraw the session."""
        st.session_state[_MODE] = (self.document.id, mode)
        draw_again()

    def leave_mode(self) -> None:
        """Let the keys step through spans again, from the next redraw on."""
        st.session_state.pop(_MODE, None)

    @property
    def note(self) -> str:
        """What the last undo did; "" if something has been decided since."""
        project_id, words = st.session_state.get(_NOTE, ("", ""))
        return words if project_id == self.project.id else ""

    @property
    def last(self) -> review.Decision | None:
        """The last decision made here in this project, which can be undone; None if there is none."""
        project_id, decision = st.session_state.get(_LAST, ("", None))
        return decision if project_id == self.project.id else None

    def remember(self, decision: review.Decision) -> None:
        """Keep this decision as the one to undo, if it changed anything, and clear the note on the last undo."""
        st.session_state.pop(_NOTE, None)
        if decision.before or decision.after:
            st.session_state[_LAST] = (self.project.id, decision)

    def note_undone(self, words: str) -> None:
        """Keep a note of what the undo did."""
        st.session_state[_NOTE] = (self.project.id, words)

    def value(self, span: Span) -> str:
        """Return the text the span covers."""
        return self.text[span.start : span.end]

    def go_to(self, span: Span | None) -> None:
        """Frame the span, turn to its page and redraw the session."""
        self.frame(span)
        draw_again()

    def frame(self, span: Span | None) -> None:
        """Make this the current span from the next redraw on; None changes nothing."""
        if span is not None:
            st.session_state[f"span-{self.document.id}"] = span.id
            serial, _ = self._turn
            st.session_state[f"turn-{self.document.id}"] = (serial + 1, span_order.page_number_of(self.pages, span.start))

    def show_place(self, start: int) -> None:
        """Turn to the page of a place that has no span, and redraw the session."""
        serial, _ = self._turn
        st.session_state[f"turn-{self.document.id}"] = (serial + 1, span_order.page_number_of(self.pages, start))
        draw_again()

    @property
    def _turn(self) -> tuple[int, int]:
        """How often the session has turned the page by itself, and the page it turned to last."""
        first = span_order.page_number_of(self.pages, self.current.start) if self.current else 1
        turn: tuple[int, int] = st.session_state.setdefault(f"turn-{self.document.id}", (0, first))
        return turn

    def choose_page(self) -> int:
        """Draw the page selector if there are several pages; return the page number, from 1.

        Each time the session turns the page it creates a new widget, because an existing one takes no new value.
        """
        if len(self.pages) < 2:
            return 1
        serial, number = self._turn
        return st.pagination(len(self.pages), default=number, key=f"page-{self.document.id}-{serial}", max_visible_pages=7)


def open_session(workspace: Workspace, project: Project, *, document_id: str, person: Person | None) -> ReviewSession:
    """Read everything about one document afresh and open a session for it."""
    document = get(workspace.db, Document, document_id)
    text = workspace.text(document)
    spans = spans_of(workspace, document)
    is_by_risk = bool(st.session_state.get(BY_RISK))
    return ReviewSession(
        workspace=workspace,
        project=project,
        document=document,
        text=text,
        pages=span_order.pages_of(text, workspace.pages(document)),
        spans=spans,
        person=person,
        ordered=review.by_risk(text, spans) if is_by_risk else spans,
    )


def forget_last() -> None:
    """Stop offering undo: an approved document must not change at the press of a key."""
    st.session_state.pop(_LAST, None)
    st.session_state.pop(_NOTE, None)
