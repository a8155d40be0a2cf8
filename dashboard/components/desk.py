"""A reviewer's desk: one document with its marks, and what the reviewer does to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.privacy import review
from core.records import Document, Page, Project, Span, SpanState
from core.storage import Workspace, get
from dashboard.components import marks
from dashboard.components.errors import shown_errors
from dashboard.components.page_text import PageEvent
from dashboard.components.words import plural

_PENDING, _LAST, _NOTE = "review-pending", "review-last", "review-note"


def draw_again() -> None:
    """Draw the desk again; the whole page when a change outside the desk came together with this one."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # this run is not the desk's own
        st.rerun()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A decision that reaches further than the page shows and waits for a yes, with what it would change."""

    document_id: str
    span_ids: tuple[str, ...]
    state: SpanState
    effect: review.Effect

    @property
    def words(self) -> str:
        """What would change, in numbers."""
        effect = self.effect
        marks_words = f"{plural(len(effect.span_ids), 'mark')} in {plural(len(effect.document_ids), 'document')}"
        become = "become" if len(effect.span_ids) != 1 else "becomes"
        approved = len(effect.approved_ids)
        lose = "loses its" if approved == 1 else "lose their"
        lost = f" **{plural(approved, 'approved document')} {lose} approval.**" if approved else " No approval is lost."
        return f"{marks_words} {become} {self.state}.{lost}"


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

    @property
    def pending(self) -> Pending | None:
        """The decision that waits for a yes on this document, if there is one."""
        waiting: Pending | None = st.session_state.get(_PENDING)
        return waiting if waiting and waiting.document_id == self.document.id else None

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
    """Accept or reject marks in the reviewer's name; what reaches beyond this document or an approval is asked first."""
    if not desk.reviewer:
        st.warning("Write your name above first: every decision is recorded with it.", icon=":material/badge:")
        return
    state: SpanState = "accepted" if is_accepted else "rejected"
    with shown_errors():
        effect = review.effect_of(desk.store, spans, state=state)
        asked = Pending(document_id=desk.document.id, span_ids=tuple(span.id for span in spans), state=state, effect=effect)
        if effect.reaches_beyond(desk.document.id):
            st.session_state[_PENDING] = asked
            draw_again()
        _carry_out(desk, asked)


def decide_equal(desk: Desk, span: Span, *, is_accepted: bool) -> None:
    """Decide on every mark of the project that stands on the same text."""
    with shown_errors():
        equal = marks.equal_in_project(desk.store, desk.project, span=span, value=desk.value(span))
        decide(desk, equal or [span], is_accepted=is_accepted)


def confirm(desk: Desk, asked: Pending) -> None:
    """Do what was asked about; ask again when it would change something else by now."""
    st.session_state.pop(_PENDING, None)
    with shown_errors():
        effect = review.effect_of(desk.store, asked.span_ids, state=asked.state)
        if effect != asked.effect:
            st.session_state[_PENDING] = replace(asked, effect=effect)
            draw_again()
        _carry_out(desk, asked)


def leave() -> None:
    """Forget what was asked about; nothing has changed."""
    st.session_state.pop(_PENDING, None)
    draw_again()


def undo(desk: Desk) -> None:
    """Take the last decision back and go to its first mark in this document."""
    last = desk.last
    if last is None or not desk.reviewer:
        return
    st.session_state.pop(_LAST)  # also when it fails: what somebody changed since cannot be undone later either
    with shown_errors():
        undone = review.undo(desk.store, last, reviewer=desk.reviewer)
        st.session_state[_NOTE] = (desk.project.id, undone_words(last, undone))
        restored = {span.id for span in last.before}
        _go_on(desk, next((span for span in desk.spans if span.id in restored), desk.current), undone)


def undone_words(decision: review.Decision, undone: review.Decision) -> str:
    """What the undo did, and what it cannot do: no approval comes back by itself."""
    count = len(decision.before)
    lost = len(decision.withdrawn_ids | undone.withdrawn_ids)
    told = f"Undone: {plural(count, 'mark')} {'is' if count == 1 else 'are'} as before."
    if not lost:
        return told
    return f"{told} {plural(lost, 'document')} without {'its' if lost == 1 else 'their'} approval must be approved again."


def _carry_out(desk: Desk, asked: Pending) -> None:
    act = review.accept if asked.state == "accepted" else review.reject
    decision = act(desk.store, asked.span_ids, reviewer=desk.reviewer)
    st.session_state.pop(_NOTE, None)
    if decision.before:
        st.session_state[_LAST] = (desk.project.id, decision)
    current, decided = desk.current, set(asked.span_ids)
    rest = [span for span in desk.spans if span.id not in decided]
    _go_on(desk, marks.next_open(rest, current.start if current else -1) or current, decision)


def _go_on(desk: Desk, span: Span | None, decision: review.Decision) -> None:
    """Frame the next mark; where an approval was lost the steps above the desk change too."""
    if decision.withdrawn_ids:
        desk.frame(span)
        st.rerun(scope="app")
    desk.go_to(span)


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
    asked = desk.pending
    if asked is not None and event.pressed == "Enter":
        confirm(desk, asked)
    elif asked is not None and event.pressed == "Escape":
        leave()
    elif event.picked:
        desk.go_to(next((span for span in desk.spans if span.id == event.picked), None))
    elif event.pressed in ("n", "p"):
        desk.go_to(marks.neighbor(desk.spans, current, 1 if event.pressed == "n" else -1))
    elif asked is not None:
        return  # first the question, then other decisions
    elif event.pressed in ("a", "r") and current is not None:
        decide(desk, [current], is_accepted=event.pressed == "a")
    elif event.pressed in ("A", "R") and current is not None:
        decide_equal(desk, current, is_accepted=event.pressed == "A")
    elif event.pressed == "u":
        undo(desk)


def forget_last() -> None:
    """Offer no undo any more: what is approved is not changed by a single key."""
    st.session_state.pop(_LAST, None)
    st.session_state.pop(_NOTE, None)


def approve(desk: Desk, *, is_all: bool) -> None:
    """Store the approval and go to the next document that waits."""
    with shown_errors():
        if is_all:
            review.approve_all(desk.store, desk.project, reviewer=desk.reviewer)
        else:
            review.approve(desk.store, desk.project, desk.document, reviewer=desk.reviewer)
        forget_last()
        st.session_state["review-next"] = True
        st.rerun(scope="app")


def withdraw(desk: Desk, reason: str) -> None:
    """Take back the approval that stands."""
    with shown_errors():
        review.withdraw(desk.store, desk.document, reviewer=desk.reviewer, reason=reason)
        st.rerun(scope="app")
