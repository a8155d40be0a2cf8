"""The report on a series, to put into a file with a decision."""

from core import __version__
from core.evaluation.side_by_side.report import ReportData, Sampled, SampledAnswer, chosen_numbers, render_report
from core.records import Project, Series, now
from core.services.chat.chat_export import STATE_WORDS
from core.services.chat.series.figures import figures_of, scored_questions, votes_by_question
from core.services.chat.series.stored import answer_count, answered_questions, permitted_series
from core.storage import Permitted, Workspace, get
from core.storage.audit import account
from core.storage.series_pages import numbers

FIRST = 5  # questions that are shown where nothing can be scored


def report_of(workspace: Workspace, series_id: str) -> str:
    """Return the report on a series as one HTML file, as far as it has been answered.

    Raises:
        InputError: there is no such series that the acting person may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    figures = figures_of(permitted, series.id)
    return render_report(
        ReportData(
            project=get(permitted.db, Project, series.project_id).name,
            series=series,
            answer_count=answer_count(permitted, series.id),
            scored_count=figures.scored_count,
            trained_count=figures.trained_count,
            scores=figures.scores,
            by_right_answers=figures.by_right_answers,
            vote_count=figures.vote_count,
            voter_count=figures.voter_count,
            by_votes=figures.by_votes,
            sample=_sample(permitted, series),
            garrison=__version__,
            made_by=workspace.actor.person.name if workspace.actor else account(),
            made_at=now(),
        )
    )


def _sample(permitted: Permitted, series: Series) -> list[Sampled]:
    if series.words_deleted_at:
        return []
    chosen = chosen_numbers(scored_questions(permitted, series), [each.title for each in series.answerers])
    if not chosen:
        chosen = dict.fromkeys(numbers(permitted.db, series.id, order="most different", first=0, most=FIRST), "")
    votes = votes_by_question(permitted, series)
    sample = []
    for found in answered_questions(permitted, series, list(chosen)):
        number = found.question.number
        given = votes[number]
        answers = tuple(
            SampledAnswer(
                title=series.answerers[side].title,
                text=answer.text or answer.problem,
                note=STATE_WORDS[answer.state],
                outcome=answer.outcome,
                f1=answer.f1,
                votes=given[side],
                sources=tuple(each.words for each in answer.sources),
            )
            for side, answer in sorted(found.answers.items())
        )
        sample.append(
            Sampled(
                why=chosen[number],
                number=number,
                question=found.question.question,
                reference=found.question.reference,
                answers=answers,
            )
        )
    return [each for each in sample if each.answers]
