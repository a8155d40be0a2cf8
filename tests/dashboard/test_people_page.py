"""People who signed in: the People page, pages of other roles opened all the same, another project by its address."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.identity import person_id
from core.records import Project
from core.storage import Workspace, people, rights

ISSUER = "https://login.site"
SECRETS = {
    "redirect_uri": "https://garrison.site/oauth2callback",
    "cookie_secret": "0123456789abcdef0123456789abcdef",
    "client_id": "garrison",
    "client_secret": "x",
    "server_metadata_url": f"{ISSUER}/.well-known/openid-configuration",
}
OpenAs = Callable[..., AppTest]
REFUSED = "You may not do this here"


def person(subject: str) -> str:
    return person_id(ISSUER, subject)


@pytest.fixture
def open_as(workspace: Workspace) -> OpenAs:
    """Open a page (`open_as("ada", "people")`) as somebody who signed in."""
    workspace.home.mkdir(parents=True, exist_ok=True)
    path = workspace.home / "secrets.toml"
    path.write_text("[auth]\n" + "".join(f'{name} = "{value}"\n' for name, value in SECRETS.items()), encoding="utf-8")
    path.chmod(0o600)
    spec = find_spec("dashboard")
    assert spec is not None and spec.origin is not None
    entry = Path(spec.origin).with_name("app.py")

    def open_it(subject: str, name: str = "overview", *, address: str = "", expires_s: float = 3600) -> AppTest:
        app = AppTest.from_file(str(entry), default_timeout=60)
        app.secrets["auth"] = dict(SECRETS)
        app.user = {"is_logged_in": False}
        if subject:
            ends = int(time.time() + expires_s)
            claims = {"iss": ISSUER, "sub": subject, "name": subject.title(), "nonce": "1", "exp": ends}
            app.user = {"is_logged_in": True, **claims}
        if address:
            app.query_params["project"] = address
        app.run()
        return app if name == "overview" else app.switch_page(f"app_pages/{name}.py").run()

    return open_it


def words(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.error, *app.text, *app.code]
    return "\n".join(str(element.value) for element in shown)


def projects(workspace: Workspace) -> tuple[Project, Project]:
    return workspace.create_project("Ours"), workspace.create_project("Theirs")


def test_nobody_signed_in_sees_the_way_in_alone(open_as: OpenAs, workspace: Workspace) -> None:
    projects(workspace)
    app = open_as("", "people")
    assert [button.key for button in app.button] == ["sign-in"]
    assert "Ours" not in words(app) and not app.sidebar.selectbox


def test_expired_token_lets_nobody_in(open_as: OpenAs, workspace: Workspace) -> None:
    app = open_as("ada", expires_s=-1)
    assert [button.key for button in app.button] == ["sign-in"]
    assert "Your sign-in has ended" in words(app)


def test_person_without_role_is_told_the_id_to_send(open_as: OpenAs, workspace: Workspace) -> None:
    app = open_as("ada")
    assert person("ada") in words(app)
    assert [button.key for button in app.button] == ["sign-out"]


@pytest.mark.parametrize("page", ["questions", "train", "evaluate", "people", "audit"])
def test_page_of_another_role_is_refused_when_opened_all_the_same(open_as: OpenAs, workspace: Workspace, page: str) -> None:
    ours, _ = projects(workspace)
    open_as("ada")
    people.grant(workspace, person("ada"), "reviewer", project=ours)
    assert REFUSED in words(open_as("ada", page))


def test_another_project_named_in_the_address_is_not_shown(open_as: OpenAs, workspace: Workspace) -> None:
    ours, theirs = projects(workspace)
    open_as("ada")
    people.grant(workspace, person("ada"), "expert", project=ours)
    app = open_as("ada", "documents", address=theirs.id)
    assert app.session_state["project_id"] == ours.id
    assert "Theirs" not in words(app) and app.sidebar.selectbox[0].options == ["Ours"]


def test_administrator_gives_and_takes_roles(open_as: OpenAs, workspace: Workspace) -> None:
    ours, _ = projects(workspace)
    open_as("ada")
    open_as("boss")
    people.grant(workspace, person("boss"), "administrator")
    app = open_as("boss", "people")
    app.selectbox("people-project").set_value(ours.id).run()
    app.selectbox("give-person-project").set_value(person("ada"))
    app.selectbox("give-role-project").set_value("expert")
    app.button("give-project-button").click().run()
    assert rights.project_roles(workspace.db, person("ada")) == {ours.id: {"expert"}}
    app.selectbox("take-person-project").set_value(person("ada"))
    app.button("take-project-button").click().run()
    assert rights.project_roles(workspace.db, person("ada")) == {}
    assert not app.exception


def test_owner_gives_roles_in_the_own_project_and_sees_nobody_elses(open_as: OpenAs, workspace: Workspace) -> None:
    ours, theirs = projects(workspace)
    open_as("otto")
    people.grant(workspace, person("otto"), "owner", project=ours)
    app = open_as("otto", "people", address=theirs.id)
    assert app.selectbox("people-project").options == ["Ours"]
    assert "Everybody who signed in" not in words(app)


def test_without_sign_in_the_page_says_how_it_stands(open_page: Callable[..., AppTest], workspace: Workspace) -> None:
    app = open_page("people")
    assert "Nobody signs in here yet" in words(app)
    assert "declared, not authenticated" in words(app)
