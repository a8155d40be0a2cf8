"""Voting on the answers of a comparison without knowing whose they are."""

import streamlit as st

from core.records import Series
from core.services.chat.series.ballots import Ballot, cast, next_ballot, own_votes, take_back
from core.storage import Workspace
from core.words import counted
from dashboard.components.chat.answer_html import answer_html

LETTERS = "ABCD"


def show_ballot(workspace: Workspace, series: Series) -> None:
    """Show the next question that the person has not voted on, and take the vote."""
    ballot = next_ballot(workspace, series.id, after=st.session_state.get(_key(series), 0))
    voted = own_votes(workspace, series.id)
    if ballot is None:
        if voted:
            st.success("You have voted on all of them. Results shows what it comes to.", icon=":material/check_circle:")
        else:
            st.info(
                "There is nothing to vote on yet: it takes questions that all have answered, and not all the same.",
                icon=":material/info:",
            )
    else:
        _show_choice(workspace, series, ballot)
    if voted:
        st.button(
            "Take back the last vote",
            icon=":material/undo:",
            type="tertiary",
            key="series-take-back",
            on_click=_take_back,
            args=[workspace, series],
        )


def _show_choice(workspace: Workspace, series: Series, ballot: Ballot) -> None:
    left = counted(ballot.left, "question")
    st.caption(
        f"{left} left to vote on. The order of the answers is drawn anew for each question, so that no name sways you."
    )
    st.text(ballot.question)
    for side, column in enumerate(st.columns(len(ballot.texts), border=True)):
        with column:
            st.markdown(f"**Answer {LETTERS[side]}**")
            if ballot.texts[side]:
                st.html(answer_html(ballot.texts[side]))
            else:
                st.caption("It ended without a word.")
    st.markdown("**Which is better?**")
    with st.container(horizontal=True, gap="small"):
        for side in range(len(ballot.texts)):
            words = f"Answer {LETTERS[side]}"
            args = [workspace, series, ballot.number, side]
            st.button(words, key=f"series-vote-{side}", on_click=_vote, args=args)
        st.button("None of them", key="series-vote-none", on_click=_vote, args=[workspace, series, ballot.number, None])
        st.button("Skip", key="series-skip", type="tertiary", on_click=_go_to, args=[series, ballot.number])


def _vote(workspace: Workspace, series: Series, number: int, better: int | None) -> None:
    cast(workspace, series.id, number, better)
    _go_to(series, number)


def _go_to(series: Series, after: int) -> None:
    st.session_state[_key(series)] = after


def _take_back(workspace: Workspace, series: Series) -> None:
    number = take_back(workspace, series.id)
    if number is not None:
        _go_to(series, number - 1)


def _key(series: Series) -> str:
    return f"series-after-{series.id}"
