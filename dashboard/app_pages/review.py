"""Review: what was found in each document, the reviewer's decisions, and the approval with a name."""

import streamlit as st

from core import jobs
from core.privacy.entities import COMMON
from core.records import Document, Project, Span
from core.storage import Workspace, find
from dashboard.components import marks
from dashboard.components.desk import (
    Desk,
    Pending,
    add_marks,
    answer_event,
    approve,
    confirm,
    decide,
    decide_equal,
    leave,
    open_desk,
    undo,
    withdraw,
)
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.page_text import PageEvent, PageView, cut_page, entity_words, page_words, show_page
from dashboard.components.person import acting_person
from dashboard.components.words import ago, plural
from dashboard.resources import require_project, workspace

# always all of them: which one counts is decided by what is asked when it arrives, not by what the browser has drawn
KEYS = ("a", "r", "n", "p", "A", "R", "u", "Enter", "Escape")
SPAN_WORDS = {
    "detected": ":material/help: not decided (will be replaced)",
    "accepted": ":material/check_circle: accepted (will be replaced)",
    "rejected": ":material/cancel: rejected (stays readable)",
}
POLICY_TEXT = {
    "each-document": "This project's policy: **every document** needs its own approval before anything is made from it.",
    "all-at-once": "This project's policy: one approval **may cover all documents**. Its giver answers for all of them.",
}


def document_words(document: Document, counts: dict[str, tuple[int, int]], approved: set[str]) -> str:
    """One line of the queue."""
    undecided, total = counts.get(document.id, (0, 0))
    if document.id in approved:
        return f"✓ {document.name} · approved"
    return f"● {document.name} · {undecided:,} of {plural(total, 'mark')} to decide"


def choose_document(store: Workspace, project: Project, documents: list[Document]) -> str:
    """The queue: what waits comes first, most undecided marks at the top; gives the id of the chosen document."""
    counts = marks.open_counts(store, project)
    approved = marks.approved_ids(store, project) & {document.id for document in documents}
    waiting = sorted(
        (document for document in documents if document.id not in approved),
        key=lambda document: -counts.get(document.id, (0, 0))[0],
    )
    queue = [*waiting, *(document for document in documents if document.id in approved)]
    names = {document.id: document_words(document, counts, approved) for document in queue}
    st.progress(len(approved) / len(queue), text=f"{len(approved)} of {plural(len(queue), 'document')} approved")
    # the browser sends back a label, which a decision may have changed since; then the document stays as it is
    wanted = (st.session_state.get("review-document"), st.session_state.get("review-shown"), queue[0].id)
    chosen: str = next(document_id for document_id in wanted if document_id in names)
    # written anew each time: else the browser keeps showing the label of before
    st.session_state["review-document"] = st.session_state["review-shown"] = chosen
    return st.selectbox("Queue", list(names), format_func=lambda document_id: names[document_id], key="review-document")


def show_text(desk: Desk) -> PageEvent:
    """One page of the text with its marks, and beside it (when wanted) the same page anonymized."""
    current = desk.current
    number = desk.choose_page()
    page = desk.pages[number - 1]
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
        )
        pieces = cut_page(desk.text, desk.spans, start=page.start, end=page.end)
        event = show_page(pieces, view, key=f"text-{desk.document.id}")
    if right is not None:
        with right:
            st.caption("as it will be used")
            pieces = cut_page(desk.text, desk.spans, start=page.start, end=page.end, is_anonymized=True)
            beside = PageView(number=number, label=f"Anonymized text of {page.label}", current=view.current)
            show_page(pieces, beside, key=f"anonymized-{desk.document.id}")
    if event.selection is None:
        return event
    return PageEvent(
        picked=event.picked,
        pressed=event.pressed,
        selection=(page.start + event.selection[0], page.start + event.selection[1]),
    )


def show_current(desk: Desk) -> None:
    """The framed mark and what can be done about it."""
    span = desk.current
    if span is None:
        st.markdown("**No marks in this document.**")
        st.caption("Read it before you approve: what the detectors miss, only you can find.")
        return
    decided = sum(other.state != "detected" for other in desk.spans)
    st.markdown(f"**Mark {list(desk.spans).index(span) + 1:,} of {len(desk.spans):,}** · {decided:,} decided")
    st.code(desk.value(span), language=None, wrap_lines=True)
    found_by = marks.finder_words(span.detector)
    st.markdown(f"Type: **{entity_words(span.entity)}**  \nFound by: {found_by}  \n{SPAN_WORDS[span.state]}")
    if span.surrogate and span.state != "rejected":
        st.markdown("Replaced by")
        st.code(span.surrogate, language=None, wrap_lines=True)
    if desk.pending:
        show_pending(desk, desk.pending)
    else:
        show_decisions(desk, span)


