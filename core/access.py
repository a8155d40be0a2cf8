"""Access control: the single table of roles and actions, and the actor it applies to.

A role is held either on this machine or in a project. A machine role also counts in every project its holder is a member
of, that is, holds any role in. Anything not allowed by a line below is denied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from core.records import AuditAction, Person, Role

Action = Literal[
    "see project",
    "read documents",
    "add documents",
    "remove documents",
    "find personal data",
    "decide",
    "edit lists",
    "set rules",
    "propose",
    "approve",
    "withdraw",
    "reveal",
    "work on questions",
    "train",
    "test leaks",
    "chat",
    "export",
    "delete project",
    "manage members",
    "create project",
    "manage people",
    "manage models",
    "manage jobs",
    "manage machine",
    "read audit log",
]
ROLES: tuple[Role, ...] = get_args(Role)


def _roles(words: str) -> frozenset[Role]:
    chosen = frozenset(role for role in ROLES if role in words.split())
    assert len(chosen) == len(words.split())  # noqa: S101 catches a misspelled role in the tables below
    return chosen


IN_PROJECT: dict[Action, frozenset[Role]] = {
    "see project": _roles("owner expert reviewer approver auditor"),
    "read documents": _roles("owner expert reviewer approver"),
    "add documents": _roles("owner expert"),
    "remove documents": _roles("owner expert"),
    "find personal data": _roles("owner expert reviewer approver"),
    "decide": _roles("reviewer approver"),
    "edit lists": _roles("reviewer approver"),
    "set rules": _roles("owner"),
    "propose": _roles("reviewer approver"),
    "approve": _roles("approver"),
    "withdraw": _roles("owner reviewer approver"),
    "reveal": _roles("reviewer approver"),
    "work on questions": _roles("owner expert"),
    "train": _roles("owner expert"),
    # Only whoever may read the originals may have the values in them looked for.
    "test leaks": _roles("owner expert reviewer approver"),
    "chat": _roles("owner expert reviewer approver"),
    "export": _roles("owner"),
    "delete project": _roles("owner"),
    "manage members": _roles("owner"),
}
ON_MACHINE: dict[Action, frozenset[Role]] = {
    "create project": _roles("administrator owner"),
    "manage people": _roles("administrator"),
    "manage members": _roles("administrator"),
    "edit lists": _roles("administrator"),
    "set rules": _roles("administrator"),
    "manage models": _roles("administrator"),
    "manage jobs": _roles("administrator"),
    "manage machine": _roles("administrator"),
    "read audit log": _roles("administrator auditor"),
}

# The action that must be allowed before an audit entry of each kind is written: the last check before anything is stored.
GATES: dict[AuditAction, Action] = {
    "document added": "add documents",
    "document removed": "remove documents",
    "project deleted": "delete project",
    "detection run": "find personal data",
    "names spread": "find personal data",
    "spans accepted": "decide",
    "spans rejected": "decide",
    "span added": "decide",
    "decision undone": "decide",
    "span type changed": "decide",
    "span borders changed": "decide",
    "sample read": "decide",
    "second search run": "find personal data",
    "surrogates given anew": "find personal data",
    "treatment changed": "set rules",
    "way back set up": "set rules",
    "way back passphrase changed": "set rules",
    "way back turned off": "set rules",
    "way back opened": "reveal",
    "way back refused": "read documents",
    "list entries added": "edit lists",
    "list entries removed": "edit lists",
    "pattern added": "edit lists",
    "pattern removed": "edit lists",
    "lists applied": "edit lists",
    "document refused": "add documents",
    "highest marking set": "set rules",
    "two-person rule changed": "set rules",
    "sample size changed": "set rules",
    "good enough changed": "set rules",
    "chat retention changed": "set rules",
    "chats deleted": "chat",
    "review proposed": "propose",
    "review returned": "approve",
    "review approved": "approve",
    "review withdrawn": "withdraw",
    "question pairs carried over": "approve",
    "dataset version built": "train",
    "question pairs exported": "export",
    "dataset version exported": "export",
    "question pairs kept": "work on questions",
    "question pairs dropped": "work on questions",
    "decisions on pairs removed": "work on questions",
    "question pair edited": "work on questions",
    "question pair added": "work on questions",
    "question pair split": "work on questions",
    "question pairs merged": "work on questions",
    "filters applied": "work on questions",
    "act on pairs undone": "work on questions",
    "preferences added": "work on questions",
    "preferences removed": "work on questions",
    "feedback set aside": "work on questions",
    "feedback opened again": "work on questions",
    "documents exported": "export",
    "run trained": "train",
    "leak test run": "test leaks",
    "leak limit changed": "set rules",
    "release made": "export",
    "role granted": "manage people",
    "role revoked": "manage people",
    "member added": "manage members",
    "member removed": "manage members",
    "key added": "manage members",
    "key revoked": "manage members",
    "model in use set": "train",
    "model in use rolled back": "train",
    "monitoring changed": "train",
    "service started": "manage machine",
    "service stopped": "manage machine",
}
UNGATED: frozenset[AuditAction] = frozenset({"log begun", "signed in", "signed out", "access refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person a workspace acts for. Without one, it acts for the operating system account, which owns the files anyway.

    With a `sign_in_id`, every use is checked against the roles stored at that moment. Without one (None), the actor is a
    job, whose person's permissions were checked when it began.
    """

    person: Person
    sign_in_id: str | None = None


def is_allowed(action: Action, *, on_machine: Iterable[Role], in_project: Iterable[Role]) -> bool:
    """Return whether a person's machine roles and project roles (empty for a non-member) allow an action there."""
    here = frozenset(on_machine)
    there = frozenset(in_project)
    counted = there | here if there else there
    return bool(counted & IN_PROJECT.get(action, frozenset()) or here & ON_MACHINE.get(action, frozenset()))
