"""Comparisons that a person has voted on: kept with the versions that answered, counted, forgotten."""

from collections.abc import Sequence
from dataclasses import replace

from core.chat.standings import Standing, standings
from core.errors import InputError
from core.models.registry import model_folders, models_for
from core.records import ComparedAnswer, Comparison, Project, Run, Vote, new_id, now
from core.services.chat.keeping.stored_form import StoredForm
from core.storage import Workspace, count, delete, find, get, insert, rights, update
from core.storage.chat_retention import forget_others
from core.storage.traceless import empty_log, traceless

FEWEST, MOST = 2, 4  # answers side by side


def version_of(workspace: Workspace, name: str) -> str:
    """Return the SHA-256 of what the run or model called `name` is now; "" for one on another machine."""
    for run in find(workspace.db, Run, id=name):
        return run.adapter_sha256 or ""
    return next((model.sha256 for model in models_for("chat", model_folders(workspace.home)) if model.name == name), "")


def keep_comparison(
    workspace: Workspace, project: Project, question: str, answers: Sequence[ComparedAnswer], *, is_blind: bool
) -> Comparison:
    """Store a question with its answers, for the acting person to vote on; where none is kept, those before are deleted.

    Raises:
        InputError: there is no question, or there are fewer than two answers or more than four.
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    if not question.strip():
        raise InputError("There is no question to answer.", "Write a message first.")
    if not FEWEST <= len(answers) <= MOST:
        raise InputError(f"{len(answers)} answers cannot be compared.", f"Choose {FEWEST} to {MOST} models.")
    form = StoredForm(permitted, project.id)
    comparison = Comparison(
        id=new_id("comparison"),
        project_id=project.id,
        person_id=rights.person_id(permitted.db),
        question=form.of(question),
        answers=tuple(replace(each, text=form.of(each.text)) for each in answers),
        is_blind=is_blind,
        created_at=now(),
    )
    with traceless(permitted.db):
        forgotten = forget_others(permitted, project.id)
        insert(permitted.db, comparison)
    if forgotten:
        empty_log(permitted.db)
    return comparison


def vote(workspace: Workspace, comparison_id: str, better: int | None) -> None:
    """Keep which answer is better, by its number from 0; None: none of them is. A later vote replaces it.

    Raises:
        InputError: there is no such comparison of the acting person, or no answer with that number.
    """
    comparison = get(workspace.db, Comparison, comparison_id)
    permitted = workspace.allowed("chat", comparison.project_id)
    if comparison.person_id != rights.person_id(permitted.db):
        raise InputError(f"There is no comparison {comparison_id!r}.", "Ask the question again.")
    if better is not None and not 0 <= better < len(comparison.answers):
        raise InputError(f"There is no answer number {better + 1}.", "Choose one of those that are shown.")
    with traceless(permitted.db):
        update(permitted.db, Comparison, comparison.id, vote=Vote(better=better))


def votes(workspace: Workspace, project: Project) -> list[Standing]:
    """Return how everything that was compared in a project stands, by the votes of all its people.

    Raises:
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    return standings(find(permitted.db, Comparison, project_id=project.id))


def own_count(workspace: Workspace, project: Project) -> int:
    """Return how many comparisons of the acting person a project keeps, with their votes on series.

    Raises:
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    return count(permitted.db, Comparison, project_id=project.id, person_id=rights.person_id(permitted.db))


def forget_comparisons(workspace: Workspace, project: Project) -> int:
    """Delete the acting person's comparisons of a project for good, with their votes on series; return how many there were.

    Raises:
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    own = find(permitted.db, Comparison, project_id=project.id, person_id=rights.person_id(permitted.db))
    with traceless(permitted.db):
        for comparison in own:
            delete(permitted.db, Comparison, id=comparison.id)
    empty_log(permitted.db)
    return len(own)
