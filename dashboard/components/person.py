"""Who acts on the pages: the one place that decides it."""

import streamlit as st

from core.identity import declared
from core.records import Person
from dashboard.components.errors import shown_errors


def acting_person() -> Person | None:
    """Draw the field for the name and give the person; None while there is none. The name is declared: nobody checks it."""
    name = st.text_input(
        "Your name", key="reviewer", persist_state="session", max_chars=80, help="Kept with every decision and approval."
    )
    if not name.strip():
        return None
    with shown_errors():
        return declared(name)
    return None
