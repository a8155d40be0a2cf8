"""What a model was told again with a question: its words, where they were said, and how to have them forgotten."""

from collections.abc import Mapping

import streamlit as st

from core.records import ChatTurn, Project, Remembered
from core.services.chat.earlier.remembering import Recalled, forget_all, forget_turn
from core.storage import Workspace
from core.words import counted
from dashboard.components.chat.chosen import open_conversation
from dashboard.components.errors import shown_errors
from dashboard.components.words import clock, unformatted

TITLE_CHARACTERS = 28  # on the button


def show_remembered(workspace: Workspace, turn: ChatTurn, recalled: Mapping[Remembered, Recalled]) -> None:
    """Draw a button for each thing that was remembered with a turn, which opens its words."""
    live = [recalled[place] for place in turn.remembered if place in recalled]
    if live:
        with st.container(horizontal=True, gap="small", key=f"remembered-{turn.id}"):
            for number, each in enumerate(live, start=1):
                label = f"Remembered, {clock(each.said_at)[:10]}: {unformatted(_short(each.title))}"
                with st.popover(label, icon=":material/history:", key=f"remembered-{turn.id}-{number}"):
                    _show(workspace, turn, each, key=f"{turn.id}-{number}")
    if len(live) < len(turn.remembered):
        gone = counted(len(turn.remembered) - len(live), "thing")
        st.caption(f":material/history_off: {gone} that was remembered here is forgotten.")


def _show(workspace: Workspace, turn: ChatTurn, each: Recalled, *, key: str) -> None:
    is_here = each.conversation_id == turn.conversation_id
    where = "earlier in this conversation" if is_here else f"in “{unformatted(each.title)}”"
    st.caption(f"The model was told with your question what was said {where} on {clock(each.said_at)}:")
    if each.piece.question:
        st.text(f"You: {each.piece.question}")
        st.text(f"Answer: {each.piece.text}")
    else:
        st.text(f"You: {each.piece.text}")
    if not is_here:
        st.button(
            "Open this conversation",
            icon=":material/open_in_new:",
            key=f"remembered-open-{key}",
            type="tertiary",
            on_click=open_conversation,
            args=[each.conversation_id],
        )
    if st.button(
        "Forget this",
        icon=":material/history_off:",
        key=f"remembered-forget-{key}",
        type="tertiary",
        help="This question and its answer are never used again with another question. Their conversation keeps them.",
    ):
        with shown_errors():
            forget_turn(workspace, each.place.turn_id)
            st.rerun()


def _short(title: str) -> str:
    return title if len(title) <= TITLE_CHARACTERS else f"{title[: TITLE_CHARACTERS - 2].rstrip()} …"


def show_forgetting(workspace: Workspace, project: Project, *, key: str) -> None:
    """Draw what has everything forgotten that the person was told in this project until now."""
    if st.checkbox("Forget what was said before", key=f"chat-forgetting-{key}"):
        st.caption(
            "Nothing that you asked in this project until now is used again with another question. Your conversations stay, "
            "and what you ask from now on can be remembered. This cannot be undone."
        )
        if st.button("Forget all of it", icon=":material/history_off:", key=f"chat-forget-{key}"):
            with shown_errors():
                count = forget_all(workspace, project)
                st.toast(f"{counted(count, 'question')} forgotten.", icon=":material/check:")
