"""The queue of documents to review: how far each is, those that need a person most first."""

import streamlit as st

from core.records import Document, Project
from core.services import review
from core.storage import Workspace
from core.words import counted
from dashboard.session_keys import REVIEW_DOCUMENT, REVIEW_SHOWN

STATE_WORDS = {
    "detected": "● {name} · {undecided:,} of {spans} to decide",
    "in review": "● {name} · {undecided:,} of {spans} to decide",
    "returned": "↩ {name} · returned, {undecided:,} of {spans} to decide",
    "proposed": "▲ {name} · proposed, waits for approval",
    "approved": "✓ {name} · approved",
}


def document_words(document: Document, entry: review.QueueEntry) -> str:
    """Describe one document in a line of the queue."""
    words = STATE_WORDS[entry.state] + (" unread" if entry.is_unread else "")
    return words.format(name=document.name, undecided=entry.undecided, spans=counted(entry.total, "span"))


def choose_document(workspace: Workspace, project: Project, documents: list[Document]) -> str:
    """Show the queue, those that need a person most first; return the id of the chosen document."""
    known = {document.id: document for document in documents}
    queue = [entry for entry in review.queue(workspace, project) if entry.document_id in known]
    names = {entry.document_id: document_words(known[entry.document_id], entry) for entry in queue}
    approved = sum(entry.state == "approved" for entry in queue)
    decided, total = sum(entry.total - entry.undecided for entry in queue), sum(entry.total for entry in queue)
    words = f"{approved} of {counted(len(queue), 'document')} approved"
    proposed = sum(entry.state == "proposed" for entry in queue)
    words += (f", {proposed} proposed" if proposed else "") + f" · {decided:,} of {counted(total, 'span')} decided"
    st.progress(decided / total if total else 1.0, text=words)
    # the browser sends back a label, which a decision may have changed since; the choice then stays as it was
    wanted = (st.session_state.get(REVIEW_DOCUMENT), st.session_state.get(REVIEW_SHOWN), queue[0].document_id)
    chosen: str = next(document_id for document_id in wanted if document_id in names)
    # written anew each time, or the browser would keep showing the old label
    st.session_state[REVIEW_DOCUMENT] = st.session_state[REVIEW_SHOWN] = chosen
    return st.selectbox("Queue", list(names), format_func=lambda document_id: names[document_id], key=REVIEW_DOCUMENT)
