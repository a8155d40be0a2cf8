"""The keys of the curation, defined in one place: the list listens for these, and the page lists them.

Those that the review page has as well mean the same there.
"""

import streamlit as st

KEY_WORDS = {
    "k": "keep the pair, and go on",
    "d": "drop the pair, and go on",
    "e": "edit question and answer",
    "n j ↓": "next pair",
    "p ↑": "previous pair",
    "x": "take back what was decided: leave it to the filters",
    "+": "add a pair from the passage of this one",
    "u": "undo what you did last; again for what was before",
    "/": "search",
    "?": "show or hide these keys",
    "Ctrl Enter": "save what you edited",
    "Escape": "leave it",
}
KEYS = ("k", "d", "e", "n", "j", "p", "x", "u", "+", "?", "ArrowDown", "ArrowUp")


def show_keys() -> None:
    """List every key of the session."""
    with st.container(border=True, key="curation-keys"):
        st.markdown("**Keys**")
        lines = [f"`{key}` {what}" for key, what in KEY_WORDS.items()]
        half = (len(lines) + 1) // 2
        for column, part in zip(st.columns(2), (lines[:half], lines[half:]), strict=True):
            column.caption("  \n".join(part))
