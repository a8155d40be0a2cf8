"""How every act on question pairs is done: asked for once, in one transaction, in somebody's name, with a way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import InputError
from core.identity import declared
from core.records import AuditAction, Person
from core.storage import Permitted, Workspace, audit, transaction
from core.storage.pairs import acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act that is being done: the workspace for it, and the record of what it changes."""

    permitted: Permitted
    record: acts.PairAct


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAct:
    """What a person can undo: what was done, to how many pairs, the first of them, and when."""

    action: AuditAction
    pairs: int
    pair_id: str
    at: str


def person_of(by: Person | None, workspace: Workspace) -> Person:
    """Return in whose name an act is done: `by`, else whoever is signed in, else the account of the operating system."""
    if by is not None:
        return by
    return workspace.actor.person if workspace.actor else declared(audit.account())


@contextmanager
def acting(workspace: Workspace, project_id: str, action: AuditAction, *, by: Person | None) -> Iterator[Act]:
    """Do the block as one act: all of it or nothing.

    Raises:
        AccessError: the actor may not work on the project's questions, or `by` is another person.
        InputError: there is no such project, or the actor may not see it.
    """
    permitted = workspace.allowed("work on questions", project_id, by=by)
    with transaction(permitted.db):
        record = acts.begin_act(permitted, project_id, action, by=person_of(by, workspace))
        yield Act(permitted=permitted, record=record)
        acts.end_act(permitted, record)


def last_act(workspace: Workspace, project_id: str, *, by: Person | None = None) -> LastAct | None:
    """Return what a person did last to the pairs of a project and can undo; None if there is nothing."""
    permitted = workspace.allowed("work on questions", project_id, by=by)
    last = acts.last_act(permitted, project_id, by=person_of(by, workspace))
    return _told(*last) if last else None


def undo(workspace: Workspace, project_id: str, *, by: Person | None = None) -> LastAct | None:
    """Undo what a person did last to the pairs of a project, all of it; called again, what they did before that.

    Returns:
        What was undone; None if there is nothing to undo.

    Raises:
        InputError: somebody changed one of these pairs since.
    """
    permitted = workspace.allowed("work on questions", project_id, by=by)
    with transaction(permitted.db):
        last = acts.last_act(permitted, project_id, by=person_of(by, workspace))
        if last is None:
            return None
        if not acts.is_untouched(permitted, last[0]):
            raise InputError(
                "Nothing was undone: one of these pairs was changed, written anew or removed since.",
                "Look at the pairs and decide on each of them anew.",
            )
        acts.take_back(permitted, last[0])
    return _told(*last)


def _told(act: acts.PairAct, pairs: int, pair_id: str) -> LastAct:
    return LastAct(action=act.action, pairs=pairs, pair_id=pair_id, at=act.at)
