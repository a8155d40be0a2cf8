"""What the person for whom a database is open may do, read anew each time: a role that is taken away is gone at once.

A connection without an actor is the operating system's account, and one of a job was checked when the job began; both may do
everything. `audit.append` and `rows` ask here before they store or give anything.
"""

import json
import sqlite3
from collections.abc import Iterable
from functools import partial

from core.access import IN_PROJECT, Action, Actor, is_allowed
from core.errors import AccessError
from core.records import Person, Role, now
from core.storage.transactions import Database

SIGNED_OUT = "Your sign-in has ended."


def restricted(db: sqlite3.Connection) -> Actor | None:
    """Who is signed in on this connection; None where nothing is to be checked."""
    actor = db.actor if isinstance(db, Database) else None
    return actor if actor is not None and actor.sign_in_id else None


def check_sign_in(db: sqlite3.Connection) -> None:
    """See that the sign-in of this connection still holds.

    Raises:
        AccessError: it expired, was ended, or was never stored.
    """
    actor = restricted(db)
    if actor is None:
        return
    row = db.execute(
        "select expires_at, ended_at from sign_ins where id = ? and person_id = ?", [actor.sign_in_id, actor.person.id]
    ).fetchone()
    if row is None or row["ended_at"] or row["expires_at"] <= now():
        raise AccessError(SIGNED_OUT, "Reload the page and sign in again.")


def machine_roles(db: sqlite3.Connection, person_id: str) -> frozenset[Role]:
    """The roles on this machine: those granted here and those that the identity provider named last."""
    person = db.execute("select claimed_roles from people where id = ?", [person_id]).fetchone()
    granted = db.execute("select role from roles where person_id = ? and project_id is null", [person_id])
    return frozenset(json.loads(person["claimed_roles"]) if person else ()) | {row["role"] for row in granted}


def project_roles(db: sqlite3.Connection, person_id: str) -> dict[str, frozenset[Role]]:
    """The roles granted in each project of which a person is a member."""
    held: dict[str, frozenset[Role]] = {}
    for row in db.execute("select project_id, role from roles where person_id = ? and project_id is not null", [person_id]):
        held[row["project_id"]] = held.get(row["project_id"], frozenset()) | {row["role"]}
    return held


def may_person(db: sqlite3.Connection, person_id: str, action: Action, project_id: str = "") -> bool:
    """Whether the roles that a person holds now allow an action, in a project or on this machine."""
    there = project_roles(db, person_id).get(project_id, frozenset())
    return is_allowed(action, on_machine=machine_roles(db, person_id), in_project=there)


def may(db: sqlite3.Connection, action: Action, project_id: str = "") -> bool:
    """Whether whoever this connection is open for may do that; for pages, which show no button that would be refused."""
    actor = restricted(db)
    return actor is None or may_person(db, actor.person.id, action, project_id)


def check(db: sqlite3.Connection, action: Action, project_id: str = "", *, by: Person | None = None) -> None:
    """Refuse what the roles of the person who acts do not allow; the refusal leaves an entry in the audit log.

    `by` is in whose name it would be done: where people sign in, nobody acts for another, whatever both are called.

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
            db.once_undone = note  # what it is about is rolled back first
        else:
            note()
    raise refusal(action)


def refusal(action: Action) -> AccessError:
    """What a person is told who may not do this, whether or not there is such a project."""
    whom = "an owner of the project" if action in IN_PROJECT else "an administrator"
    return AccessError(f"You may not do this here: {action}.", f"Ask {whom} for a role that allows it.")


def visible_projects(db: sqlite3.Connection, action: Action) -> str | None:
    """The ids of the projects in which the person who acts may do this, as JSON; None for all there are."""
    actor = restricted(db)
    if actor is None:
        return None
    here = machine_roles(db, actor.person.id)
    held = project_roles(db, actor.person.id)
    projects = _allowed(action, here, held)
    if projects or is_allowed("edit lists", on_machine=here, in_project=()):
        projects.append("")  # lists that hold in every project, for those who work in one or look after them
    return json.dumps(projects)


def _allowed(action: Action, here: Iterable[Role], held: dict[str, frozenset[Role]]) -> list[str]:
    return [key for key, there in held.items() if is_allowed(action, on_machine=here, in_project=there)]
