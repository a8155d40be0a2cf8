"""`garrison people …`: the first administrator comes from the command line."""

import json
from pathlib import Path

import pytest

from core.cli.app import main
from core.storage import Workspace, people, rights

from .conftest import token


def run(home: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), *arguments])
    return int(ended.value.code or 0)


def test_first_administrator_is_named_by_mail_or_id(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    ada = people.sign_in(workspace, token("ada")).person
    assert run(workspace.home, "people", "grant", "ADA@site", "administrator") == 0
    assert rights.machine_roles(workspace.db, ada.id) == {"administrator"}
    assert run(workspace.home, "people", "revoke", ada.id, "administrator") == 0
    assert rights.machine_roles(workspace.db, ada.id) == frozenset()
    assert run(workspace.home, "people", "revoke", ada.id, "administrator") == 2
    capsys.readouterr()
    assert run(workspace.home, "people", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0] == {
        "id": ada.id, "name": "Ada", "is_authenticated": True, "mail": "ada@site", "granted": [], "claimed": [],
        "last_seen_at": people.list_people(workspace)[0].last_seen_at,
    }  # fmt: skip


def test_member_of_a_project_is_given_and_listed(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    people.sign_in(workspace, token("ada"))
    workspace.create_project("Ours")
    assert run(workspace.home, "people", "grant", "ada@site", "expert", "--project", "Ours") == 0
    capsys.readouterr()
    assert run(workspace.home, "people", "members", "Ours") == 0
    assert "expert" in capsys.readouterr().out
    assert run(workspace.home, "people", "sign-out", "ada@site") == 0


def test_unknown_person_and_role_are_named_with_what_to_do(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    people.sign_in(workspace, token("ada"))
    assert run(workspace.home, "people", "grant", "nobody", "owner") == 2
    assert "once they signed in" in capsys.readouterr().err
    assert run(workspace.home, "people", "grant", "ada@site", "king") == 2
    assert "Roles are: administrator" in capsys.readouterr().err
