"""The share of right answers from which a project takes a model for good enough to use."""

from core.errors import InputError
from core.records import Person, Project
from core.storage import Workspace, audit, get, transaction, update

LEAST, MOST = 0.05, 1.0


def set_good_enough(workspace: Workspace, project: Project, share: float, *, actor: Person) -> None:
    """Set the share of right answers, .05 to 1, from which a model of the project is good enough to use.

    Raises:
        InputError: the share is out of range.
        AccessError: the acting person may not set rules.
    """
    permitted = workspace.allowed("set rules", project.id, by=actor)
    if not LEAST <= share <= MOST:
        raise InputError(f"A share of {share:g} is out of range.", f"Choose {LEAST:g} to {MOST:g}; 0.6 is 60 %.")
    with transaction(permitted.db):
        before = get(permitted.db, Project, project.id).good_enough
        if before == share:
            return
        update(permitted.db, Project, project.id, good_enough=share)
        counts = {"from percent": round(100 * before), "to percent": round(100 * share)}
        audit.append(permitted.db, "good enough changed", actor=actor.name, subjects={"project": project.id}, counts=counts)
