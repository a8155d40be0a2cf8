"""The series of a project: listed, looked at a page at a time, deleted for good."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import AccessError, InputError
from core.records import Job, JobState, Project, Series, SeriesAnswer, SeriesQuestion
from core.storage import Permitted, Workspace, count, delete, find, from_row, get, rights
from core.storage.series_pages import Order, numbers, texts
from core.storage.traceless import empty_log, traceless


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question of a series with its answers by side; a side that has not answered yet is missing."""

    question: SeriesQuestion
    answers: dict[int, SeriesAnswer]


def all_series(workspace: Workspace, project: Project) -> list[Series]:
    """Return the series of a project, newest first.

    Raises:
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    return find(permitted.db, Series, project_id=project.id, order="number desc")


def series_named(workspace: Workspace, project: Project, name: str) -> Series:
    """Return the series of a project with this number or id.

    Raises:
        InputError: there is none.
        AccessError: the acting person may not chat in this project.
    """
    found = [each for each in all_series(workspace, project) if name in (each.id, str(each.number))]
    if not found:
        raise InputError(f"There is no series {name!r} in {project.name}.", "Look at the list for the right number.")
    return found[0]


def permitted_series(workspace: Workspace, series_id: str) -> tuple[Series, Permitted]:
    """Return a series and the workspace for what follows.

    Raises:
        InputError: there is none that the acting person may see.
        AccessError: they may not chat in its project any more.
    """
    series = get(workspace.db, Series, series_id)
    return series, workspace.allowed("chat", series.project_id)


def state_of(workspace: Workspace, series: Series) -> JobState:
    """Return what the job that has a series answered does; "failed" if it is gone before it was done.

    Raises:
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", series.project_id)
    if jobs := find(permitted.db, Job, id=series.job_id):
        return jobs[0].state
    asked = series.question_count * len(series.answerers)
    return "done" if count(permitted.db, SeriesAnswer, series_id=series.id) == asked else "failed"


def answer_count(workspace: Workspace, series_id: str) -> int:
    """Return how many answers of a series there are so far.

    Raises:
        InputError: there is no such series that the acting person may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    return count(permitted.db, SeriesAnswer, series_id=series.id)


def page_of(workspace: Workspace, series_id: str, *, first: int, most: int, order: Order = "as asked") -> list[Answered]:
    """Return `most` questions with their answers, beginning with the one at place `first`, from 0.

    Raises:
        InputError: there is no such series that the acting person may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    return answered_questions(permitted, series, numbers(permitted.db, series.id, order=order, first=first, most=most))


def answered_questions(permitted: Permitted, series: Series, wanted: Sequence[int]) -> list[Answered]:
    """Return these questions of a series with their answers, in the order of `wanted`."""
    answers = defaultdict[int, dict[int, SeriesAnswer]](dict)
    for row in texts(permitted.db, series.id, wanted):
        answer = from_row(SeriesAnswer, row)
        answers[answer.number][answer.side] = answer
    found = []
    for number in wanted:
        (question,) = find(permitted.db, SeriesQuestion, series_id=series.id, number=number)
        found.append(Answered(question=question, answers=answers[number]))
    return found


def may_delete(workspace: Workspace, series: Series) -> bool:
    """Return whether the acting person may delete a series: who began it may, and whoever may delete the project."""
    if not rights.may(workspace.db, "chat", series.project_id):
        return False
    return series.person_id == rights.person_id(workspace.db) or rights.may(
        workspace.db, "delete project", series.project_id
    )


def delete_series(workspace: Workspace, series_id: str) -> None:
    """Delete a series with its questions, answers and everybody's votes on them, and overwrite them in the database's files.

    Raises:
        InputError: there is no such series that the acting person may see.
        InputError: it is still being answered.
        AccessError: somebody else began it, and the acting person may not delete the project.
    """
    series, permitted = permitted_series(workspace, series_id)
    if not may_delete(workspace, series):
        raise AccessError("Somebody else began this series.", "Ask them, or an owner of the project, to delete it.")
    if state_of(workspace, series) in ("queued", "running"):
        raise InputError(f"Series {series.number} is still being answered.", "Cancel its job first.")
    with traceless(permitted.db):
        delete(permitted.db, Series, id=series.id)  # cascades to all of it
    empty_log(permitted.db)
