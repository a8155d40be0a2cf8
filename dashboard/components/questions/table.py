"""The table of question pairs, behind its filters."""

import pandas as pd
import streamlit as st

from core.questions import drop_reason
from core.records import QuestionPair
from core.services.questions.question_pairs import keep_or_drop
from core.storage import Workspace
from core.words import counted
from dashboard.components.questions import pairs as pair_view

STATES = {"": "All", "kept": "Kept", "dropped": "Dropped"}


def show_table(workspace: Workspace, pairs: list[QuestionPair]) -> None:
    """Show the pairs behind filters; ticks are stored at once, by the pair's id."""
    shown = _filtered(pairs)
    if not shown:
        st.caption("No pair matches. Change the filters above.")
        return
    ids = [pair.id for pair in shown]
    frame = pd.DataFrame(
        {
            "Keep": [pair.state == "kept" for pair in shown],
            "Open": [":material/open_in_full: Open"] * len(shown),
            "Question": [pair.input for pair in shown],
            "Answer": [pair.output for pair in shown],
            "Document": [pair.document_name for pair in shown],
            "Where": [pair.page for pair in shown],
            "Dropped because": [drop_reason(pair.reason).words if pair.reason else "" for pair in shown],
        }
    )
    editor, opener = f"pairs-{hash(tuple(ids))}", f"open-{hash(tuple(ids))}"

    def open_pair() -> None:
        st.session_state["open-pair"] = ids[st.session_state[opener].row]

    edited = st.data_editor(
        frame,
        key=editor,
        hide_index=True,
        height=min(480, 38 + 35 * len(shown)),
        disabled=[name for name in frame.columns if name != "Keep"],
        alt="Question pairs with their source",
        column_config={
            "Keep": st.column_config.CheckboxColumn(help="Only kept pairs are trained on.", width="small"),
            "Open": st.column_config.ButtonColumn("Source", on_click=open_pair, key=opener, width="small", type="tertiary"),
            "Question": st.column_config.TextColumn(width="large"),
            "Answer": st.column_config.TextColumn(width="large"),
        },
    )
    ticks = zip(ids, frame["Keep"], edited["Keep"], strict=True)
    if changed := {pair_id: bool(after) for pair_id, before, after in ticks if before != after}:
        keep_or_drop(workspace, changed)
        st.rerun()


def _filtered(pairs: list[QuestionPair]) -> list[QuestionPair]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.segmented_control(
            "Show", list(STATES), default="", required=True, format_func=lambda state: STATES[state], key="filter-state"
        )
        reasons = sorted({pair.reason for pair in pairs if pair.reason})
        reason = st.selectbox(
            "Dropped because",
            ["", *reasons],
            format_func=lambda reason: drop_reason(reason).words if reason else "Any reason",
            key="filter-reason",
            width=240,
        )
        documents = sorted({pair.document_name for pair in pairs})
        document = st.selectbox(
            "Document", ["", *documents], format_func=lambda name: name or "Every document", key="filter-document", width=280
        )
        words = st.text_input("Words in it", key="filter-words", width=220)
    shown = pair_view.selected(pairs, state=state, reason=reason, document=document, words=words)
    st.caption(f"{counted(len(shown), 'pair')} shown")
    return shown
