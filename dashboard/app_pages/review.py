"""Review: what was found in each document, the reviewer's decisions, and the approval with a name."""

import streamlit as st

from core import jobs
from core.privacy import review
from core.privacy.entities import COMMON
from core.records import Document, Page, Project, Span
from core.storage import Workspace, find
from dashboard.components import marks, sample
from dashboard.components.approval import show_approval
from dashboard.components.desk import (
    BY_RISK,
    Desk,
    Pending,
    add_marks,
    change_type,
    confirm,
    decide,
    decide_equal,
    draw_again,
    leave,
    move_border,
    open_desk,
    undo,
)
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.keys import FIELD_KEYS, FIELD_WORDS, KEY_WORDS, KEYS, MOVE_WORDS, TYPE_KEYS, answer_event
from dashboard.components.marking_banner import show_marking
from dashboard.components.page_text import PageEvent, PageView, cut_page, entity_words, page_words, show_page
from dashboard.components.person import acting_person
from dashboard.components.words import plural
from dashboard.resources import require_project, workspace

SPAN_WORDS = {
    "detected": ":material/help: not decided (will be replaced)",
    "accepted": ":material/check_circle: accepted (will be replaced)",
    "rejected": ":material/cancel: rejected (stays readable)",
}
POLICY_TEXT = {
    "each-document": "This project's policy: **every document** needs its own approval before anything is made from it.",
    "all-at-once": "This project's policy: one approval **may cover all documents**. Its giver answers for all of them.",
}


STATE_WORDS = {
    "detected": "● {name} · {undecided:,} of {marks} to decide",
    "in review": "● {name} · {undecided:,} of {marks} to decide",
    "returned": "↩ {name} · returned, {undecided:,} of {marks} to decide",
    "proposed": "▲ {name} · proposed, waits for approval",
    "approved": "✓ {name} · approved",
}


def document_words(document: Document, entry: review.QueueEntry) -> str:
    """One line of the queue."""
    words = STATE_WORDS[entry.state]
    return words.format(name=document.name, undecided=entry.undecided, marks=plural(entry.total, "mark"))


def choose_document(store: Workspace, project: Project, documents: list[Document]) -> str:
    """The queue, what needs a person most first; gives the id of the chosen document."""
    known = {document.id: document for document in documents}
    queue = [entry for entry in review.queue(store, project) if entry.document_id in known]
    names = {entry.document_id: document_words(known[entry.document_id], entry) for entry in queue}
    approved = sum(entry.state == "approved" for entry in queue)
    decided, total = sum(entry.total - entry.undecided for entry in queue), sum(entry.total for entry in queue)
    words = f"{approved} of {plural(len(queue), 'document')} approved"
    proposed = sum(entry.state == "proposed" for entry in queue)
    words += (f", {proposed} proposed" if proposed else "") + f" · {decided:,} of {plural(total, 'mark')} decided"
    st.progress(decided / total if total else 1.0, text=words)
    # the browser sends back a label, which a decision may have changed since; then the document stays as it is
    wanted = (st.session_state.get("review-document"), st.session_state.get("review-shown"), queue[0].document_id)
    chosen: str = next(document_id for document_id in wanted if document_id in names)
    # written anew each time: else the browser keeps showing the label of before
    st.session_state["review-document"] = st.session_state["review-shown"] = chosen
    return st.selectbox("Queue", list(names), format_func=lambda document_id: names[document_id], key="review-document")


def told(desk: Desk, span: Span | None) -> str:
    """What a screen reader says of the current mark."""
    if span is None:
        return "No marks in this document."
    state = {"detected": "not decided"}.get(span.state, span.state)
    number = f"Mark {list(desk.ordered).index(span) + 1} of {len(desk.ordered)}"
    return f"{number}: {desk.value(span)}, {entity_words(span.entity)}, {state}."


def shown_page(desk: Desk) -> Page:
    """The page of the document, or the passage of the sample that is being read."""
    if desk.mode == "sample":
        passages = sample.sample_passages(desk)
        if passages:
            return sample.passage_page(passages, sample.current_passage(desk, passages))
    return desk.pages[desk.choose_page() - 1]


def show_text(desk: Desk) -> PageEvent:
    """One page of the text with its marks, and beside it (when wanted) the same page anonymized."""
    current = desk.current
    page = shown_page(desk)
    number = page.number
    is_beside = st.toggle("Show the anonymized text beside it", key="review-beside", persist_state="session")
    left, right = st.columns(2) if is_beside else (st.container(), None)
    with left:
        st.caption(page_words(page) or "as it was read")
        view = PageView(
            number=number,
            label=f"Text of {page.label}",
            current=current.id if current else "",
            keys=KEYS,
            is_selectable=True,
            told=told(desk, current),
            fields=FIELD_KEYS,
        )
        pieces = cut_page(desk.text, desk.spans, start=page.start, end=page.end)
        event = show_page(pieces, view, key=f"text-{desk.document.id}")
    if right is not None:
        with right:
            st.caption("as it will be used")
            pieces = cut_page(desk.text, desk.spans, start=page.start, end=page.end, is_anonymized=True)
            beside = PageView(number=number, label=f"Anonymized text of {page.label}", current=view.current)
            show_page(pieces, beside, key=f"anonymized-{desk.document.id}")
    return PageEvent(
        picked=event.picked,
        pressed=event.pressed,
        selection=_moved(event.selection, page.start),
        marked=_moved(event.marked, page.start),
    )


