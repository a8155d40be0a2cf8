"""What a person presses to have something answered; it is carried out at the next drawing of the page, once."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from dashboard.session_keys import CHAT_ACT


@dataclass(frozen=True, slots=True)
class Act:
    """Ask a question, answer the last one again (in other words, if there are any), or go on with its answer."""

    kind: Literal["ask", "again", "go on"]
    question: str = ""


def request(act: Act) -> None:
    """Have `act` carried out at the next drawing; to be called back by a button."""
    st.session_state[CHAT_ACT] = act


def request_edited(key: str) -> None:
    """Have the last question asked again in the words of the text field with this key."""
    request(Act("again", str(st.session_state[key])))


def requested() -> Act | None:
    """Return what is to be carried out, once."""
    act: Act | None = st.session_state.pop(CHAT_ACT, None)
    return act
