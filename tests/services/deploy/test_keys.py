"""Keys of services: made once, kept as hashes, good for as long as the right behind them."""

import json
from collections.abc import Callable

import pytest

from core.deploy.door import Caller
from core.deploy.refusal import Refused
from core.errors import AccessError, InputError
from core.records import Project
from core.services.deploy.keys import NewKey, add_key, list_keys, revoke_key
from core.services.deploy.stored_door import StoredDoor
from core.storage import Workspace, audit, people
from tests.access.conftest import token

Door = Callable[..., StoredDoor]


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Manuals")


def door(workspace: Workspace, project: Project | None = None, *, is_open: bool = True) -> StoredDoor:
    return StoredDoor(workspace, project_id=project.id if project else None, is_open=is_open)


def status(one: StoredDoor, presented: str | None) -> int:
    try:
        one.admit(presented)
    except Refused as refused:
        return refused.status
    return 200


def of_person(workspace: Workspace, project: Project, role: str = "expert") -> NewKey:
    person = people.sign_in(workspace, token("ada")).person
    people.grant(workspace, person.id, role, project=project)
    return add_key(workspace, "ada's", person_id=person.id, project=project)


def test_a_key_is_stored_as_a_hash_and_opens_what_is_of_no_project(workspace: Workspace) -> None:
    new = add_key(workspace, "wiki")
    stored = str([tuple(row) for row in workspace.db.execute("select * from api_keys")])
    assert new.secret not in stored and new.secret.rsplit("-", 1)[-1] not in stored
    assert len(new.secret) > 50 and add_key(workspace, "other").secret != new.secret
    assert door(workspace).admit(new.secret) == Caller(new.key.id)


@pytest.mark.parametrize("change", ["last", "secret", "id", "none", "empty", "prefix", "sql"])
def test_another_key_opens_nothing(change: str, workspace: Workspace) -> None:
    secret = add_key(workspace, "wiki").secret
    prefix, key_id, rest = secret.split("-", 2)
    presented = {
        "last": secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        "secret": f"{prefix}-{key_id}-",
        "id": f"{prefix}-0000000000-{rest}",
        "none": None,
        "empty": "",
        "prefix": f"sk-{key_id}-{rest}",
        "sql": f"{prefix}-' or 1 = 1 -- -{rest}",
    }[change]
    assert status(door(workspace), presented) == 401


def test_on_this_machine_no_key_is_needed_until_one_was_made(workspace: Workspace) -> None:
    assert door(workspace).admit(None) == door(workspace).admit("anything") == Caller(None)
    assert status(door(workspace, is_open=False), None) == 401
    new = add_key(workspace, "wiki")
    assert status(door(workspace), None) == 401 and not door(workspace).stands(Caller(None))
    revoke_key(workspace, new.key.id)
    assert status(door(workspace), None) == 401  # the last one revoked opens no door


@pytest.mark.parametrize("named", ["id", "name"])
def test_a_revoked_key_opens_nothing_any_more(named: str, workspace: Workspace) -> None:
    new = add_key(workspace, "wiki")
    one = door(workspace)
    caller = one.admit(new.secret)
    assert one.stands(caller)
    assert revoke_key(workspace, getattr(new.key, named)).revoked_at
    assert status(one, new.secret) == 401 and not one.stands(caller)
    with pytest.raises(InputError, match="no key"):
        revoke_key(workspace, new.key.id)


def test_a_key_is_as_good_as_the_role_of_its_person(workspace: Workspace, project: Project) -> None:
    new = of_person(workspace, project)
    one, caller = door(workspace, project), Caller(new.key.id)
    assert one.admit(new.secret) == caller and status(door(workspace), new.secret) == 200
    people.revoke(workspace, new.key.person_id or "", "expert", project=project)
    assert status(one, new.secret) == 403 and not one.stands(caller)
    people.grant(workspace, new.key.person_id or "", "auditor", project=project)  # who may not chat
    assert status(one, new.secret) == 403 and not one.stands(caller)
    people.grant(workspace, new.key.person_id or "", "reviewer", project=project)
    assert one.stands(caller)


def test_a_key_of_another_project_or_of_one_that_is_gone_opens_nothing(workspace: Workspace, project: Project) -> None:
    other = workspace.create_project("Others")
    new = add_key(workspace, "wiki", project=project)
    assert [status(door(workspace, each), new.secret) for each in (project, None, other)] == [200, 200, 403]
    workspace.db.execute("delete from projects where id = ?", [project.id])
    assert [status(door(workspace, each), new.secret) for each in (None, other)] == [403, 403]
    assert status(door(workspace), None) == 401


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\nb\x00", "wiki"])
def test_a_key_needs_a_name_of_its_own(name: str, workspace: Workspace) -> None:
    add_key(workspace, "wiki")
    with pytest.raises(InputError, match="name|already"):
        add_key(workspace, name)


def test_a_persons_key_needs_a_project_and_a_person_who_is_known(workspace: Workspace, project: Project) -> None:
    person = people.sign_in(workspace, token("ada")).person
    with pytest.raises(InputError, match="for a project"):
        add_key(workspace, "ada's", person_id=person.id)
    with pytest.raises(InputError, match="no person"):
        add_key(workspace, "ada's", person_id="person-0", project=project)


def test_owners_manage_the_keys_of_their_project_alone(workspace: Workspace, project: Project) -> None:
    other = workspace.create_project("Others")
    add_key(workspace, "machine")
    add_key(workspace, "theirs", project=other)
    actor = people.sign_in(workspace, token("ada"))
    people.grant(workspace, actor.person.id, "owner", project=project)
    ada = Workspace(workspace.home, actor=actor)
    new = add_key(ada, "ours", project=project)
    assert new.key.person_id == actor.person.id  # as long as she is a member
    assert [key.name for key in list_keys(ada)] == ["ours"]
    for refused in (
        lambda: add_key(ada, "more"),
        lambda: add_key(ada, "more", project=other),
        lambda: add_key(ada, "more", person_id="person-1", project=project),
        lambda: revoke_key(ada, "machine"),
    ):
        with pytest.raises(AccessError):
            refused()
    with pytest.raises(InputError, match="no key"):
        revoke_key(ada, "theirs")  # which is not told from none at all
    assert revoke_key(ada, "ours").id == new.key.id
    ada.close()


def test_the_audit_log_tells_ids_and_neither_names_nor_keys(workspace: Workspace, project: Project) -> None:
    new = of_person(workspace, project)
    revoke_key(workspace, new.key.id)
    entries = [entry for entry, _ in audit.entries(workspace.db) if entry.action.startswith("key ")]
    assert [entry.action for entry in entries] == ["key added", "key revoked"]
    told = {"key": new.key.id, "of": new.key.person_id, "project": project.id}
    assert [entry.subjects for entry in entries] == [told, told]
    assert new.secret not in json.dumps([entry.hashes for entry in entries])
