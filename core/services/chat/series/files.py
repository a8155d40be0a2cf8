"""A series as a file: CSV for spreadsheets, JSONL for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from core.records import Series
from core.services.chat.series.figures import votes_by_question
from core.services.chat.series.stored import Answered, answered_questions, permitted_series
from core.spreadsheets import harmless
from core.storage import Permitted, Workspace
from core.storage.series_pages import numbers

AT_ONCE = 200  # questions


def as_csv(workspace: Workspace, series_id: str) -> str:
    """Return a series as CSV, a question on each row with all answers; a spreadsheet takes no cell for a formula.

    Raises:
        InputError: there is no such series that the acting person may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    file = io.StringIO()
    writer = csv.writer(file)
    columns = ("answer", "state", "outcome", "token_f1", "seconds", "votes", "sources")
    named = [f"{column} of {each.title}" for each in series.answerers for column in columns]
    writer.writerow(map(harmless, ["number", "question", "right answer", "counts", *named]))
    votes = votes_by_question(permitted, series)
    for found in _questions(permitted, series):
        question, cells = found.question, list[str]()
        for side in range(len(series.answerers)):
            answer = found.answers.get(side)
            given = votes[question.number][side]
            cells += (
                [
                    answer.text or answer.problem,
                    answer.state,
                    answer.outcome or "",
                    _number(answer.f1),
                    _number(answer.whole_s),
                    str(given),
                    "; ".join(each.words for each in answer.sources),
                ]
                if answer
                else [""] * len(columns)
            )
        is_scored = any(answer.outcome for answer in found.answers.values())
        counts = "no: trained on" if question.was_trained_on else "yes" if is_scored else "no right answer"
        writer.writerow(map(harmless, [str(question.number), question.question, question.reference, counts, *cells]))
    return file.getvalue()


def as_jsonl(workspace: Workspace, series_id: str) -> str:
    """Return a series as JSON, a question with all answers on each line; the first line tells who answered, and how.

    Raises:
        InputError: there is no such series that the acting person may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    votes = votes_by_question(permitted, series)
    head = {name: value for name, value in asdict(series).items() if name not in ("person_id", "job_id", "project_id")}
    lines: list[dict[str, Any]] = [{"series": head}]
    for found in _questions(permitted, series):
        given = votes[found.question.number]
        answers = [
            _without_place(asdict(answer)) | {"answerer": series.answerers[side].title, "votes": given[side]}
            for side, answer in sorted(found.answers.items())
        ]
        lines.append(_without_place(asdict(found.question)) | {"answers": answers, "votes_for_none": given[None]})
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


FILES: dict[str, Callable[[Workspace, str], str]] = {"csv": as_csv, "jsonl": as_jsonl}  # by suffix


def _questions(permitted: Permitted, series: Series) -> Iterator[Answered]:
    for first in range(0, series.question_count, AT_ONCE):
        yield from answered_questions(
            permitted, series, numbers(permitted.db, series.id, order="as asked", first=first, most=AT_ONCE)
        )


def _without_place(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in ("series_id", "project_id")}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
