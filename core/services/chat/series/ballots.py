"""Blind votes on the answers of a series, which are there already: nobody waits for a model."""

import random
from dataclasses import dataclass
from typing import Any

from core.errors import InputError
from core.records import ComparedAnswer, Comparison, Series, Vote, new_id, now
from core.services.chat.series.stored import answered_questions, permitted_series
from core.storage import Permitted, Workspace, delete, find, insert, rights, update
from core.storage.series_pages import open_ballots
from core.storage.traceless import traceless


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A question of a series and its answers without names, in an order that says nothing about who gave them."""

    number: int
    question: str
    texts: tuple[str, ...]
    left: int  # questions that this person can still vote on, with this one


def next_ballot(workspace: Workspace, series_id: str, *, after: int = 0) -> Ballot | None:
    """Return the next question after number `after` that the acting person has not voted on, else the first such; or None.

    Questions whose answers are all the same are left out.

    Raises:
        InputError: there is no such series that the acting person may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    left = _open(permitted, series)
    if not left:
        return None
    number = next((each for each in left if each > after), left[0])
    (found,) = answered_questions(permitted, series, [number])
    texts = tuple(found.answers[side].text for side in _order(permitted, series, number))
    return Ballot(number=number, question=found.question.question, texts=texts, left=len(left))


def cast(workspace: Workspace, series_id: str, number: int, better: int | None) -> None:
    """Keep which answer of a ballot is better, by its place from 0; None: none of them is. A later vote replaces it.

    Raises:
        InputError: there is no such answer, or that question cannot be voted on.
    """
    series, permitted = permitted_series(workspace, series_id)
    if better is not None and not 0 <= better < len(series.answerers):
        raise InputError(f"There is no answer number {better + 1}.", "Choose one of those that are shown.")
    with traceless(permitted.db):
        for earlier in _own(permitted, series, series_number=number):
            update(permitted.db, Comparison, earlier.id, vote=Vote(better=better))
            return
        insert(permitted.db, _voted(permitted, series, number, Vote(better=better)))


def _voted(permitted: Permitted, series: Series, number: int, vote: Vote) -> Comparison:
    if number not in _open(permitted, series):
        raise InputError(f"Question {number} is not open to votes.", "Reload the page.")
    (found,) = answered_questions(permitted, series, [number])
    answers = tuple(
        ComparedAnswer(
            answerer=series.answerers[side].answerer,
            version=series.answerers[side].version,
            text=found.answers[side].text,
            whole_s=found.answers[side].whole_s,
            from_documents=series.answerers[side].from_documents,
        )
        for side in _order(permitted, series, number)
    )
    return Comparison(
        id=new_id("comparison"),
        project_id=series.project_id,
        person_id=rights.person_id(permitted.db),
        question=found.question.question,
        answers=answers,
        is_blind=True,
        vote=vote,
        series_id=series.id,
        series_number=number,
        created_at=now(),
    )


def own_votes(workspace: Workspace, series_id: str) -> int:
    """Return how often the acting person has voted on a series.

    Raises:
        InputError: there is no such series that they may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    return len(_own(permitted, series))


def take_back(workspace: Workspace, series_id: str) -> int | None:
    """Delete the acting person's last vote on a series; return the number of its question, or None if there was none.

    Raises:
        InputError: there is no such series that they may see.
    """
    series, permitted = permitted_series(workspace, series_id)
    with traceless(permitted.db):
        own = _own(permitted, series)
        if own:
            delete(permitted.db, Comparison, id=own[-1].id)
    return own[-1].series_number if own else None


def _own(permitted: Permitted, series: Series, **equals: Any) -> list[Comparison]:
    """Return the acting person's votes, oldest first."""
    return find(permitted.db, Comparison, series_id=series.id, person_id=rights.person_id(permitted.db), **equals)


def _open(permitted: Permitted, series: Series) -> list[int]:
    sides = len(series.answerers)
    return open_ballots(permitted.db, series.id, sides=sides, person_id=rights.person_id(permitted.db))


def _order(permitted: Permitted, series: Series, number: int) -> list[int]:
    """Return the sides as this person sees them: by chance, but the same each time that they look at the question."""
    sides = list(range(len(series.answerers)))
    random.Random(f"{series.id} {number} {rights.person_id(permitted.db)}").shuffle(sides)  # noqa: S311 no secret
    return sides
