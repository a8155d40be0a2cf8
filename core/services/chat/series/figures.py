"""What a series shows: scores by the right answers, and who stands how against whom, by right answers and by votes."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import groupby

from core.evaluation.side_by_side.tally import Mark, Score, Tally, by_right_answers, by_votes, scores
from core.records import Comparison, Series, SeriesQuestion
from core.services.chat.series.stored import permitted_series
from core.storage import Permitted, Workspace, count, find
from core.storage.series_pages import marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Scores by side, and a tally for each pair of sides; those by right answers are empty if nothing could be scored."""

    scored_count: int  # questions with a right answer that all sides have answered and none was trained on
    trained_count: int  # questions that one of them was trained on: they do not count
    scores: tuple[Score, ...]
    by_right_answers: tuple[Tally, ...]
    vote_count: int
    voter_count: int
    by_votes: tuple[Tally, ...]


def figures_of(workspace: Workspace, series_id: str) -> Figures:
    """Return the figures of a series, as far as it has been answered.

    Raises:
        InputError: there is no such series that the acting person may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    scored = list(scored_questions(permitted, series).values())
    votes = votes_on(permitted, series)
    sides = len(series.answerers)
    return Figures(
        scored_count=len(scored),
        trained_count=count(permitted.db, SeriesQuestion, series_id=series.id, was_trained_on=True),
        scores=tuple(scores(scored)),
        by_right_answers=tuple(by_right_answers(scored, sides=sides)) if scored else (),
        vote_count=len(votes),
        voter_count=len({vote.person_id for vote in votes}),
        by_votes=tuple(by_votes((side_of(series, vote) for vote in votes), sides=sides)) if votes else (),
    )


def scored_questions(permitted: Permitted, series: Series) -> dict[int, list[Mark]]:
    """Return the marks of all sides by the number of the question, for the questions that count."""
    rows = groupby(marks(permitted.db, series.id), key=lambda row: row.number)
    found = {number: [Mark(f1=row.f1, outcome=row.outcome, is_good=row.is_good) for row in given] for number, given in rows}
    return {number: given for number, given in found.items() if len(given) == len(series.answerers)}


def votes_on(permitted: Permitted, series: Series) -> list[Comparison]:
    """Return everybody's votes on a series."""
    return [each for each in find(permitted.db, Comparison, series_id=series.id) if each.vote is not None]


def side_of(series: Series, comparison: Comparison) -> int | None:
    """Return the side that a vote found best; None if it was none."""
    better = comparison.vote.better if comparison.vote else None
    if better is None:
        return None
    best = comparison.answers[better]
    found = ((each.answerer, each.from_documents) == (best.answerer, best.from_documents) for each in series.answerers)
    return list(found).index(True)


def votes_by_question(permitted: Permitted, series: Series) -> defaultdict[int, Counter[int | None]]:
    """Return how often each side was found best (None: none of them), by the number of the question."""
    found = defaultdict[int, Counter[int | None]](Counter)
    for vote in votes_on(permitted, series):
        found[vote.series_number or 0][side_of(series, vote)] += 1
    return found
