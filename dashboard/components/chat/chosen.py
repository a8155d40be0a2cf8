"""Which conversation is open: kept in the address too, so that a reload shows it again. Its id, never a word of it."""

from collections.abc import Sequence

import streamlit as st

from core.records import Conversation
from dashboard.session_keys import CHAT_ACT, CHAT_ANSWERER, CHAT_CONVERSATION

_PARAMETER = "conversation"


def open_conversation(conversation_id: str) -> None:
    """Open a conversation, or with "" begin a new one, from the next drawing of the page on; the address says so at once."""
    st.session_state.pop(CHAT_ACT, None)
    _note(conversation_id)


def chosen_conversation(found: Sequence[Conversation]) -> Conversation | None:
    """Return the open one of these conversations; None if a new one is to be begun."""
    if CHAT_ANSWERER in st.session_state:  # another page asks for a conversation with a certain run
        open_conversation("")
    wanted = st.session_state.get(CHAT_CONVERSATION)
    wanted = st.query_params.get(_PARAMETER, "") if wanted is None else wanted
    chosen = next((each for each in found if each.id == wanted), None)
    _note(chosen.id if chosen else "")
    return chosen


def _note(conversation_id: str) -> None:
    st.session_state[CHAT_CONVERSATION] = conversation_id
    if conversation_id:
        if st.query_params.get(_PARAMETER) != conversation_id:
            st.query_params[_PARAMETER] = conversation_id
    elif _PARAMETER in st.query_params:
        del st.query_params[_PARAMETER]
