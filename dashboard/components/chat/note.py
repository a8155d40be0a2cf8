"""The note of a long conversation: what the model is told in place of its first questions, to be read and changed."""

from collections.abc import Callable

import streamlit as st

from core.chat import ChatModel
from core.errors import GarrisonError
from core.records import ChatNote, Conversation
from core.services.chat.earlier.notes import edit_note, write_note_anew
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import show_error, shown_errors


def show_note(workspace: Workspace, conversation: Conversation, *, opener: Callable[[], ChatModel]) -> None:
    """Show the note above the conversation, which questions it stands for, and what can be done with it."""
    note = conversation.note
    if note is None:
        return
    with st.container(border=True, key="chat-note"):
        st.markdown("**Earlier in this conversation:**")
        words = st.empty()
        words.text(note.text)
        st.caption(f":material/summarize: {told_by(note)} {_origin(note)}")
        is_anew = st.button(
            "Write it anew",
            icon=":material/refresh:",
            key="chat-note-anew",
            type="tertiary",
            help="The model reads these questions and answers again. Your own changes to the note are replaced.",
        )
        _show_editing(workspace, conversation, note)
        if is_anew:
            try:
                for step in write_note_anew(workspace, conversation.id, opener=opener):
                    words.text(step.note.text or "…")
            except GarrisonError as error:
                show_error(error)
            else:
                st.rerun()


def told_by(note: ChatNote) -> str:
    """Say which questions the note stands for."""
    if note.until == 1:
        return "The first question and its answer are told to the model as this note."
    return f"The first {counted(note.until, 'question')} and their answers are told to the model as this note."


def _origin(note: ChatNote) -> str:
    if note.is_edited:
        return "You have changed it."
    if note.origin == "beginnings":
        return "The model could not sum them up, so it holds the beginnings of your questions. You can write it yourself."
    return "The model wrote it and may have left out or mistaken something."


def _show_editing(workspace: Workspace, conversation: Conversation, note: ChatNote) -> None:
    with st.expander("Change the note", icon=":material/edit:"):
        with st.form(f"note-{conversation.id}", border=False):
            text = st.text_area("What the model is told", value=note.text, height=160, key=f"note-text-{conversation.id}")
            if st.form_submit_button("Keep the note", type="primary"):
                with shown_errors():
                    edit_note(workspace, conversation.id, text)
                    st.rerun()
