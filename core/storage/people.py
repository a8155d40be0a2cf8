"""People who signed in here, their roles and their project memberships. Every change is recorded in the audit log."""

import json
import sqlite3
from dataclasses import dataclass

from core.access import ROLES, Action, Actor
from core.errors import AccessError, Hint, InputError
from core.records import AuditAction, Person, Project, Role, now
from core.storage import audit, rights
from core.storage.chat_retention import forget_at_sign_out
from core.storage.rows import from_row
from core.storage.transactions import transaction
from core.storage.workspace import Workspace

_WORDS: dict[tuple[bool, bool], AuditAction] = {  # (in a project, granted) -> action
    (False, True): "role granted",
    (False, False): "role revoked",
    (True, True): "member added",
    (True, False): "member removed",
}
UNKNOWN_HINT = Hint("People appear on the page People once they signed in.", command="garrison people list")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person who has signed in here, with their roles on this machine or in the requested project."""

    person: Person
    mail: str
    last_seen_at: str
    granted: frozenset[Role]
    claimed: frozenset[Role] = frozenset()  # assigned by the identity provider; cannot be revoked here


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What an identity provider stated when somebody signed in."""

    person: Person
    sign_in_id: str
    issuer: str
    mail: str
    roles: frozenset[Role]
    expires_at: str  # in the format of `records.now`


# --- signing in and out -----------------------------------------------------------------------------


def sign_in(workspace: Workspace, token: Token) -> Actor:
    """Store a sign-in the first time it is seen, and return the actor for it. `workspace` must not have an actor yet.

    A sign-in that is stored already is checked whenever the actor's workspace is used, not here.

    Raises:
        AccessError: a sign-in that is not stored yet has expired.
    """
    db = workspace.db
    actor = Actor(person=token.person, sign_in_id=token.sign_in_id)
    if db.execute("select 1 from sign_ins where id = ?", [token.sign_in_id]).fetchone() is None:
        if token.expires_at <= now():
            raise AccessError(rights.SIGNED_OUT, "Sign in again.")
        with transaction(db):
            claimed = json.dumps(sorted(token.roles))
            db.execute(
                "insert into people (id, name, mail, issuer, claimed_roles, last_seen_at) values (?, ?, ?, ?, ?, ?)"
                " on conflict (id) do update set name = excluded.name, mail = excluded.mail,"
                " claimed_roles = excluded.claimed_roles, last_seen_at = excluded.last_seen_at",
                [token.person.id, token.person.name, token.mail, token.issuer, claimed, now()],
            )
            stored = db.execute(
                "insert or ignore into sign_ins (id, person_id, expires_at) values (?, ?, ?)",
                [token.sign_in_id, token.person.id, token.expires_at],
            )
            rights.forget(db)
            if stored.rowcount:  # 0 if another window has stored it meanwhile
                audit.append(db, "signed in", actor=token.person.name, subjects={"person": token.person.id})
    return actor


def sign_out(workspace: Workspace) -> None:
    """End the acting person's sign-in, in every window and for every copy of its cookie; delete chats that end with it."""
    actor = rights.restricted(workspace.db)
    if actor is not None and actor.sign_in_id is not None:
        forget_at_sign_out(workspace)
        _end(workspace.db, "id = ?", actor.sign_in_id)


def end_sign_ins(workspace: Workspace, person_id: str) -> int:
    """End every sign-in of a person and return how many there were.

    Raises:
        AccessError: the acting person may not manage people.
    """
    rights.check(workspace.db, "manage people")
    return _end(workspace.db, "person_id = ?", person_id)


def _end(db: sqlite3.Connection, which: str, value: str) -> int:
    with transaction(db):
        open_now = f"select distinct person_id from sign_ins where {which} and ended_at = ''"  # noqa: S608 ours
        people = [row["person_id"] for row in db.execute(open_now, [value])]
        ended = db.execute(f"update sign_ins set ended_at = ? where {which} and ended_at = ''", [now(), value])  # noqa: S608
        rights.forget(db)
        for person_id in people:
            audit.append(db, "signed out", subjects=_subjects(db, person_id), counts={"sign-ins": ended.rowcount})
    return ended.rowcount


# --- people and their roles -------------------------------------------------------------------------


def list_people(workspace: Workspace) -> list[Member]:
    """Return everybody who has signed in here, with their roles on this machine.

    Raises:
        AccessError: the acting person may not manage people.
    """
    rights.check(workspace.db, "manage people")
    return _members(workspace.db, "r.project_id is null", [], is_left=True)


def members(workspace: Workspace, project: Project) -> list[Member]:
    """Return the members of a project, with their roles in it.

    Raises:
        AccessError: the acting person may neither see the project nor manage its members.
    """
    if not rights.may(workspace.db, "manage members", project.id):
        rights.check(workspace.db, "see project", project.id)
    return _members(workspace.db, "r.project_id = ?", [project.id], is_left=False)


def managed_projects(workspace: Workspace) -> list[Project]:
    """Return the projects whose members the acting person may change; for administrators all, though not their documents."""
    projects = [from_row(Project, row) for row in workspace.db.execute("select * from projects order by rowid")]
    return [project for project in projects if rights.may(workspace.db, "manage members", project.id)]


