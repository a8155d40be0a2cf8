"""Render a series as a report to decide by: one HTML file that fetches nothing, runs no script and prints well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.html import render
from core.evaluation.outcomes import RIGHT_F1
from core.evaluation.side_by_side.tally import Mark, Score, Tally, tally_words
from core.records import AnswerOutcome, Series
from core.words import counted

SAMPLED = 3  # questions on which each answerer is furthest ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledAnswer:
    """One answer to a question of the sample; `outcome` and `f1` are None where there is no right answer."""

    title: str
    text: str
    note: str  # how it ended, if it was not complete
    outcome: AnswerOutcome | None
    f1: float | None
    votes: int
    sources: tuple[str, ...] = ()  # passages that it was given from, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A question of the sample with all answers, and why it is shown."""

    why: str
    number: int
    question: str
    reference: str
    answers: tuple[SampledAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """Everything that the report on a series shows."""

    project: str
    series: Series
    answer_count: int  # so far
    scored_count: int
    trained_count: int
    scores: Sequence[Score]
    by_right_answers: Sequence[Tally]
    vote_count: int
    voter_count: int
    by_votes: Sequence[Tally]
    sample: Sequence[Sampled]
    garrison: str  # the version that made the report
    made_by: str
    made_at: str  # ISO 8601


def render_report(data: ReportData) -> str:
    """Render the report as one self-contained HTML document with all text escaped."""
    titles = [each.title for each in data.series.answerers]
    tables = [
        ("By the right answers", data.by_right_answers, f"{counted(data.scored_count, 'question')} scored"),
        (
            "By people's votes",
            data.by_votes,
            f"{counted(data.vote_count, 'vote')} of {counted(data.voter_count, 'person', 'people')}, who saw no names",
        ),
    ]
    return render(
        "side_by_side/report.html",
        data=data,
        titles=titles,
        findings=[(title, [tally_words(each, titles) for each in found]) for title, found, _ in tables if found],
        tables=[table for table in tables if table[1]],
        right_f1=f"{RIGHT_F1:.0%}",
        is_whole=data.answer_count == data.series.question_count * len(titles),
    )


def chosen_numbers(marks: Mapping[int, Sequence[Mark]], titles: Sequence[str], *, most: int = SAMPLED) -> dict[int, str]:
    """Return the questions on which each answerer is furthest ahead of all others by token F1, and why they are shown."""
    chosen: dict[int, str] = {}
    for side, title in enumerate(titles):
        leads = {number: _lead([mark.f1 for mark in given], side) for number, given in marks.items()}
        ahead = sorted((number for number, lead in leads.items() if lead > 0), key=lambda number: (-leads[number], number))
        chosen |= {number: f"{title} is far ahead" for number in ahead[:most]}
    return chosen


def _lead(values: Sequence[float], side: int) -> float:
    return values[side] - max(value for place, value in enumerate(values) if place != side)
