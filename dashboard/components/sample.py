"""Reading the sample: one after another, passages in which nothing was found; anything missed is marked there."""

import streamlit as st

from core.records import Page, Passage
from core.services import review
from core.words import counted
from dashboard.components.desk import Desk, draw_again
from dashboard.components.errors import shown_errors

_AT = "review-sample-at"


def sample_passages(desk: Desk) -> list[Passage]:
    """Return the passages of this round in the order drawn; draw a round if one is due and there is a name."""
    if desk.person is None:
        sample = review.sample_of(desk.store, desk.document)
    else:
        sample = review.draw(desk.store, desk.project, desk.document, by=desk.person)
    passages = {passage.id: passage for passage in desk.store.passages(desk.document)}
    return [passages[passage_id] for passage_id in sample.drawn_ids if passage_id in passages]


def current_passage(desk: Desk, passages: list[Passage]) -> int:
    """Return the position of the passage being read: the chosen one, else the first unread one, else 0."""
    unread = set(review.sample_of(desk.store, desk.document).unread_ids)
    document_id, at = st.session_state.get(_AT, ("", -1))
    if document_id == desk.document.id and 0 <= at < len(passages):
        return int(at)
    return next((number for number, passage in enumerate(passages) if passage.id in unread), 0)


def passage_page(passages: list[Passage], at: int) -> Page:
    """Return a passage as a page to show."""
    passage = passages[at]
    label = f"passage {at + 1} of {len(passages)} of the sample" + (f", {passage.page}" if passage.page else "")
    return Page(number=10_000 + at, label=label, start=passage.start, end=passage.end)


def step(desk: Desk, passages: list[Passage], number: int) -> None:
    """Move on by `number` passages of the sample (back if negative), stopping at the ends."""
    at = min(max(current_passage(desk, passages) + number, 0), len(passages) - 1)
    st.session_state[_AT] = (desk.document.id, at)
    draw_again()


def say_read(desk: Desk, passages: list[Passage]) -> None:
    """Record that this passage was read and nothing is left in it; go to the next unread one."""
    if desk.person is None or not passages:
        return
    with shown_errors():
        at = current_passage(desk, passages)
        sample = review.answer(desk.store, desk.document, [passages[at].id], by=desk.person)
        st.session_state.pop(_AT, None)
        if not sample.unread_ids:
            desk.turn_to("marks")
        draw_again()


def show_reading(desk: Desk, passages: list[Passage]) -> None:
    """Show what to do with the passage, and how far the sample is."""
    sample = review.sample_of(desk.store, desk.document)
    at = current_passage(desk, passages)
    done = len(passages) - len(sample.unread_ids)
    st.markdown(f"**Sample: passage {at + 1} of {len(passages)}**")
    st.progress(done / len(passages), text=f"{done} of {counted(len(passages), 'passage')} read")
    st.markdown(
        "Nothing was found in these passages; they were drawn at random. Read each one. Is a name, a number or a place left "
        "that tells who or where? Select it and mark it."
    )
    is_nameless = desk.person is None
    if st.button("Nothing here, next (a)", type="primary", icon=":material/check:", disabled=is_nameless, key="sample-read"):
        say_read(desk, passages)
    with st.container(horizontal=True, gap="small"):
        if st.button("Previous (p)", icon=":material/arrow_back:", key="sample-previous"):
            step(desk, passages, -1)
        if st.button("Next (n)", icon=":material/arrow_forward:", key="sample-next"):
            step(desk, passages, 1)
        if st.button("Back to the marks (s)", key="sample-leave"):
            desk.turn_to("marks")
