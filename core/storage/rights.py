"""Check what the person using a database connection may do.

Roles are read each time, so that revoking one takes effect at once; within a transaction, which nobody else's change can
reach, they are read once for all that the act needs.

A connection without an actor belongs to the operating system account, and the actor of a job was checked when the job began;
neither is restricted. `audit.append` and `rows` check here before they store or return anything.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from core.access import IN_PROJECT, Action, Actor, is_allowed
from core.errors import AccessError
from core.records import Person, Role, now
from core.storage.transactions import Database

T = TypeVar("T")
SIGNED_OUT = "Your sign-in has ended."


def restricted(db: sqlite3.Connection) -> Actor | None:
    """Return the actor signed in on this connection, or None if it is unrestricted."""
    actor = db.actor if isinstance(db, Database) else None
    return actor if actor is not None and actor.sign_in_id is not None else None


def person_id(db: sqlite3.Connection) -> str | None:
    """Return the id of the person whom this connection acts for, a job's person too; None for the system's account."""
    actor = db.actor if isinstance(db, Database) else None
    return actor.person.id if actor is not None else None


def check_sign_in(db: sqlite3.Connection) -> None:
    """Check that the sign-in of this connection is still valid.

    Raises:
        AccessError: it has expired, was ended, or was never stored.
    """
    actor = restricted(db)
    if actor is not None:
        _once(db, f"sign-in {actor.sign_in_id}", lambda: _check_sign_in(db, actor))


def _check_sign_in(db: sqlite3.Connection, actor: Actor) -> None:
    row = db.execute(
        "select expires_at, ended_at from sign_ins where id = ? and person_id = ?", [actor.sign_in_id, actor.person.id]
    ).fetchone()
    if row is None or row["ended_at"] or row["expires_at"] <= now():
        raise AccessError(SIGNED_OUT, "Reload the page and sign in again.")


def machine_roles(db: sqlite3.Connection, person_id: str) -> frozenset[Role]:
    """Return a person's roles on this machine: those granted here and those the identity provider last assigned."""
    return _roles(db, person_id)[0]


def project_roles(db: sqlite3.Connection, person_id: str) -> dict[str, frozenset[Role]]:
    """Return a person's roles by id of each project of which they are a member."""
    return _roles(db, person_id)[1]


def forget(db: sqlite3.Connection) -> None:
    """Read rights anew within this transaction, which has changed them."""
    if isinstance(db, Database) and db.known:
        db.known.clear()


def _roles(db: sqlite3.Connection, person_id: str) -> tuple[frozenset[Role], dict[str, frozenset[Role]]]:
    return _once(db, f"roles {person_id}", lambda: _read_roles(db, person_id))


def _read_roles(db: sqlite3.Connection, person_id: str) -> tuple[frozenset[Role], dict[str, frozenset[Role]]]:
    person = db.execute("select claimed_roles from people where id = ?", [person_id]).fetchone()
    on_machine = set(json.loads(person["claimed_roles"]) if person else ())
    held: dict[str, frozenset[Role]] = {}
    for row in db.execute("select project_id, role from roles where person_id = ?", [person_id]):
        if row["project_id"] is None:
            on_machine.add(row["role"])
        else:
            held[row["project_id"]] = held.get(row["project_id"], frozenset()) | {row["role"]}
    return frozenset(on_machine), held


def _once(db: sqlite3.Connection, key: str, read: Callable[[], T]) -> T:
    """Read something of rights; within a transaction, the first time only."""
    known = db.known if isinstance(db, Database) else None
    if known is None:
        return read()
    if key not in known:
        known[key] = read()
    value: T = known[key]
    return value


def may_person(db: sqlite3.Connection, person_id: str, action: Action, project_id: str | None = None) -> bool:
    """Return whether a person's current roles allow an action, in a project or, without one, on this machine."""
    there = project_roles(db, person_id).get(project_id, frozenset()) if project_id is not None else frozenset()
    return is_allowed(action, on_machine=machine_roles(db, person_id), in_project=there)


def may(db: sqlite3.Connection, action: Action, project_id: str | None = None) -> bool:
    """Return whether this connection's actor may do `action`, so that pages can hide buttons that would be refused."""
    actor = restricted(db)
    return actor is None or may_person(db, actor.person.id, action, project_id)


def check(db: sqlite3.Connection, action: Action, project_id: str | None = None, *, by: Person | None = None) -> None:
    """Refuse an action that the acting person's roles do not allow, and record the refusal in the audit log.

    `by` is the person in whose name the action is done. Where people sign in, nobody may act for another person, not even
    for one of the same name. Without a project, the action is one on this machine.

    Raises:
        AccessError: a role is missing, the sign-in has ended, or `by` is another person.
    """
    actor = restricted(db)
    if actor is None:
        return
    check_sign_in(db)
    if by is not None and by != actor.person:
        raise AccessError(f"You are signed in as {actor.person.name}.", "Nobody acts here for another person.")
    if may_person(db, actor.person.id, action, project_id):
        return
    if isinstance(db, Database) and db.on_refusal:
        note = partial(db.on_refusal, action, project_id)
        if db.in_transaction:
            db.once_undone = note  # recorded only after the rollback, which would undo it too
        else:
            note()
    raise refusal(action)


def refusal(action: Action) -> AccessError:
    """Build the error for an action that is not allowed. It does not reveal whether the project exists."""
    whom = "an owner of the project" if action in IN_PROJECT else "an administrator"
    return AccessError(f"You may not do this here: {action}.", f"Ask {whom} for a role that allows it.")


def visible_projects(db: sqlite3.Connection, action: Action) -> str | None:
    """Return the ids of the projects in which the acting person may do `action`, as a JSON array; None means all.

    The id "" stands for lists that apply to every project.
    """
    actor = restricted(db)
    if actor is None:
        return None
    here = machine_roles(db, actor.person.id)
    held = project_roles(db, actor.person.id)
    projects = _allowed(action, here, held)
    if projects or is_allowed("edit lists", on_machine=here, in_project=()):
        projects.append("")  # lists for every project are visible to anyone who works in one or maintains them
    return json.dumps(projects)


def _allowed(action: Action, here: Iterable[Role], held: dict[str, frozenset[Role]]) -> list[str]:
    return [key for key, there in held.items() if is_allowed(action, on_machine=here, in_project=there)]
