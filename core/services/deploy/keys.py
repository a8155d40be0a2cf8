"""Keys with which programs ask a service: made once, stored as a hash, revoked with immediate effect."""

import secrets
from dataclasses import dataclass, replace

from core.access import Action
from core.errors import AccessError, Hint, InputError
from core.records import Project, new_id, now
from core.storage import Workspace, audit, rights, transaction
from core.storage.api_keys import ApiKey, all_keys, end_key, hash_of, is_known, store_key

PREFIX = "gk"
SECRET_BYTES = 32
NAME_CHARACTERS = 80
SEEING: tuple[Action, ...] = ("see project", "manage members")  # who may know that a project's key exists


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, with the secret that is shown once and stored nowhere."""

    key: ApiKey
    secret: str


def add_key(workspace: Workspace, name: str, *, person_id: str | None = None, project: Project | None = None) -> NewKey:
    """Make a key, for a person in a project or for this machine's account.

    Whoever is signed in makes keys of a project for themselves: a key that outlived their role would be no one's.

    Raises:
        InputError: the name is not 1 to 80 printable characters or taken, the person is unknown, or has no project.
        AccessError: the acting person may not manage the project's members, or without a project those of this machine,
            or the key would be another person's.
    """
    project_id = project.id if project else None
    rights.check(workspace.db, "manage members", project_id)
    person_id = _whose(workspace, person_id, project_id)
    shown = " ".join(name.split())
    if not shown or len(shown) > NAME_CHARACTERS or not shown.isprintable():
        raise InputError(f"A key needs a name of 1 to {NAME_CHARACTERS} characters.", "Name the program that will use it.")
    if person_id and not project_id:
        raise InputError("A person's key is for a project.", Hint("Name the project.", command="--project NAME"))
    key_id = new_id("key")
    secret = f"{PREFIX}-{key_id.removeprefix('key-')}-{secrets.token_urlsafe(SECRET_BYTES)}"
    with transaction(workspace.db):
        there = [key for key in all_keys(workspace.db) if key.project_id == project_id and key.revoked_at is None]
        if shown in {key.name for key in there}:
            raise InputError(f"There is a key {shown!r} already.", "Choose another name, or revoke that one first.")
        if person_id and not is_known(workspace.db, person_id):
            raise InputError(f"There is no person {person_id!r}.", Hint("See who there is.", command="garrison people list"))
        key = ApiKey(
            id=key_id,
            name=shown,
            person_id=person_id,
            project_id=project_id,
            sha256=hash_of(secret),
            created_at=now(),
        )
        store_key(workspace.db, key)
        audit.append(workspace.db, "key added", subjects=_subjects(key_id, person_id, project_id))
    return NewKey(key, secret)


def list_keys(workspace: Workspace) -> list[ApiKey]:
    """Return the keys that the acting person may manage, newest last."""
    return [key for key in all_keys(workspace.db) if rights.may(workspace.db, "manage members", key.project_id)]


def revoke_key(workspace: Workspace, named: str) -> ApiKey:
    """Revoke the key with this id or name; answers that are being written for it end within a second or two.

    Raises:
        InputError: there is no such key, or it was revoked before.
        AccessError: the acting person may not manage the members of its project.
    """
    with transaction(workspace.db):
        valid = [key for key in all_keys(workspace.db) if named in (key.id, key.name) and key.revoked_at is None]
        keys = [
            key
            for key in valid
            if not key.project_id or any(rights.may(workspace.db, each, key.project_id) for each in SEEING)
        ]
        if not keys:
            raise InputError(f"There is no key {named!r}.", Hint("See which there are.", command="garrison key list"))
        key = keys[0]
        rights.check(workspace.db, "manage members", key.project_id)
        revoked = replace(key, revoked_at=now())
        end_key(workspace.db, revoked)
        audit.append(workspace.db, "key revoked", subjects=_subjects(key.id, key.person_id, key.project_id))
    return revoked


def _whose(workspace: Workspace, person_id: str | None, project_id: str | None) -> str | None:
    actor = rights.restricted(workspace.db)
    if actor is None or (person_id is None and project_id is None):
        return person_id
    if person_id not in (None, actor.person.id):
        raise AccessError(f"You are signed in as {actor.person.name}.", "Nobody makes keys here for another person.")
    return actor.person.id


def _subjects(key_id: str, person_id: str | None, project_id: str | None) -> dict[str, str]:
    """Return the subjects of an entry; "person" would name who acted."""
    named = {"of": person_id, "project": project_id}
    return {"key": key_id} | {kind: value for kind, value in named.items() if value}
