"""An act reads the rights of whoever does it once, and sees at once what it changes of them itself."""

import pytest

from core.errors import AccessError
from core.records import Role
from core.services import review
from core.storage import Workspace, people, rights, transaction

from .conftest import SignIn, filled


def reads(workspace: Workspace, act) -> list[str]:
    """The statements that ask for roles or sign-ins while `act` runs."""
    said: list[str] = []
    db = workspace.db
    db.set_trace_callback(said.append)
    try:
        act()
    finally:
        db.set_trace_callback(None)
    return [line for line in said if "from roles" in line or "from sign_ins" in line]


def test_adding_a_span_asks_for_roles_once_and_for_the_sign_in_where_it_begins_and_in_its_transaction(
    workspace: Workspace, signed_in: SignIn
) -> None:
    project, document, _ = filled(workspace, "Ours")
    ada = signed_in("ada", ("reviewer",), project)
    asked = reads(ada, lambda: review.add(ada, document, start=0, end=6, entity="REFERENCE", by=ada.actor.person))
    assert sorted("roles" if "from roles" in line else "sign-ins" for line in asked) == ["roles", "sign-ins", "sign-ins"]


def test_a_role_that_is_revoked_counts_at_once_between_acts_and_within_one(workspace: Workspace, signed_in: SignIn) -> None:
    project, _, _ = filled(workspace, "Ours")
    ada = signed_in("ada", ("reviewer",), project)
    rights.check(ada.db, "decide", project.id)
    people.revoke(workspace, ada.actor.person.id, "reviewer", project=project)
    with pytest.raises(AccessError):
        rights.check(ada.db, "decide", project.id)
    owner = signed_in("eve", ("owner", "reviewer"), project)
    with pytest.raises(AccessError), transaction(owner.db):
        rights.check(owner.db, "decide", project.id)
        for role in ("reviewer", "owner"):
            people.revoke(owner, owner.actor.person.id, role, project=project)
        rights.check(owner.db, "decide", project.id)


def test_nothing_is_remembered_after_a_transaction(workspace: Workspace, signed_in: SignIn) -> None:
    roles: tuple[Role, ...] = ("reviewer",)
    project, _, _ = filled(workspace, "Ours")
    ada = signed_in("ada", roles, project)
    with transaction(ada.db):
        rights.check(ada.db, "decide", project.id)
        assert ada.db.known
    assert ada.db.known is None
    with pytest.raises(RuntimeError), transaction(ada.db):
        rights.check(ada.db, "decide", project.id)
        raise RuntimeError
    assert ada.db.known is None
