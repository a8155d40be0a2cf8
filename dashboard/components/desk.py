"""A reviewer's desk: one document with its marks, and what the reviewer does to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.privacy import review
from core.records import Document, Page, Person, Project, Span, SpanState
from core.storage import Workspace, get
from dashboard.components import marks
from dashboard.components.errors import shown_errors
from dashboard.components.page_text import entity_words
from dashboard.components.words import plural

_PENDING, _LAST, _NOTE, _MODE = "review-pending", "review-last", "review-note", "review-mode"
BY_RISK = "review-by-risk"
Mode = Literal["marks", "type", "sample"]
NAMELESS = "Write your name above first: every decision is recorded with it."


def draw_again() -> None:
    """Draw the desk again; the whole page when a change outside the desk came together with this one."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # this run is not the desk's own
        st.rerun()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What reaches further than the page shows, or cannot be taken back, and waits for a yes."""

    document_id: str
    action: Literal["decide", "type", "add", "borders", "approve"]
    words: str
    span_ids: tuple[str, ...] = ()
    state: SpanState = "accepted"
    entity: str = ""
    places: tuple[tuple[int, int], ...] = ()
    effect: review.Effect | None = None


def effect_words(effect: review.Effect, become: str) -> str:
    """What would change, in numbers: the marks, the documents, and what would be lost."""
    changed = f"{plural(len(effect.span_ids), 'mark')} in {plural(len(effect.document_ids), 'document')}"
    verb = "become" if len(effect.span_ids) != 1 else "becomes"
    return f"{changed} {verb} {become}.{lost_words(effect) or ' No approval is lost.'}"


def lost_words(effect: review.Effect) -> str:
    """Which approvals and proposals a change would drop; "" where it drops none."""
    words = ""
    if approved := len(effect.approved_ids):
        lose = "loses its" if approved == 1 else "lose their"
        words += f" **{plural(approved, 'approved document')} {lose} approval.**"
    if proposed := len(effect.proposed_ids):
        words += f" **{plural(proposed, 'proposed document')} must be proposed again.**"
    return words


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
        waiting: Pending | None = st.session_state.get(_PENDING)
        return waiting if waiting and waiting.document_id == self.document.id else None

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


def decide(desk: Desk, spans: Sequence[Span], *, is_accepted: bool) -> None:
    """Accept or reject marks in the reviewer's name; what reaches beyond this document or an approval is asked first."""
    state: SpanState = "accepted" if is_accepted else "rejected"
    with shown_errors():
        effect = review.effect_of(desk.store, spans, state=state)
        _ask_or_do(
            desk,
            Pending(
                document_id=desk.document.id,
                action="decide",
                words=effect_words(effect, state),
                span_ids=tuple(span.id for span in spans),
                state=state,
                effect=effect,
            ),
        )


def decide_equal(desk: Desk, span: Span, *, is_accepted: bool) -> None:
    """Decide on every mark of the project that stands on the same text."""
    with shown_errors():
        equal = marks.equal_in_project(desk.store, desk.project, span=span, value=desk.value(span))
        decide(desk, equal or [span], is_accepted=is_accepted)


def change_type(desk: Desk, span: Span, entity: str) -> None:
    """Give the mark, and every equal one of this document, another type."""
    st.session_state.pop(_MODE, None)
    equal = marks.equal_marks(desk.text, desk.spans, span)
    effect = review.effect_on(desk.store, equal)
    asked = Pending(
        document_id=desk.document.id,
        action="type",
        words=effect_words(effect, f"**{entity_words(entity)}**"),
        span_ids=tuple(other.id for other in equal),
        entity=entity,
        effect=effect,
    )
    if len(equal) > 1:
        _ask(asked)
    _ask_or_do(desk, asked)


def move_border(desk: Desk, span: Span, edge: review.Edge, step: int) -> None:
    """Move the start or the end of the mark by a word."""
    start, end = review.stepped(desk.text, span, edge, step)
    if (start, end) == (span.start, span.end):
        return
    effect = review.effect_on(desk.store, [span])
    asked = Pending(
        document_id=desk.document.id,
        action="borders",
        words=effect_words(effect, "longer or shorter"),
        span_ids=(span.id,),
        places=((start, end),),
        effect=effect,
    )
    _ask_or_do(desk, asked)


def add_marks(desk: Desk, places: Sequence[tuple[int, int]], entity: str, *, is_asked: bool = False) -> None:
    """Mark what the detectors missed; several places are shown before it happens, unless the button said so."""
    if not places:
        return
    approved = bool(desk.store.active_review(desk.document.id) or desk.store.standing_proposal(desk.document.id))
    where = f"{plural(len(places), 'place')} in this document"
    value = " ".join(desk.text[places[0][0] : places[0][1]].split())
    lost = " **What is approved or proposed for this document is lost.**" if approved else ""
    asked = Pending(
        document_id=desk.document.id,
        action="add",
        words=f"“{_plain(value)}”: {where} will be marked as **{entity_words(entity)}**.{lost}",
        entity=entity,
        places=tuple(places),
    )
    if approved or (len(places) > 1 and not is_asked):
        _ask(asked)
    _carry_out(desk, asked)