def _moved(bounds: tuple[int, int] | None, start: int) -> tuple[int, int] | None:
    """Bounds in the page as bounds in the document's text."""
    return None if bounds is None else (start + bounds[0], start + bounds[1])


def show_current(desk: Desk) -> None:
    """The framed mark and what can be done about it."""
    span = desk.current
    if span is None:
        st.markdown("**No marks in this document.**")
        st.caption("Read it before you approve: what the detectors miss, only you can find.")
        return
    decided = sum(other.state != "detected" for other in desk.spans)
    st.markdown(f"**Mark {list(desk.ordered).index(span) + 1:,} of {len(desk.ordered):,}** · {decided:,} decided")
    st.code(desk.value(span), language=None, wrap_lines=True)
    found_by = marks.finder_words(span.detector)
    st.markdown(f"Type: **{entity_words(span.entity)}**  \nFound by: {found_by}  \n{SPAN_WORDS[span.state]}")
    if span.surrogate and span.state != "rejected":
        st.markdown("Replaced by")
        st.code(span.surrogate, language=None, wrap_lines=True)
    if not desk.pending:
        show_decisions(desk, span)


def show_decisions(desk: Desk, span: Span) -> None:
    """The buttons for the framed mark."""
    is_nameless = desk.person is None
    with st.container(horizontal=True, gap="small"):
        if st.button("Accept (a)", icon=":material/check:", disabled=is_nameless, key="accept"):
            decide(desk, [span], is_accepted=True)
        if st.button("Reject (r)", icon=":material/close:", disabled=is_nameless, key="reject"):
            decide(desk, [span], is_accepted=False)
    with st.container(horizontal=True, gap="small"):
        if st.button("Previous (p)", icon=":material/arrow_back:", key="previous"):
            desk.go_to(marks.neighbor(desk.ordered, span, -1))
        if st.button("Next (n)", icon=":material/arrow_forward:", key="next"):
            desk.go_to(marks.neighbor(desk.ordered, span, 1))
    show_change(desk, span)
    show_equal(desk, span)


def show_change(desk: Desk, span: Span) -> None:
    """Another type, other borders."""
    is_nameless = desk.person is None
    if desk.mode == "type":
        st.markdown("**Which type is it?** Press its number, or choose.")
        keys = {entity: key for key, entity in TYPE_KEYS.items()}
        with st.container(horizontal=True, gap="small", key="types"):
            for entity in COMMON:
                label = f"{entity_words(entity)} ({keys[entity]})" if entity in keys else entity_words(entity)
                if st.button(label, disabled=is_nameless, key=f"type-{entity}"):
                    change_type(desk, span, entity)
        if st.button("Leave it (Esc)", key="type-leave"):
            desk.turn_to("marks")
        return
    with st.container(horizontal=True, gap="small"):
        if st.button("Type (t)", icon=":material/label:", disabled=is_nameless, key="type"):
            desk.turn_to("type")
        with st.popover("Borders ([ ] { })", icon=":material/expand:", disabled=is_nameless):
            if st.button("Start one word earlier ({)", key="start-earlier"):
                move_border(desk, span, "start", -1)
            if st.button("Start one word later (})", key="start-later"):
                move_border(desk, span, "start", 1)
            if st.button("End one word earlier ([)", key="end-earlier"):
                move_border(desk, span, "end", -1)
            if st.button("End one word later (])", key="end-later"):
                move_border(desk, span, "end", 1)


def show_pending(desk: Desk, asked: Pending) -> None:
    """What a decision would change beyond this page, before it does."""
    with st.container(border=True, key="pending"):
        st.markdown(asked.words)
        with st.container(horizontal=True, gap="small"):
            if st.button("Do it (Enter)", type="primary", icon=":material/done_all:", key="confirm"):
                confirm(desk, asked)
            if st.button("Leave it (Esc)", key="leave"):
                leave()


def show_undo(desk: Desk) -> None:
    """Taking the last decision back, whatever its size; approvals do not come back."""
    if desk.note:
        st.caption(desk.note)
    last = desk.last
    if last is None:
        return
    what = f"{plural(len(last.after) or len(last.before), 'mark')} {last.verb}"
    label = f"Undo: {what} (u)"
    tip = "Gives the marks their earlier decision. Approvals that were lost must be given again."
    if st.button(label, icon=":material/undo:", disabled=desk.person is None, key="undo", help=tip):
        undo(desk)


