"""The open item: question, answer, what was said of it, its sources, and what is made of it."""

import streamlit as st

from core.services.feedback.places import places_for, places_of
from core.services.feedback.using import Use
from core.services.questions.curation import Place
from core.services.questions.question_pairs import PassageInSight
from core.storage.feedback import FeedbackItem
from dashboard.components.chat.answer_html import STYLE
from dashboard.components.chat.cited import show_cited
from dashboard.components.chat.turns import show_answer
from dashboard.components.errors import shown_errors
from dashboard.components.feedback import doing
from dashboard.components.feedback.session import InboxSession, kinds_of
from dashboard.components.questions.curation.forms import CHECKED
from dashboard.components.questions.curation.session import open_pair
from dashboard.components.review.session import draw_again
from dashboard.components.words import ago, clock, unformatted

FOCUS = "feedback-answer"  # key of the container that holds the field for the answer


def show_item(session: InboxSession, item: FeedbackItem) -> None:
    """Show an item with what can be done about it."""
    said = item.feedback
    st.html(STYLE)
    with st.container(border=True, key="feedback-open"):
        st.caption(" · ".join(kinds_of(item)))
        st.markdown(f"**{unformatted(said.question)}**")
        name = session.names.get(said.answerer, said.answerer)
        where = "" if said.turn_id else " · by a program that asked the service"
        st.caption(f"Answered by {unformatted(name)} · judged {ago(said.created_at)}{where}", help=clock(said.created_at))
        if said.sources and said.answer.strip():
            show_cited(said.answer, said.sources, key=said.id)
        else:
            show_answer(said.answer)
        if said.correction:
            st.caption("What it should have been, in the words of who asked:")
            st.text(said.correction)
    with st.container(), shown_errors():  # always there, so that nothing below it changes its place
        _show_made(session, item)
    if item.pair_id is None or item.preference_id is None:
        with st.container(border=True, key="feedback-use"), shown_errors():
            _show_use(session, item)
    if session.state.is_told_below:
        show_told(session)


def show_told(session: InboxSession) -> None:
    """Say what came of the last act, and offer to undo it."""
    state = session.state
    with st.container(horizontal=True, vertical_alignment="center"):
        if state.last:
            st.button("Undo (u)", icon=":material/undo:", key="feedback-undo", on_click=doing.undo, args=[session])
        if state.note:
            st.caption(f":material/check: {state.note}", width="content")
    if state.trouble:
        st.warning(state.trouble, icon=":material/warning:")


def _show_made(session: InboxSession, item: FeedbackItem) -> None:
    """Show what was made of an item, or that nothing is to be made of it."""
    if item.state == "open":
        return
    made = [words for id, words in ((item.pair_id, "a question pair"), (item.preference_id, "a preference")) if id]
    words = (
        f"Made of it: {' and '.join(made)}." if made else f"Set aside by {unformatted(item.feedback.set_aside_by or '')}."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/check: {words}", width="content")
        if item.pair_id and st.button("Open the question pair", icon=":material/quiz:", key="feedback-pair"):
            open_pair(session.project, item.pair_id)
            st.switch_page("app_pages/questions.py")
        st.button(
            "Open it again", icon=":material/undo:", key="feedback-reopen", on_click=doing.undo,
            args=[session, item.feedback.id],
        )  # fmt: skip


def _show_use(session: InboxSession, item: FeedbackItem) -> None:
    """Draw the form in which an expert makes something of an item."""
    said = item.feedback
    is_unanswerable = st.toggle(
        "The documents do not say", value=said.is_unanswerable, key=f"feedback-not-said-{said.id}",
        help="The right answer is that the documents do not say; it is written in the words that all such answers have.",
    )  # fmt: skip
    place = _show_places(session, item)
    if place is None:
        _set_aside_button(session, item, is_alone=True)
        return
    with st.form(f"feedback-form-{said.id}", border=False):
        question = st.text_area("Question", said.question, height=80, key=f"feedback-question-{said.id}")
        written = ""
        if not is_unanswerable:
            given = said.correction or (said.answer.strip() if said.thumb == "up" else "")
            with st.container(key=FOCUS):
                written = st.text_area("Right answer", given, height=110, key=f"feedback-answer-{said.id}")
        with st.container(horizontal=True, gap="small"):
            is_pair = st.form_submit_button(
                "Make a question pair", type="primary", icon=":material/quiz:", disabled=item.pair_id is not None,
                key="feedback-make-pair",
            )  # fmt: skip
            is_preference = st.form_submit_button(
                "Make a preference", icon=":material/compare_arrows:", disabled=item.preference_id is not None,
                key="feedback-make-preference", help="The right answer is preferred to the given one, when a model learns "
                "from preferences.",
            )  # fmt: skip
            is_aside = item.state == "open" and st.form_submit_button("Set aside (s)", key="feedback-aside")
        st.caption(CHECKED)
    use = Use(
        place=Place(document_id=place.document_id, passage_id=place.id), question=question or "", answer=written or "",
        is_unanswerable=is_unanswerable,
    )  # fmt: skip
    if is_pair:
        doing.make_pair(session, said.id, use)
    elif is_preference:
        doing.make_preference(session, said.id, use)
    elif is_aside:
        doing.set_aside(session, said.id)
    if is_pair or is_preference or is_aside:
        session.state.is_told_below = not is_aside
        draw_again()


def _set_aside_button(session: InboxSession, item: FeedbackItem, *, is_alone: bool) -> None:
    if is_alone and item.state == "open":
        st.button("Set aside (s)", key="feedback-aside", on_click=doing.set_aside, args=[session, item.feedback.id])


def _show_places(session: InboxSession, item: FeedbackItem) -> PassageInSight | None:
    """Let the person choose the passage that the pair is about; None if no approved text fits."""
    said = item.feedback
    words = st.text_input(
        "Passage that says it", key=f"feedback-words-{said.id}", placeholder="Other words, to look for another passage",
        icon=":material/search:",
    )  # fmt: skip
    with st.spinner("Looking for passages that fit …", show_time=True):
        found = (
            places_for(session.workspace, session.project, words)
            if words and words.strip()
            else places_of(session.workspace, session.project, said)
        )
    if not found:
        st.markdown("**No approved passage fits.** A question pair needs one: look for other words, or approve documents.")
        return None
    by_id = {place.id: place for place in found}
    chosen = st.selectbox(
        "Passage", list(by_id), format_func=lambda id: _label(by_id[id]), key=f"feedback-passage-{said.id}-{words}",
        label_visibility="collapsed",
    )  # fmt: skip
    place = by_id[chosen]
    with st.container(height=150 if len(place.text) > 400 else "content", border=True):
        st.text(place.text)
    return place


def _label(place: PassageInSight) -> str:
    text = " ".join(place.text.split())
    return " · ".join(filter(None, (place.document_name, place.page, text if len(text) <= 70 else f"{text[:70]}…")))
