"""Review: what was found in each document, the reviewer's decisions, and the approval with a name."""

import streamlit as st

from core.privacy.entities import COMMON
from core.records import Document, Page, Project, Span
from core.storage import Workspace, find
from core.words import counted
from dashboard import resources
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.marking_banner import show_marking
from dashboard.components.person import acting_person
from dashboard.components.review import sample
from dashboard.components.review.approval import show_approval
from dashboard.components.review.keys import FIELD_KEYS, KEYS, answer_event
from dashboard.components.review.page_text import PageEvent, PageView, cut_page, entity_words, page_words, show_page
from dashboard.components.review.queue import choose_document
from dashboard.components.review.session import ReviewSession, open_session
from dashboard.components.review.span_panel import show_keys, show_panel, turn_keys
from dashboard.components.search_start import show_search_again, show_search_start
from dashboard.session_keys import ADD_ENTITY, REVIEW_DOCUMENT, REVIEW_KEYS, REVIEW_NEXT, REVIEW_SHOWN

POLICY_TEXT = {
    "each-document": "This project's policy: **every document** needs its own approval before anything is made from it.",
    "all-at-once": "This project's policy: one approval **may cover all documents**. Whoever gives it answers for all of "
    "them; what nobody looked at is approved only in words, and everything made from it says so.",
}


def told(session: ReviewSession, span: Span | None) -> str:
    """Describe the current span for a screen reader."""
    if span is None:
        return "No spans in this document."
    state = {"detected": "not decided"}.get(span.state, span.state)
    number = f"Span {list(session.ordered).index(span) + 1} of {len(session.ordered)}"
    return f"{number}: {session.value(span)}, {entity_words(span.entity)}, {state}."


def shown_page(session: ReviewSession) -> Page:
    """Return the page of the document, or the passage of the sample that is being read."""
    if session.mode == "sample":
        passages = sample.sample_passages(session)
        if passages:
            return sample.passage_page(passages, sample.current_passage(session, passages))
    return session.pages[session.choose_page() - 1]


def show_text(session: ReviewSession) -> PageEvent:
    """Show one page of the text with its spans and, on request, the same page anonymized beside it.

    The returned event has its bounds in the document's text, not in the page.
    """
    current = session.current
    page = shown_page(session)
    number = page.number
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        st.caption(page_words(page) or "as it was read", width="content")
        is_beside = st.toggle("Show the anonymized text beside it", key="review-beside", persist_state="session")
    left, right = st.columns(2) if is_beside else (st.container(), None)
    with left:
        view = PageView(
            number=number,
            label=f"Text of {page.label}",
            current=current.id if current else "",
            keys=KEYS,
            is_selectable=True,
            told=told(session, current),
            fields=FIELD_KEYS,
        )
        pieces = cut_page(session.text, session.spans, start=page.start, end=page.end)
        event = show_page(pieces, view, key=f"text-{session.document.id}")
    if right is not None:
        with right:
            st.caption("as it will be used")
            pieces = cut_page(session.text, session.spans, start=page.start, end=page.end, is_anonymized=True)
            beside = PageView(number=number, label=f"Anonymized text of {page.label}", current=view.current)
            show_page(pieces, beside, key=f"anonymized-{session.document.id}")
    return PageEvent(
        picked=event.picked,
        pressed=event.pressed,
        selection=_moved(event.selection, page.start),
        added=_moved(event.added, page.start),
    )


def _moved(bounds: tuple[int, int] | None, start: int) -> tuple[int, int] | None:
    """Convert bounds in the page to bounds in the document's text; None stays None."""
    return None if bounds is None else (start + bounds[0], start + bounds[1])


@st.fragment(key="review-desk")
def show_session(workspace: Workspace, project: Project, documents: list[Document], *, is_searched: bool) -> None:
    """Show the queue, the text and the panel, redrawn on their own so that deciding is fast in a long document.

    The queue belongs to it because its figures follow each decision. While documents are not all searched (not
    `is_searched`), searching is the page's primary button.
    """
    with shown_errors():
        left, right = st.columns([2, 1])
        with right:
            person = acting_person()
        with left:
            document_id = choose_document(workspace, project, documents)
        session = open_session(workspace, project, document_id=document_id, person=person)
        show_marking(workspace, project, session.document)
        left, right = st.columns([9, 5], gap="medium")
        with left:
            if st.session_state.get(REVIEW_KEYS):
                show_keys()
            event = show_text(session)
            if event.pressed == "?":
                turn_keys()
            answer_event(session, event, entity=st.session_state.get(ADD_ENTITY, COMMON[0]))
        with right:
            show_panel(session, event.selection)
        st.caption(POLICY_TEXT[project.policy])
        show_approval(session, is_searched=is_searched)


def main() -> None:
    """Draw the page."""
    project, workspace = resources.require_project(), resources.workspace()
    searching = follow_newest(workspace, project, "anonymize", "sample", "search again")
    documents = find(workspace.db, Document, project_id=project.id, state="read", order="created_at, rowid")
    if not documents:
        empty_state(
            "Nothing to review yet. Add documents first; then Garrison looks for personal data in them.",
            page="documents",
            label="Add documents",
        )
        return
    analyzed = [document for document in documents if document.is_analyzed]
    fresh = [document for document in documents if not document.is_analyzed]
    if not is_active(searching):
        show_search_again(workspace, project, documents)
    if fresh and not is_active(searching):
        st.markdown(f"{counted(len(fresh), 'document')} not searched for personal data yet.")
        show_search_start(workspace, project, fresh)
    if not analyzed:
        return
    if st.session_state.pop(REVIEW_NEXT, False):
        st.session_state.pop(REVIEW_DOCUMENT, None)
        st.session_state.pop(REVIEW_SHOWN, None)
    show_session(
        workspace,
        project,
        analyzed,
        is_searched=not any(document.is_search_outdated for document in documents) and not fresh,
    )


main()
