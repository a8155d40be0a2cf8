"""A reviewer's desk: one document with its marks, and what it shows at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.privacy import review
from core.records import Document, Page, Person, Project, Span
from core.storage import Workspace, get
from dashboard.components import marks
from dashboard.components.pending import Pending, pending_of

_LAST, _NOTE, _MODE = "review-last", "review-note", "review-mode"
BY_RISK = "review-by-risk"
Mode = Literal["marks", "type", "sample"]


def draw_again() -> None:
    """Draw the desk again; the whole page when a change outside the desk came together with this one."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # this run is not the desk's own
        st.rerun()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What lies on the reviewer's desk: one document with its text, pages and marks, and who looks at it."""

    store: Workspace
    project: Project
    document: Document
    text: str
    pages: tuple[Page, ...]
    spans: Sequence[Span]
    person: Person | None
    ordered: Sequence[Span] = field(default_factory=tuple)  # as "next" goes: by risk or as the text reads

    @property
    def current(self) -> Span | None:
        """The framed mark: the chosen one, else the first undecided one."""
        chosen = st.session_state.get(f"mark-{self.document.id}", "")
        found = next((span for span in self.spans if span.id == chosen), None)
        return (
            found or next((s for s in self.ordered if s.state == "detected"), None) or marks.neighbor(self.ordered, None, 1)
        )

    @property
    def pending(self) -> Pending | None:
        """The decision that waits for a yes on this document, if there is one."""
        return pending_of(self.document.id)

    @property
    def mode(self) -> Mode:
        """What the keys do now: go through marks, choose a type, or read the sample."""
        document_id, mode = st.session_state.get(_MODE, ("", "marks"))
        return mode if document_id == self.document.id else "marks"

    def turn_to(self, mode: Mode) -> None:
        """Change what the keys do; draws the desk again."""
        st.session_state[_MODE] = (self.document.id, mode)
        draw_again()

    def leave_mode(self) -> None:
        """Let the keys go through marks again, from the next drawing on."""
        st.session_state.pop(_MODE, None)

    @property
    def note(self) -> str:
        """What the last undo did; "" when something was decided since."""
        project_id, words = st.session_state.get(_NOTE, ("", ""))
        return words if project_id == self.project.id else ""

    @property
    def last(self) -> review.Decision | None:
        """The last decision made here in this project, which can be undone."""
        project_id, decision = st.session_state.get(_LAST, ("", None))
        return decision if project_id == self.project.id else None

    def remember(self, decision: review.Decision) -> None:
        """Offer to take this decision back; what the last undo did is old news."""
        st.session_state.pop(_NOTE, None)
        if decision.before or decision.after:
            st.session_state[_LAST] = (self.project.id, decision)

    def note_undone(self, words: str) -> None:
        """Say what the undo did."""
        st.session_state[_NOTE] = (self.project.id, words)

    def value(self, span: Span) -> str:
        """The text a mark stands on."""
        return self.text[span.start : span.end]

    def go_to(self, span: Span | None) -> None:
        """Frame a mark and turn to its page; draws the desk again."""
        self.frame(span)
        draw_again()

    def frame(self, span: Span | None) -> None:
        """Make this the current mark from the next drawing on."""
        if span is not None:
            st.session_state[f"mark-{self.document.id}"] = span.id
            serial, _ = self._turn
            st.session_state[f"turn-{self.document.id}"] = (serial + 1, marks.page_number_of(self.pages, span.start))

    def show_place(self, start: int) -> None:
        """Turn to the page of a place that has no mark; draws the desk again."""
        serial, _ = self._turn
        st.session_state[f"turn-{self.document.id}"] = (serial + 1, marks.page_number_of(self.pages, start))
        draw_again()

    @property
    def _turn(self) -> tuple[int, int]:
        """How often the desk turned the page by itself, and to which page last."""
        first = marks.page_number_of(self.pages, self.current.start) if self.current else 1
        turn: tuple[int, int] = st.session_state.setdefault(f"turn-{self.document.id}", (0, first))
        return turn

    def choose_page(self) -> int:
        """Draw the choice of the page where there are several; gives its number, from 1.

        Each turn by the desk makes a new widget: one that stands already takes no new value.
        """
        if len(self.pages) < 2:
            return 1
        serial, number = self._turn
        return st.pagination(len(self.pages), default=number, key=f"page-{self.document.id}-{serial}", max_visible_pages=7)


def open_desk(store: Workspace, project: Project, *, document_id: str, person: Person | None) -> Desk:
    """Everything about one document, read anew."""
    document = get(store.db, Document, document_id)
    text = store.text(document)
    spans = marks.marks_of(store, document)
    is_by_risk = bool(st.session_state.get(BY_RISK))
    return Desk(
        store=store,
        project=project,
        document=document,
        text=text,
        pages=marks.pages_of(text, store.pages(document)),
        spans=spans,
        person=person,
        ordered=review.by_risk(text, spans) if is_by_risk else spans,
    )


def forget_last() -> None:
    """Offer no undo any more: what is approved is not changed by a single key."""
    st.session_state.pop(_LAST, None)
    st.session_state.pop(_NOTE, None)
