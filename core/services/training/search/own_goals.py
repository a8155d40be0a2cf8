"""Goals of a project's own: settings that a search found, under a name, to train with as with any other goal."""

from core.errors import InputError
from core.records import OwnGoal, Project, new_id, now
from core.services.training.search.progress import found_settings
from core.storage import Workspace, delete, find, insert, rights, transaction
from core.training.goals import AIMS

MOST_CHARACTERS = 40


def own_goals(workspace: Workspace, project: Project, *, model: str = "") -> list[OwnGoal]:
    """Return a project's own goals, or those for one model."""
    rights.check(workspace.db, "see project", project.id)
    return [goal for goal in find(workspace.db, OwnGoal, project_id=project.id, order="name") if model in ("", goal.model)]


def keep_best(workspace: Workspace, project: Project, name: str) -> OwnGoal:
    """Store the best settings of the project's newest search as a goal called `name`.

    Raises:
        InputError: the name cannot be used, or there are no settings yet.
        AccessError: the acting person may not train.
    """
    rights.check(workspace.db, "train", project.id)
    chosen = " ".join(name.split())
    if not chosen or len(chosen) > MOST_CHARACTERS or not chosen.isprintable():
        raise InputError("A goal needs a name.", f"Give it one of at most {MOST_CHARACTERS} characters.")
    if chosen.lower() in AIMS:
        raise InputError(f"{chosen} is a goal that every project has.", "Choose another name.")
    model, settings = found_settings(workspace, project)
    goal = OwnGoal(
        id=new_id("goal"), project_id=project.id, name=chosen, model=model, settings=settings.model_dump(), created_at=now()
    )
    with transaction(workspace.db):
        if find(workspace.db, OwnGoal, project_id=project.id, name=chosen):
            raise InputError(f"There is a goal {chosen} already.", "Choose another name, or remove that one first.")
        insert(workspace.db, goal)
    return goal


def remove_goal(workspace: Workspace, project: Project, name: str) -> None:
    """Remove one of the project's own goals; runs that were trained with it stay as they are.

    Raises:
        InputError: there is none of this name.
        AccessError: the acting person may not train.
    """
    rights.check(workspace.db, "train", project.id)
    if not delete(workspace.db, OwnGoal, project_id=project.id, name=name):
        raise InputError(f"There is no goal {name} of this project's own.", "Look at the list for the right name.")
