"""People who signed in: the People page, pages of other roles opened all the same, another project by its address."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.files import sha256_text
from core.identity import declared, person_id
from core.privacy.lists.file import new_entry
from core.records import SEARCH_VERSION, Document, Project, Role, Span, new_id, now
from core.services import review
from core.services.lists import changes as list_changes
from core.storage import Workspace, find, insert, people, rights

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


def searched(workspace: Workspace, project: Project) -> Document:
    """A searched document with one span, in a project that asks for no sample."""
    text = "Report to Maria Keller."
    document = Document(
        id=new_id("document"), project_id=project.id, name="a.txt", kind="txt", size_bytes=len(text),
        sha256=sha256_text(text), text_sha256=sha256_text(text), analyzed_sha256=sha256_text(text), state="read",
        search_version=SEARCH_VERSION,
        marking_level=0, created_at=now(),
    )  # fmt: skip
    workspace.store_text(document, text, pages=())
    workspace.store_document(document)
    span = Span(
        id=new_id("span"), document_id=document.id, start=10, end=22, entity="PERSON", score=1.0, detector="rules",
        surrogate="Jane Doe",
    )  # fmt: skip
    insert(workspace.db, span)
    return document


@pytest.mark.parametrize(("role", "is_off"), [("reviewer", True), ("approver", False)])
def test_approving_is_off_for_those_who_may_not(open_as: OpenAs, workspace: Workspace, role: Role, is_off: bool) -> None:
    ours = workspace.create_project("Ours", policy="all-at-once")
    document = searched(workspace, ours)
    review.propose(workspace, ours, document, by=declared("Otto"))
    open_as("ada")
    people.grant(workspace, person("ada"), role, project=ours)
    app = open_as("ada", "review")
    assert not app.exception and "reviewer" not in [field.key for field in app.text_input]
    for key in ("approve", "approve-all"):
        assert app.button(key).disabled == is_off
        assert ("None of your roles" in (app.button(key).help or "")) == is_off


@pytest.mark.slow
def test_approval_on_the_page_says_that_both_signed_in(open_as: OpenAs, workspace: Workspace) -> None:
    ours = workspace.create_project("Ours", policy="all-at-once")
    document = searched(workspace, ours)
    for name, role in (("rita", "reviewer"), ("ada", "approver")):
        open_as(name)
        people.grant(workspace, person(name), role, project=ours)
    open_as("rita", "review").button("propose").click().run()
    app = open_as("ada", "review")
    app.button("approve").click().run()
    app.text_input("unread-words").set_value("approve 1 span and 1 text unread")
    next(button for button in app.button if button.label == "Approve unread").click().run()
    approved = workspace.active_review(document.id)
    assert approved and approved.is_authenticated
    assert (approved.proposer_id, approved.reviewer_id) == (person("rita"), person("ada"))
    assert "signed in" in words(open_as("ada", "review"))


def test_owner_sets_rules_without_reviewing(open_as: OpenAs, workspace: Workspace) -> None:
    ours, _ = projects(workspace)
    searched(workspace, ours)
    open_as("otto")
    people.grant(workspace, person("otto"), "owner", project=ours)
    app = open_as("otto", "people")
    app.selectbox("rule-two-person").set_value("on")
    app.button("rule-keep").click().run()
    assert not app.exception and workspace.project("Ours").two_person == "on"
    app = open_as("otto", "replacement")
    app.selectbox("replacement-treatment-PERSON").select("mask").run()
    app.button("replacement-apply").click().run()
    assert not app.exception and "Changed: 1 span" in words(app) + "".join(one.value for one in app.success)
    assert find(workspace.db, Span)[0].surrogate.startswith("█")


def test_reviewer_reads_the_lists_for_all_projects_and_changes_none(open_as: OpenAs, workspace: Workspace) -> None:
    ours, _ = projects(workspace)
    boss = declared("Boss")
    entry = new_entry("north gate", project_id="", kind="deny", entity="LOCATION", actor=boss)
    list_changes.add(workspace, "", entries=[entry], actor=boss)
    open_as("ada")
    people.grant(workspace, person("ada"), "reviewer", project=ours)
    app = open_as("ada", "lists")
    assert app.text_area("deny-new-0")
    app.segmented_control("lists-scope").set_value("All projects").run()
    assert not app.exception and not app.text_area
    assert app.dataframe[0].value["Text"].tolist() == ["north gate"]