def add_selected(desk: Desk, selected: tuple[int, int], entity: str) -> None:
    """Mark the selected text wherever it stands unmarked in this document."""
    start, end = selected
    value = desk.text[start:end].strip()
    if not value:
        return
    start = desk.text.index(value, start)
    places = set(marks.unmarked_places(desk.text, desk.spans, value)) | {(start, start + len(value))}
    add_marks(desk, sorted(places), entity)


def ask_approval(desk: Desk) -> None:
    """Ask whether the document is to be approved: with one key it would be given too easily."""
    words = "You approve the anonymized text of this document. Your name is kept with it."
    _ask(Pending(document_id=desk.document.id, action="approve", words=words))


def confirm(desk: Desk, asked: Pending) -> None:
    """Do what was asked about; ask again when it would change something else by now."""
    st.session_state.pop(_PENDING, None)
    with shown_errors():
        if asked.action == "decide" and asked.effect is not None:
            effect = review.effect_of(desk.store, asked.span_ids, state=asked.state)
            if effect != asked.effect:
                _ask(replace(asked, effect=effect, words=effect_words(effect, asked.state)))
        if asked.action == "approve":
            approve(desk, is_all=False)
        else:
            _carry_out(desk, asked)


def leave() -> None:
    """Forget what was asked about; nothing has changed."""
    st.session_state.pop(_PENDING, None)
    draw_again()


def undo(desk: Desk) -> None:
    """Take the last decision back and go to its first mark in this document."""
    last = desk.last
    if last is None or desk.person is None:
        return
    st.session_state.pop(_LAST)  # also when it fails: what somebody changed since cannot be undone later either
    with shown_errors():
        undone = review.undo(desk.store, last, by=desk.person)
        st.session_state[_NOTE] = (desk.project.id, undone_words(last, undone))
        restored = {span.id for span in last.before}
        _go_on(desk, next((span for span in desk.spans if span.id in restored), desk.current), undone)


def undone_words(decision: review.Decision, undone: review.Decision) -> str:
    """What the undo did, and what it cannot do: no approval comes back by itself."""
    count = len(decision.before) or len(decision.after)
    lost = len(decision.withdrawn_ids | undone.withdrawn_ids)
    told = f"Undone: {plural(count, 'mark')} {'is' if count == 1 else 'are'} as before."
    if not lost:
        return told
    return f"{told} {plural(lost, 'document')} without {'its' if lost == 1 else 'their'} approval must be approved again."


def forget_last() -> None:
    """Offer no undo any more: what is approved is not changed by a single key."""
    st.session_state.pop(_LAST, None)
    st.session_state.pop(_NOTE, None)


def approve(desk: Desk, *, is_all: bool) -> None:
    """Store the approval and go to the next document that waits."""
    with shown_errors():
        if desk.person is None:
            return
        if is_all:
            review.approve_all(desk.store, desk.project, by=desk.person)
        else:
            review.approve(desk.store, desk.project, desk.document, by=desk.person)
        forget_last()
        st.session_state["review-next"] = True
        st.rerun(scope="app")


def _ask(asked: Pending) -> None:
    st.session_state[_PENDING] = asked
    draw_again()


def _ask_or_do(desk: Desk, asked: Pending) -> None:
    if desk.person is None:
        st.warning(NAMELESS, icon=":material/badge:")
        return
    if asked.effect is not None and asked.effect.reaches_beyond(desk.document.id):
        _ask(asked)
    _carry_out(desk, asked)


def _carry_out(desk: Desk, asked: Pending) -> None:
    if desk.person is None:
        st.warning(NAMELESS, icon=":material/badge:")
        return
    with shown_errors():
        decision = _decided(desk, asked, by=desk.person)
        st.session_state.pop(_NOTE, None)
        if decision.before or decision.after:
            st.session_state[_LAST] = (desk.project.id, decision)
        if asked.action != "decide":
            _go_on(desk, decision.after[0] if decision.after else desk.current, decision)
        current, decided = desk.current, set(asked.span_ids)
        rest = [span for span in desk.ordered if span.id not in decided]
        following = _after(desk, rest, current)
        _go_on(desk, following or current, decision)


def _decided(desk: Desk, asked: Pending, *, by: Person) -> review.Decision:
    if asked.action == "type":
        return review.change_type(desk.store, asked.span_ids, entity=asked.entity, by=by)
    if asked.action == "borders":
        (start, end), (span_id,) = asked.places[0], asked.span_ids
        return review.change_borders(desk.store, span_id, start=start, end=end, by=by)
    if asked.action == "add":
        return review.add_all(desk.store, desk.document, asked.places, entity=asked.entity, by=by)
    act = review.accept if asked.state == "accepted" else review.reject
    return act(desk.store, asked.span_ids, by=by)


def _after(desk: Desk, rest: Sequence[Span], current: Span | None) -> Span | None:
    """The next undecided mark: behind this one as the text reads, the riskiest one by risk."""
    if desk.ordered is desk.spans:
        return marks.next_open(rest, current.start if current else -1)
    return next((span for span in rest if span.state == "detected"), None)


def _go_on(desk: Desk, span: Span | None, decision: review.Decision) -> None:
    """Frame the next mark; where an approval was lost the steps above the desk change too."""
    if decision.withdrawn_ids or decision.dropped_ids:
        desk.frame(span)
        st.rerun(scope="app")
    desk.go_to(span)


def _plain(text: str) -> str:
    """Text of a document where Markdown is read: nothing in it is a sign of markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:^&" else c for c in text)
