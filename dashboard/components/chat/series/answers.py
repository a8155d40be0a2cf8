"""Every question of a comparison with all answers side by side, a page at a time."""

import streamlit as st

from core.records import Series, SeriesAnswer
from core.services.chat.chat_export import STATE_WORDS
from core.services.chat.series.stored import Answered, page_of
from core.storage import Workspace
from core.storage.series_pages import Order
from dashboard.components.chat.answer_html import answer_html
from dashboard.components.evaluation.words import outcome_words
from dashboard.components.one_of import one_of
from dashboard.components.words import unformatted

QUESTIONS_A_PAGE = 5  # answers are long
ORDERS: dict[Order, str] = {"most different": "Most different first", "as asked": "As they were asked"}


def show_answers(workspace: Workspace, series: Series) -> None:
    """Show the questions, those on which the answers differ most first unless asked otherwise."""
    order = one_of("Order", ORDERS, key="series-order")
    pages = -(-series.question_count // QUESTIONS_A_PAGE)
    page = st.pagination(pages, key=f"series-page-{series.id}", max_visible_pages=5) if pages > 1 else 1
    first = (page - 1) * QUESTIONS_A_PAGE
    for found in page_of(workspace, series.id, first=first, most=QUESTIONS_A_PAGE, order=order):
        with st.container(border=True):
            _show_question(series, found)


def _show_question(series: Series, found: Answered) -> None:
    question = found.question
    notes = [f"Question {question.number}", "trained on: it does not count" if question.was_trained_on else ""]
    st.caption(" · ".join(filter(None, notes)))
    st.text(question.question)
    if question.reference:
        st.caption(
            ":material/menu_book: Right answer" if question.is_answerable else ":material/menu_book: Not in the documents"
        )
        st.text(question.reference)
    for side, column in enumerate(st.columns(len(series.answerers))):
        with column:
            _show_answer(series.answerers[side].title, found.answers.get(side), is_answerable=question.is_answerable)


def _show_answer(title: str, answer: SeriesAnswer | None, *, is_answerable: bool) -> None:
    told = ""
    if answer and answer.outcome and not answer.problem:
        told = outcome_words(answer.outcome, answer.f1 or 0.0, is_answerable=is_answerable)
    st.caption(f"**{unformatted(title)}**  \n{told}")
    if answer is None:
        st.caption("Not answered yet.")
    elif answer.text:
        st.html(answer_html(answer.text))
        if words := STATE_WORDS[answer.state]:
            st.caption(f"{words.capitalize()}.")
        if answer.sources:
            places = dict.fromkeys(", ".join(filter(None, (each.document, each.page))) for each in answer.sources)
            st.caption(f":material/menu_book: From {unformatted('; '.join(places))}")
    else:
        st.caption(answer.problem or "It ended without a word.")
