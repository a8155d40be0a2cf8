"""Decisions about all pairs that match, on every page: named with their number, and done only after a yes."""

import streamlit as st

from core.storage.pairs.pages import PairFilter
from core.words import counted
from dashboard.components.questions.curation import doing
from dashboard.components.questions.curation.session import CurationSession

CHOICES = {
    "keep": ("Keep all", "check", "will be kept, whatever the filters say."),
    "drop": ("Drop all", "close", "will be dropped, whatever the filters say."),
    "leave": ("Leave all to the filters", "undo", "lose what a person decided about them: the filters count again."),
}


def show_bulk(session: CurationSession) -> None:
    """Offer to decide on all that match, or ask whether that is meant."""
    number = session.counts.matching
    if session.state.asked:
        _ask(session, number)
        return
    is_all = session.state.chosen == PairFilter()
    label = f"Decide on all {number:,}" if is_all else f"Decide on the {number:,} that match"
    with st.popover(label, icon=":material/done_all:", disabled=not number):
        for name, (words, icon, _) in CHOICES.items():
            st.button(words, icon=f":material/{icon}:", key=f"bulk-{name}", on_click=_choose, args=(session, name))


def _choose(session: CurationSession, name: str) -> None:
    session.state.asked, session.state.note, session.state.trouble = name, "", ""


def _ask(session: CurationSession, number: int) -> None:
    _, _, effect = CHOICES[session.state.asked]
    with st.container(border=True, key="bulk-question"):
        st.markdown(f"**{counted(number, 'pair')}**, on every page, {effect} You can undo it.")
        with st.container(horizontal=True, gap="small"):
            st.button(
                f"Yes, all {number:,}", type="primary", icon=":material/done_all:", key="bulk-yes",
                on_click=doing.decide_all, args=(session, session.state.asked),
            )  # fmt: skip
            st.button("Leave it (Esc)", key="bulk-no", on_click=_choose, args=(session, ""))