def show_decisions(desk: Desk, span: Span) -> None:
    """The buttons for the framed mark."""
    is_nameless = not desk.reviewer
    with st.container(horizontal=True, gap="small"):
        if st.button("Accept (a)", icon=":material/check:", disabled=is_nameless, key="accept"):
            decide(desk, [span], is_accepted=True)
        if st.button("Reject (r)", icon=":material/close:", disabled=is_nameless, key="reject"):
            decide(desk, [span], is_accepted=False)
    with st.container(horizontal=True, gap="small"):
        if st.button("Previous (p)", icon=":material/arrow_back:", key="previous"):
            desk.go_to(marks.neighbor(desk.spans, span, -1))
        if st.button("Next (n)", icon=":material/arrow_forward:", key="next"):
            desk.go_to(marks.neighbor(desk.spans, span, 1))
    show_equal(desk, span)
    show_undo(desk)


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
    what = f"{plural(len(last.before), 'mark')} {last.state}"
    label = f"Undo: {what} (u)"
    tip = "Gives the marks their earlier decision. Approvals that were lost must be given again."
    if st.button(label, icon=":material/undo:", disabled=not desk.reviewer, key="undo", help=tip):
        undo(desk)


def show_equal(desk: Desk, span: Span) -> None:
    """Deciding once for the same text everywhere."""
    here = len(marks.equal_marks(desk.text, desk.spans, span))
    everywhere = max(here, marks.count_in_project(desk.store, desk.project, span))
    if everywhere < 2:
        return
    times = f"{plural(here, 'time')} in this document, {plural(everywhere, 'time')} in the project"
    st.caption(f"The same text is marked {times}.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Accept all equal (A)", disabled=not desk.reviewer, key="accept-equal"):
            decide_equal(desk, span, is_accepted=True)
        if st.button("Reject all equal (R)", disabled=not desk.reviewer, key="reject-equal"):
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
    if st.button(label, icon=":material/add:", disabled=not (places and desk.reviewer), key="add"):
        add_marks(desk, places, entity)


def show_approval(desk: Desk, *, is_searched: bool) -> None:
    """Approving with a name: what it means, and what is still open."""
    standing = desk.store.active_review(desk.document.id)
    undecided = sum(span.state == "detected" for span in desk.spans)
    is_all = desk.project.policy == "all-at-once"
    with st.container(border=True, key="approval"):
        if standing:
            st.markdown(
                f":material/check_circle: Approved by **{standing.reviewer}** {ago(standing.created_at)}, "
                f"{plural(standing.span_count, 'piece')} of personal data replaced. A changed decision needs a new approval."
            )
        else:
            rest = f" {plural(undecided, 'mark')} not decided yet will be replaced too." if undecided else ""
            st.markdown(
                f"You approve the anonymized text of this document: everything marked and not rejected is replaced.{rest} "
                "Your name is kept with it."
            )
        with st.container(horizontal=True, gap="small"):
            is_nameless = not desk.reviewer
            if not standing and st.button(
                "Approve this document",
                type="primary" if is_searched and not is_all else "secondary",
                icon=":material/verified_user:",
                disabled=is_nameless,
                key="approve",
            ):
                approve(desk, is_all=False)
            if is_all and st.button(
                "Approve all documents",
                type="primary" if is_searched else "secondary",
                icon=":material/verified_user:",
                disabled=is_nameless,
                key="approve-all",
            ):
                approve(desk, is_all=True)
        if standing:
            with st.popover("Take the approval back", icon=":material/undo:", disabled=is_nameless):
                reason = st.text_input("Why does it no longer hold?", key="withdraw-reason", max_chars=200)
                if st.button("Take it back", key="withdraw", disabled=not reason.strip()):
                    withdraw(desk, reason)
        if is_nameless:
            st.caption("Write your name above to decide and approve.")


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
        desk = open_desk(store, project, document_id=document_id, reviewer=person.name if person else "")
        left, right = st.columns([9, 5], gap="medium")
        with left:
            event = show_text(desk)
            answer_event(desk, event)
        with right:
            show_current(desk)
            show_adding(desk, event.selection)
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
    searching = follow_newest(store, project, "anonymize", "sample")
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
