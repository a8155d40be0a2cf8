"""An answer while it is written: shown as it comes, stopped by whatever is pressed, kept in any case."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.chat import ChatModel
from core.errors import GarrisonError
from core.records import ChatSetup, Conversation, Project
from core.services.chat import answering
from core.services.chat.conversations import begin
from core.services.chat.earlier.telling import Doing
from core.storage import Workspace
from core.words import counted
from dashboard import resources
from dashboard.components.chat.acts import Act
from dashboard.components.chat.answer_html import answer_html
from dashboard.components.chat.chosen import open_conversation
from dashboard.components.chat.following import follow
from dashboard.components.chat.turns import MODEL, show_question
from dashboard.components.errors import show_error
from dashboard.components.words import unformatted

_ERROR = "chat-error"  # what ended the last answer, to be told once, below it


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an answer is written: in which conversation (None: a new one), by whom, and where its Stop button goes."""

    conversation: Conversation | None
    setup: ChatSetup
    name: str  # of who answers, for people
    stop: DeltaGenerator


def carry_out(workspace: Workspace, project: Project, act: Act, place: Place) -> None:
    """Let the model answer and show it meanwhile; the page is drawn anew then, from what is stored.

    Whatever is pressed meanwhile, or leaving the page, ends the answer: Streamlit raises in here at the next drawing, and
    what was written is kept. What is pressed runs at once, in a thread of its own, which is why *Stop* says so in core.
    """
    try:
        conversation = place.conversation
        if conversation is None:
            conversation = begin(workspace, project, act.question, setup=place.setup)
            open_conversation(conversation.id)
        place.stop.button(
            "Stop",
            icon=":material/stop_circle:",
            key="chat-stop",
            type="primary",
            on_click=answering.stop,
            args=[workspace, conversation.id],
        )
        _show(_begun(workspace, act, conversation.id, place.setup), place.name)
    except GarrisonError as error:
        st.session_state[_ERROR] = error
    st.rerun()


def show_last_error() -> None:
    """Show what ended the last answer, once."""
    error: GarrisonError | None = st.session_state.pop(_ERROR, None)
    if error is not None:
        show_error(error)


def _begun(workspace: Workspace, act: Act, conversation_id: str, setup: ChatSetup) -> answering.Writing:
    def opener() -> ChatModel:
        return resources.answerer(workspace, setup.answerer)

    if act.kind == "ask":
        return answering.ask(workspace, conversation_id, act.question, opener=opener)
    if act.kind == "again":
        return answering.ask_again(workspace, conversation_id, question=act.question or None, opener=opener)
    return answering.go_on(workspace, conversation_id, opener=opener)


def _show(writing: answering.Writing, name: str) -> None:
    show_question(writing.asked)
    with st.chat_message(name, avatar=MODEL):
        box = st.empty()
        box.caption("Thinking …")
        follow(writing.turn.id, is_written=True)
        for _ in range(3):
            st.empty()  # in place of what stood below an answer that goes on, and could be pressed until its end
        with writing:
            for text in writing:
                if text.strip():
                    box.html(answer_html(text))
                else:
                    box.caption(doing_words(writing.doing))


def doing_words(doing: Doing | None) -> str:
    """Say what is done before an answer begins."""
    if doing is None:
        return "Thinking …"
    if doing.kind == "reading":
        return f"Reading what was said before: {doing.done:,} of {doing.count:,} …"
    written = f"\n\n{unformatted(doing.text)}" if doing.text else ""
    return (
        f"This conversation is longer than the model can read, so its first {counted(doing.count, 'question')} are summed "
        f"up in a note …{written}"
    )
