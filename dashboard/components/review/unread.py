"""Approving what nobody looked at: asked on the page, and done only with the exact phrase core requires."""

import streamlit as st

from core.records import Unread
from core.services import review
from dashboard.components.errors import shown_errors
from dashboard.components.review.decisions import confirm_unread, leave
from dashboard.components.review.pending import Pending, forget_pending
from dashboard.components.review.session import ReviewSession


def show_unread_question(session: ReviewSession, asked: Pending) -> None:
    """Tell what nobody looked at, and ask for the phrase that approves it all the same."""
    left = None
    with shown_errors():
        left = _left(session, asked)
    if left == Unread():
        forget_pending()  # all of it has been looked at since: it is approved like any other
        return
    with st.container(border=True, key="unread"):
        if left is not None:
            _ask(session, asked, left)
        if st.button("Leave it (Esc)", key="unread-leave"):
            leave()


def _left(session: ReviewSession, asked: Pending) -> Unread:
    if asked.action == "approve all" and session.person is not None:
        return review.unread_in(session.workspace, session.project, by=session.person)
    return review.unread_of(session.workspace, session.project, session.document)


def _ask(session: ReviewSession, asked: Pending, left: Unread) -> None:
    of = "all documents" if asked.action == "approve all" else "this document"
    st.markdown(
        f":material/warning: **Nobody looked at all of it.** In {of}: **{review.unread_words(left)}**. If you approve it "
        "unread, the approval, the datasets and the model cards made from it say so in their first line, with your name."
    )
    with st.form("unread-form", border=False):
        words = st.text_input("To approve it all the same, type these words", key="unread-words", max_chars=200)
        st.code(review.unread_phrase(left), language=None, wrap_lines=True)
        if st.form_submit_button("Approve unread", icon=":material/warning:", disabled=session.person is None):
            confirm_unread(session, asked, words)
