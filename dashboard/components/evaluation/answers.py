"""Every question of an evaluation with the answers of all columns beside the right one."""

import streamlit as st

from core.evaluation import EvaluationResult, Row
from dashboard.components.evaluation.words import COLUMN_WORDS, outcome_words

ROWS_A_PAGE = 5  # answers are long
WORST, BEST = "Worst first", "Best first"


def show_answers(result: EvaluationResult) -> None:
    """Show every question, worst first unless asked otherwise."""
    st.subheader("Where it is wrong")
    order = st.segmented_control("Order", [WORST, BEST], default=WORST, key="answers-order", label_visibility="collapsed")
    rows = sorted(result.rows, key=_how_good, reverse=order == BEST)
    pages = -(-len(rows) // ROWS_A_PAGE)
    page = st.pagination(pages, key="answers-page", max_visible_pages=5) if pages > 1 else 1
    for row in rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]:
        with st.container(border=True):
            _show_row(row)


def _how_good(row: Row) -> tuple[bool, float, float]:
    return row.is_good("tuned"), row.tuned.token_f1, row.tuned.token_f1 - row.base.token_f1


def _show_row(row: Row) -> None:
    notes = [f"Question {row.asked.number}", "trained on: it does not count" if row.asked.was_trained_on else ""]
    st.caption(" · ".join(filter(None, notes)))
    st.text(row.question)
    st.caption(
        ":material/menu_book: Right answer" if row.asked.is_answerable else ":material/menu_book: Not in the documents"
    )
    st.text(row.reference)
    for place, (column, graded) in zip(st.columns(len(row.answers)), row.answers.items(), strict=True):
        told = outcome_words(graded.outcome, graded.token_f1, is_answerable=row.asked.is_answerable)
        place.caption(f"**{COLUMN_WORDS[column]}**  \n{told}")
        place.text(graded.answer.strip() or "(nothing)")
    if row.asked.passage:
        with st.expander("The passage it was asked with", icon=":material/article:"):
            st.text(row.asked.passage)
