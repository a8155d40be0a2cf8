"""Reading the sample: one after another, passages in which nothing was found; anything missed is added there."""

import streamlit as st

from core.records import Page, Passage
from core.services import review
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.review.session import ReviewSession, draw_again

_AT = "review-sample-at"


def sample_passages(session: ReviewSession) -> list[Passage]:
    """Return the passages of this round in the order drawn; draw a round if one is due and there is a name."""
    if session.person is None:
        sample = review.sample_of(session.workspace, session.document)
    else:
        sample = review.draw(session.workspace, session.project, session.document, by=session.person)
    passages = {passage.id: passage for passage in session.workspace.passages(session.document)}
    return [passages[passage_id] for passage_id in sample.drawn_ids if passage_id in passages]


def current_passage(session: ReviewSession, passages: list[Passage]) -> int:
    """Return the position of the passage being read: the chosen one, else the first unread one, else 0."""
    unread = set(review.sample_of(session.workspace, session.document).unread_ids)
    document_id, at = st.session_state.get(_AT, ("", -1))
    if document_id == session.document.id and 0 <= at < len(passages):
        return int(at)
    return next((number for number, passage in enumerate(passages) if passage.id in unread), 0)


def passage_page(passages: list[Passage], at: int) -> Page:
    """Return a passage as a page to show."""
    passage = passages[at]
    label = f"passage {at + 1} of {len(passages)} of the sample" + (f", {passage.page}" if passage.page else "")
    return Page(number=10_000 + at, label=label, start=passage.start, end=passage.end)


def step(session: ReviewSession, passages: list[Passage], number: int) -> None:
    """Move on by `number` passages of the sample (back if negative), stopping at the ends."""
    at = min(max(current_passage(session, passages) + number, 0), len(passages) - 1)
    st.session_state[_AT] = (session.document.id, at)
    draw_again()


def say_read(session: ReviewSession, passages: list[Passage]) -> None:
    """Record that this passage was read and nothing is left in it; go to the next unread one."""
    if session.person is None or not passages:
        return
    with shown_errors():
        at = current_passage(session, passages)
        sample = review.answer(session.workspace, session.document, [passages[at].id], by=session.person)
        st.session_state.pop(_AT, None)
        if not sample.unread_ids:
            session.turn_to("spans")
        draw_again()


def show_reading(session: ReviewSession, passages: list[Passage]) -> None:
    """Show what to do with the passage, and how far the sample is."""
    sample = review.sample_of(session.workspace, session.document)
    at = current_passage(session, passages)
    done = len(passages) - len(sample.unread_ids)
    st.markdown(f"**Sample: passage {at + 1} of {len(passages)}**")
    st.progress(done / len(passages), text=f"{done} of {counted(len(passages), 'passage')} read")
    st.markdown(
        "Nothing was found in these passages; they were drawn at random. Read each one. Is a name, a number or a place left "
        "that tells who or where? Select it and add it."
    )
    is_nameless = session.person is None
    if st.button("Nothing here, next (a)", type="primary", icon=":material/check:", disabled=is_nameless, key="sample-read"):
        say_read(session, passages)
    with st.container(horizontal=True, gap="small"):
        if st.button("Previous (p)", icon=":material/arrow_back:", key="sample-previous"):
            step(session, passages, -1)
        if st.button("Next (n)", icon=":material/arrow_forward:", key="sample-next"):
            step(session, passages, 1)
        if st.button("Back to the spans (s)", key="sample-leave"):
            session.turn_to("spans")
