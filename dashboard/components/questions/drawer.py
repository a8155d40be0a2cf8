"""One question pair beside the approved passage it came from."""

import streamlit as st

from core.questions import drop_reason
from core.records import QuestionPair
from core.services.questions.question_pairs import keep_or_drop, source_of
from core.storage import Workspace, get
from dashboard.components.errors import shown_errors
from dashboard.components.questions import pairs as pair_view


def close_drawer() -> None:
    """Forget which pair is open."""
    st.session_state.pop("open-pair", None)


@st.dialog("Question pair and its source", width="medium", position="right", on_dismiss=close_drawer)
def show_drawer(workspace: Workspace, pair_id: str) -> None:
    """Show one pair beside the approved passage it came from."""
    with shown_errors():
        pair = get(workspace.db, QuestionPair, pair_id)
        st.caption("Question")
        st.text(pair.input)
        st.caption("Answer")
        st.text(pair.output)
        st.caption(" · ".join(part for part in (pair.document_name, pair.page) if part))
        source = source_of(workspace, pair)
        if source.before or source.after:
            st.html(pair_view.source_html(source))
        else:
            st.caption("This pair was brought in ready-made: it has no passage of its own.")
        is_kept = pair.state == "kept"
        st.markdown(
            ":material/check_circle: Kept"
            if is_kept
            else f":material/cancel: Dropped: {drop_reason(pair.reason).words.lower()}"
        )
        with st.container(horizontal=True):
            if st.button("Keep", shortcut="k", disabled=is_kept, icon=":material/check:", key="drawer-keep"):
                keep_or_drop(workspace, {pair.id: True})
                st.rerun()
            if st.button("Drop", shortcut="d", disabled=not is_kept, icon=":material/close:", key="drawer-drop"):
                keep_or_drop(workspace, {pair.id: False})
                st.rerun()