def show_equal(desk: Desk, span: Span) -> None:
    """Deciding once for the same text everywhere."""
    here = len(marks.equal_marks(desk.text, desk.spans, span))
    everywhere = max(here, marks.count_in_project(desk.store, desk.project, span=span, value=desk.value(span)))
    if everywhere < 2:
        return
    times = f"{plural(here, 'time')} in this document, {plural(everywhere, 'time')} in the project"
    st.caption(f"The same text is marked {times}.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Accept all equal (A)", disabled=desk.person is None, key="accept-equal"):
            decide_equal(desk, span, is_accepted=True)
        if st.button("Reject all equal (R)", disabled=desk.person is None, key="reject-equal"):
            decide_equal(desk, span, is_accepted=False)


def show_adding(desk: Desk, selection: tuple[int, int] | None) -> None:
    """Marking what was missed: from the selection in the text, or typed."""
    st.markdown("**Something was missed?**")
    chosen = desk.text[selection[0] : selection[1]].strip() if selection else ""
    if chosen and len(chosen) <= 200 and st.session_state.get("add-seen") != (desk.document.id, selection):
        st.session_state["add-seen"] = (desk.document.id, selection)
        st.session_state["add-value"] = chosen
    value = st.text_input(
        "Text to mark", key="add-value", help="Select text on the page, or type it as it stands there.", max_chars=200
    )
    entity = st.selectbox("Type", COMMON, format_func=entity_words, key="add-entity")
    places = marks.unmarked_places(desk.text, desk.spans, value.strip())
    if value.strip() and not places:
        st.caption("Nothing unmarked in this document reads like that.")
    label = f"Mark {plural(len(places), 'place')}" if places else "Mark it"
    if st.button(label, icon=":material/add:", disabled=not (places and desk.person), key="add"):
        add_marks(desk, places, entity, is_asked=True)


def show_keys() -> None:
    """Every key, on "?"."""
    with st.container(border=True, key="keys"):
        st.markdown("**Keys**")
        rows = KEY_WORDS | FIELD_WORDS | MOVE_WORDS | {"1 … 0": "the types, once `t` was pressed"}
        st.markdown(
            "\n".join(["| key | what it does |", "|---|---|", *(f"| `{key}` | {what} |" for key, what in rows.items())])
        )


def show_panel(desk: Desk, selection: tuple[int, int] | None) -> None:
    """Right of the text: the current mark or the sample, what is asked, and marking what was missed."""
    passages = sample.sample_passages(desk) if desk.mode == "sample" else []
    if passages:
        sample.show_reading(desk, passages)
    else:
        show_current(desk)
    if desk.pending:
        show_pending(desk, desk.pending)
    show_undo(desk)
    show_adding(desk, selection)
    with st.container(horizontal=True, gap="small"):
        st.toggle("Riskiest first", key=BY_RISK, persist_state="session", help="Else marks follow as the text reads.")
        if st.button("Keys (?)", icon=":material/keyboard:", key="show-keys"):
            turn_keys()


def turn_keys() -> None:
    """Show the keys, or hide them."""
    st.session_state["review-keys"] = not st.session_state.get("review-keys")
    draw_again()


@st.fragment(key="review-desk")
def show_desk(store: Workspace, project: Project, documents: list[Document], *, is_searched: bool) -> None:
    """The queue, the text and the panel; drawn by themselves, so that a decision in a long document is quick.

    The queue is part of it: its figures follow each decision. While documents are not searched yet (not `is_searched`),
    searching is the page's primary button.
    """
    with shown_errors():
        left, right = st.columns([2, 1])
        with right:
            person = acting_person()
        with left:
            document_id = choose_document(store, project, documents)
        desk = open_desk(store, project, document_id=document_id, person=person)
        show_marking(store, project, desk.document)
        left, right = st.columns([9, 5], gap="medium")
        with left:
            event = show_text(desk)
            if event.pressed == "?":
                turn_keys()
            answer_event(desk, event, entity=st.session_state.get("add-entity", COMMON[0]))
            if st.session_state.get("review-keys"):
                show_keys()
        with right:
            show_panel(desk, event.selection)
        show_approval(desk, is_searched=is_searched)


def show_search(store: Workspace, project: Project, fresh: int) -> None:
    """Documents that were not searched yet come first."""
    st.markdown(f"{plural(fresh, 'document')} not searched for personal data yet.")
    if st.button("Find personal data", type="primary", icon=":material/search:", key="find-personal-data"):
        with shown_errors():
            jobs.submit(store, "anonymize", {}, project_id=project.id)
            st.rerun()


def main() -> None:
    """Draw the page."""
    project, store = require_project(), workspace()
    searching = follow_newest(store, project, "anonymize", "sample", "search again")
    documents = find(store.db, Document, project_id=project.id, state="read", order="created_at, rowid")
    if not documents:
        empty_state(
            "Nothing to review yet. Add documents first; then Garrison looks for personal data in them.",
            page="documents",
            label="Add documents",
        )
        return
    analyzed = [document for document in documents if document.is_analyzed]
    if len(analyzed) < len(documents) and not is_active(searching):
        show_search(store, project, len(documents) - len(analyzed))
    if not analyzed:
        return
    if st.session_state.pop("review-next", False):
        st.session_state.pop("review-document", None)
        st.session_state.pop("review-shown", None)
    st.caption(POLICY_TEXT[project.policy])
    show_desk(store, project, analyzed, is_searched=len(analyzed) == len(documents))


main()
