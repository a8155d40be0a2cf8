"""A reviewer's desk: one document with its marks, and what the reviewer does to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.privacy import review
from core.records import Document, Page, Project, Span
from core.storage import Workspace, get
from dashboard.components import marks
from dashboard.components.errors import shown_errors
from dashboard.components.page_text import PageEvent


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
    reviewer: str

    @property
    def current(self) -> Span | None:
        """The framed mark: the chosen one, else the first undecided one."""
        chosen = st.session_state.get(f"mark-{self.document.id}", "")
        found = next((span for span in self.spans if span.id == chosen), None)
        return found or marks.next_open(self.spans, -1) or marks.neighbor(self.spans, None, 1)

    def value(self, span: Span) -> str:
        """The text a mark stands on."""
        return self.text[span.start : span.end]

    def go_to(self, span: Span | None) -> None:
        """Frame a mark and turn to its page; draws the desk again."""
        if span is not None:
            st.session_state[f"mark-{self.document.id}"] = span.id
            serial, _ = self._turn
            st.session_state[f"turn-{self.document.id}"] = (serial + 1, marks.page_number_of(self.pages, span.start))
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


def open_desk(store: Workspace, project: Project, *, document_id: str, reviewer: str) -> Desk:
    """Everything about one document, read anew."""
    document = get(store.db, Document, document_id)
    text = store.text(document)
    return Desk(
        store=store,
        project=project,
        document=document,
        text=text,
        pages=marks.pages_of(text, store.pages(document)),
        spans=marks.marks_of(store, document),
        reviewer=reviewer,
    )


def decide(desk: Desk, spans: Sequence[Span], *, is_accepted: bool) -> None:
    """Accept or reject marks in the reviewer's name, then go to the next undecided one."""
    if not desk.reviewer:
        st.warning("Write your name above first: every decision is recorded with it.", icon=":material/badge:")
        return
    with shown_errors():
        act = review.accept if is_accepted else review.reject
        act(desk.store, list(spans), reviewer=desk.reviewer)
        current = desk.current
        decided = {span.id for span in spans}
        rest = [span for span in desk.spans if span.id not in decided]
        desk.go_to(marks.next_open(rest, current.start if current else -1) or current)


def decide_equal(desk: Desk, span: Span, *, is_accepted: bool) -> None:
    """Decide on every mark of the project that stands on the same text."""
    with shown_errors():
        equal = marks.equal_in_project(desk.store, desk.project, span=span, value=desk.value(span))
        decide(desk, equal or [span], is_accepted=is_accepted)


def add_marks(desk: Desk, places: Sequence[tuple[int, int]], entity: str) -> None:
    """Mark what the detectors missed."""
    with shown_errors():
        added = [
            review.add(desk.store, desk.document, start=start, end=end, entity=entity, reviewer=desk.reviewer)
            for start, end in places
        ]
        desk.go_to(added[0] if added else None)


def answer_event(desk: Desk, event: PageEvent) -> None:
    """Do what a click on a mark or a key asks for."""
    current = desk.current
    if event.picked:
        desk.go_to(next((span for span in desk.spans if span.id == event.picked), None))
    elif event.pressed in ("n", "p"):
        desk.go_to(marks.neighbor(desk.spans, current, 1 if event.pressed == "n" else -1))
    elif event.pressed in ("a", "r") and current is not None:
        decide(desk, [current], is_accepted=event.pressed == "a")
    elif event.pressed in ("A", "R") and current is not None:
        decide_equal(desk, current, is_accepted=event.pressed == "A")


def approve(desk: Desk, *, is_all: bool) -> None:
    """Store the approval and go to the next document that waits."""
    with shown_errors():
        if is_all:
            review.approve_all(desk.store, desk.project, reviewer=desk.reviewer)
        else:
            review.approve(desk.store, desk.project, desk.document, reviewer=desk.reviewer)
        st.session_state["review-next"] = True
        st.rerun(scope="app")


def withdraw(desk: Desk, reason: str) -> None:
    """Take back the approval that stands."""
    with shown_errors():
        review.withdraw(desk.store, desk.document, reviewer=desk.reviewer, reason=reason)
        st.rerun(scope="app")
