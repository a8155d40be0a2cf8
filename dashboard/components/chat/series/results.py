"""What a comparison over a question file shows: who is better, by the right answers and by votes."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.evaluation.outcomes import RIGHT_F1
from core.evaluation.side_by_side.tally import Tally, tally_words
from core.records import Series
from core.services.chat.series.figures import Figures, figures_of
from core.storage import Workspace
from core.words import counted
from dashboard.components.words import unformatted

ODDS = "the range in which it may lie by chance, 19 times of 20. The fewer questions, the wider."


def show_results(workspace: Workspace, series: Series) -> None:
    """Show the sentences first, then the figures behind them."""
    figures = figures_of(workspace, series.id)
    titles = [each.title for each in series.answerers]
    if not figures.scores and not figures.by_votes:
        st.info(_nothing(figures), icon=":material/info:")
        return
    if figures.by_right_answers:
        st.subheader("By the right answers")
        _show_pairs(figures.by_right_answers, titles, alt="Who had more right answers")
        _show_scores(figures, titles)
    if figures.by_votes:
        st.subheader("By votes")
        votes, voters = counted(figures.vote_count, "vote"), counted(figures.voter_count, "person", "people")
        st.caption(f"{votes} of {voters}, who saw no names.")
        _show_pairs(figures.by_votes, titles, alt="Whose answers got more votes")


def _nothing(figures: Figures) -> str:
    if figures.trained_count:
        return "All questions that could be scored were among those that one of them was trained on: they do not count."
    return "There are no right answers to score by, or not all have answered yet. Vote without names: that decides, too."


def _show_pairs(tallies: Sequence[Tally], titles: Sequence[str], *, alt: str) -> None:
    for tally in tallies:
        st.markdown(f"**{unformatted(tally_words(tally, titles))}**")
    rows = [
        {
            "First": titles[each.first],
            "Second": titles[each.second],
            "First better": each.won,
            "Second better": each.lost,
            "Neither": each.equal,
            "Share of the first": _share(each.won, each.decided, each.interval),
        }
        for each in tallies
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=alt)
    st.caption(f"The share is of the questions on which one of both was better; in brackets {ODDS}")


def _share(count: int, total: int, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{count / total:.0%} ({low:.0%} to {high:.0%})" if total else "–"


def _show_scores(figures: Figures, titles: Sequence[str]) -> None:
    rows = [
        {
            "Who": titles[side],
            "Right": score.counts.right,
            "Wrong": score.counts.wrong,
            "Says it does not know": score.counts.refused,
            "As it should be": _share(score.good, score.counts.total, score.interval),
            "Words shared": f"{score.f1:.0%}",
        }
        for side, score in enumerate(figures.scores)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="How often each is right, wrong, or does not know")
    st.caption(
        f"Over {counted(figures.scored_count, 'question')}. Right is an answer with the same words, or {RIGHT_F1:.0%} of "
        "them and the same numbers: a right answer in other words may count as wrong, for all alike."
    )
    if figures.trained_count:
        one = counted(figures.trained_count, "question")
        st.caption(f":material/info: {one} that one of them was trained on: left out, since that would be no fair test.")