def candidates(workspace: Workspace, project: Project) -> list[Member]:
    """Return everybody who can be made a member of a project, without granted roles.

    Raises:
        AccessError: the acting person may not manage the project's members.
    """
    rights.check(workspace.db, "manage members", project.id)
    return _members(workspace.db, "0", [], is_left=True)


def _members(db: sqlite3.Connection, which: str, values: list[str], *, is_left: bool) -> list[Member]:
    rows = db.execute(
        "select p.id, p.name, p.mail, p.claimed_roles, p.last_seen_at, group_concat(r.role) as granted"  # noqa: S608 ours
        f" from people p {'left' if is_left else ''} join roles r on r.person_id = p.id and {which}"
        " group by p.id order by p.name collate nocase, p.id",
        values,
    )
    return [
        Member(
            person=Person(id=row["id"], name=row["name"], is_authenticated=True),
            mail=row["mail"],
            last_seen_at=row["last_seen_at"],
            granted=frozenset(role for role in ROLES if role in (row["granted"] or "").split(",")),
            claimed=frozenset(json.loads(row["claimed_roles"])) if is_left else frozenset(),
        )
        for row in rows
    ]


def person(workspace: Workspace, named: str) -> Person:
    """Return the person with this id or mail address.

    Raises:
        InputError: nobody, or more than one person, matches.
        AccessError: the acting person may not manage people.
    """
    rights.check(workspace.db, "manage people")
    wanted = "select id, name from people where id = ? or (mail = ? collate nocase and mail <> '')"
    rows = workspace.db.execute(wanted, [named, named]).fetchall()
    if not rows:
        raise InputError(f"Nobody called {named!r} signed in here yet.", UNKNOWN_HINT)
    if len(rows) > 1:
        raise InputError(
            f"{len(rows)} people have the mail address {named}.", Hint("Use the id.", command="garrison people list")
        )
    return Person(id=rows[0]["id"], name=rows[0]["name"], is_authenticated=True)


def person_of_job(workspace: Workspace, person_id: str, action: Action, project_id: str | None) -> Person:
    """Return the person who started a job, after checking that they may still do what it does.

    Raises:
        AccessError: the person no longer has a role that allows it.
    """
    row = workspace.db.execute("select name from people where id = ?", [person_id]).fetchone()
    if row is None or not rights.may_person(workspace.db, person_id, action, project_id):
        raise AccessError("Whoever started this job may not do it any more.", "Ask for the role, then resume the job.")
    return Person(id=person_id, name=row["name"], is_authenticated=True)


def grant(workspace: Workspace, person_id: str, role: str, *, project: Project | None = None) -> None:
    """Grant a role on this machine, or in a project, which makes the person a member. Granting it twice changes nothing.

    Raises:
        InputError: the role or the person does not exist, or the role is administrator in a project.
        AccessError: the acting person may not grant it.
    """
    _change(workspace, person_id, role, project=project, is_given=True)


def revoke(workspace: Workspace, person_id: str, role: str, *, project: Project | None = None) -> None:
    """Revoke a role with immediate effect; a person without any role left in a project is no longer a member.

    Raises:
        InputError: the role or the person does not exist, or the person does not hold the role.
        AccessError: the acting person may not revoke it.
    """
    _change(workspace, person_id, role, project=project, is_given=False)


def _change(workspace: Workspace, person_id: str, role: str, *, project: Project | None, is_given: bool) -> None:
    db = workspace.db
    rights.check(db, "manage members" if project else "manage people", project.id if project else "")
    _check_role(role, project)
    if db.execute("select 1 from people where id = ?", [person_id]).fetchone() is None:
        raise InputError(f"There is no person {person_id!r}.", UNKNOWN_HINT)
    key = [person_id, project.id if project else None, role]
    with transaction(db):
        if is_given:
            statement = "insert or ignore into roles (person_id, project_id, role, granted_at) values (?, ?, ?, ?)"
            changed = db.execute(statement, [*key, now()]).rowcount
        else:
            changed = db.execute("delete from roles where person_id = ? and project_id is ? and role = ?", key).rowcount
            if not changed:
                raise InputError(
                    f"The person does not hold the role {role} here.",
                    Hint("See on the page People who holds which role.", command="garrison people list"),
                )
        rights.forget(db)
        if changed:
            subjects = _subjects(db, person_id) | {"role": role} | ({"project": project.id} if project else {})
            audit.append(db, _WORDS[project is not None, is_given], subjects=subjects)


def _subjects(db: sqlite3.Connection, person_id: str) -> dict[str, str]:
    """Return the subject of an entry: under "person" if nobody else is signed in, else under "of".

    "person" names who acted, so it is free only if nobody signed in acts or the person acts on themselves.
    """
    actor = rights.restricted(db)
    return {"person" if actor is None or actor.person.id == person_id else "of": person_id}


def _check_role(role: str, project: Project | None) -> None:
    known = [name for name in ROLES if project is None or name != "administrator"]
    if role not in known:
        where = "in a project" if project else "here"
        raise InputError(f"There is no role {role!r} {where}.", f"Roles are: {', '.join(known)}.")
