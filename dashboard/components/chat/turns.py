"""Questions and answers as they are shown, with what can be done below each answer."""

from collections.abc import Mapping

import streamlit as st

from core.records import ChatPace, ChatTurn, Remembered, Thumb
from core.services.chat.answering import stop
from core.services.chat.earlier.remembering import Recalled
from core.services.chat.feedback import call_unanswerable, correct, judge
from core.services.chat.turns import turns
from core.storage import Workspace
from core.words import duration
from dashboard.components.chat.acts import Act, request, request_edited
from dashboard.components.chat.answer_html import answer_html
from dashboard.components.chat.cited import show_cited
from dashboard.components.chat.copying import copy_button
from dashboard.components.chat.remembered import show_remembered
from dashboard.components.errors import shown_errors

STATE_WORDS = {
    "cut": "Cut here: the longest answer was reached.",
    "repeating": "Ended here: the model only repeated itself. A manner other than Precise may help.",
    "stopped": "Stopped here.",
    "broken off": "It broke off here.",
    "unchecked": "It was not kept: it could not be searched for personal data.",
}
SEEN = (
    "Judge an answer, and the experts of this project see it with its question and your correction; nothing else of the "
    "conversation."
)
THUMBS: tuple[Thumb, Thumb] = ("down", "up")  # in the order of Streamlit's numbers
PERSON, MODEL = ":material/person:", ":material/shield:"


def show_turn(
    workspace: Workspace, turn: ChatTurn, *, name: str, is_last: bool, recalled: Mapping[Remembered, Recalled]
) -> None:
    """Show a question and its answer; `name` says who answered, `recalled` holds what was remembered with any turn."""
    show_question(turn.question)
    with st.chat_message(name, avatar=MODEL):
        if turn.state == "writing":
            _watch(workspace, turn)
            return
        if turn.sources and turn.answer.strip():
            show_cited(turn.answer, turn.sources, key=turn.id)
        else:
            show_answer(turn.answer)
        show_remembered(workspace, turn, recalled)
        if words := STATE_WORDS.get(turn.state):
            is_told = turn.answer.strip() or turn.state == "unchecked"
            st.caption(f":material/info: {words if is_told else 'No answer was written.'}")
        with st.container(horizontal=True, vertical_alignment="center", key=f"below-{turn.id}"):
            _show_feedback(workspace, turn)
            _show_details(turn, name)
        last = st.empty()  # drawn empty at once when the next question is asked
        if is_last:
            with last.container(horizontal=True, vertical_alignment="center"):
                _show_last(turn)
        if turn.is_unanswerable:
            st.caption(":material/block: You said that it should not have answered: the documents do not say.")
        if turn.correction:
            st.caption("What it should have been, in your words:")
            st.text(turn.correction)
        if is_last and turn.answer.strip():
            st.caption(SEEN)


def show_question(question: str) -> None:
    """Show what a person asked, as they wrote it."""
    with st.chat_message("user", avatar=PERSON):
        st.text(question)


def show_answer(text: str) -> None:
    """Show an answer, or say that it is empty."""
    if text.strip():
        st.html(answer_html(text))
    else:
        st.caption("There are no words.")


@st.fragment(run_every="1s")
def _watch(workspace: Workspace, turn: ChatTurn) -> None:
    """Show an answer that is written elsewhere, as in another tab, until it ends."""
    with shown_errors():
        now = next((each for each in turns(workspace, turn.conversation_id) if each.id == turn.id), None)
        if now is None or now.state != "writing":
            st.rerun()
        show_answer(now.answer)
        st.caption(":material/edit: It is being written, in another window perhaps.")
        st.button(
            "Stop",
            icon=":material/stop_circle:",
            key="chat-stop-other",
            on_click=stop,
            args=[workspace, turn.conversation_id],
        )


def _show_feedback(workspace: Workspace, turn: ChatTurn) -> None:
    if not turn.answer.strip():
        return
    copy_button(turn.answer, key=f"copy-{turn.id}")
    number = st.feedback("thumbs", default=THUMBS.index(turn.thumb) if turn.thumb else None, key=f"thumb-{turn.id}")
    thumb = None if number is None else THUMBS[number]
    if thumb != turn.thumb:
        judge(workspace, turn.id, thumb)
    with st.popover("Correct this", type="tertiary", icon=":material/edit_note:", key=f"correct-{turn.id}"):
        with st.form(f"correction-{turn.id}", border=False):
            text = st.text_area(
                "What the answer should have been",
                value=turn.correction or turn.answer.strip(),
                height=160,
                key=f"correction-text-{turn.id}",
            )
            if st.form_submit_button("Keep the correction"):
                with shown_errors():
                    correct(workspace, turn.id, text)
                    st.rerun()
    st.button(
        "It should have answered" if turn.is_unanswerable else "Should not have answered",
        type="tertiary",
        icon=":material/undo:" if turn.is_unanswerable else ":material/block:",
        key=f"unanswerable-{turn.id}",
        help=None if turn.is_unanswerable else "The right answer would have been that the documents do not say.",
        on_click=_call_unanswerable,
        args=[workspace, turn],
    )


def _call_unanswerable(workspace: Workspace, turn: ChatTurn) -> None:
    call_unanswerable(workspace, turn.id, is_unanswerable=not turn.is_unanswerable)


def _show_last(turn: ChatTurn) -> None:
    """Draw what can be done with the last turn alone."""
    if turn.state != "complete" and turn.answer.strip():
        st.button("Go on", icon=":material/play_arrow:", key="chat-go-on", on_click=request, args=[Act("go on")])
    st.button(
        "Answer again", icon=":material/refresh:", key="chat-again", type="tertiary", on_click=request, args=[Act("again")]
    )
    with st.popover("Change the question", type="tertiary", icon=":material/edit:", key=f"edit-{turn.id}"):
        key = f"edit-text-{turn.id}"
        with st.form(f"edit-form-{turn.id}", border=False):
            st.text_area("Your question", value=turn.question, key=key, height=110)
            st.caption("The answer to the question before is replaced.")
            st.form_submit_button("Ask this instead", type="primary", on_click=request_edited, args=[key])


def _show_details(turn: ChatTurn, name: str) -> None:
    if turn.pace is None:
        return
    with st.popover(pace_words(turn.pace), type="tertiary", key=f"details-{turn.id}"):
        st.caption(f"Answered by {name}.")
        st.caption(f"The first words came after {turn.pace.first_s:.1f} s, the last after {turn.pace.whole_s:.1f} s.")
        if turn.pace.token_count is not None:
            st.caption(f"{turn.pace.token_count:,} tokens written, {turn.pace.tokens_per_second or 0:.0f} in a second.")
            st.caption(f"{turn.pace.read_count:,} tokens read, {turn.pace.cached_count:,} of them known from before.")


def pace_words(pace: ChatPace) -> str:
    """Say how long an answer took."""
    return f"Answered in {duration(pace.whole_s)}" if pace.whole_s >= 1 else "Answered in under a second"
