"""Sign-in in a real browser, against a real OpenID Connect provider on the loopback: who gets in, and to what."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.files import sha256_text
from core.identity import person_id
from core.records import SEARCH_VERSION, Document, Project, new_id, now
from core.services.review.second_search import store_second_search
from core.storage import Workspace, audit, people
from tests.served import free_port, running

pytestmark = pytest.mark.browser
SECRET = "0123456789abcdef" * 4
SECRETS = """
[auth]
redirect_uri = "{origin}/oauth2callback"
cookie_secret = "{secret}"
client_id = "garrison"
client_secret = "not-checked"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""
ENDED = "Your sign-in has ended"
WAIT_MS = 60_000


@dataclass(frozen=True)
class Site:
    """A dashboard with sign-in, its provider, and two projects of which people may belong to one."""

    address: str
    provider: str
    workspace: Workspace
    ours: Project
    theirs: Project

    def person(self, subject: str) -> str:
        return person_id(self.provider, subject)


def project_with_document(workspace: Workspace, name: str) -> Project:
    project = workspace.create_project(name, policy="all-at-once")
    text = f"The secret of {name} is kept."
    sha256 = sha256_text(text)
    document = Document(
        id=new_id("document"), project_id=project.id, name=f"{name}.txt", kind="txt", size_bytes=len(text), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read", search_version=SEARCH_VERSION, created_at=now(),
    )  # fmt: skip
    workspace.store_text(document, text, pages=())
    workspace.store_document(document)
    # all of it was looked at, so that one click approves it
    store_second_search(workspace, document, anonymized_sha256=sha256, detector="spacy", places=())
    return project


@contextmanager
def site_at(folder: Path, *, lifetime_s: int) -> Iterator[Site]:
    ours, theirs, port, provider_port = "Ours", "Theirs", free_port(), free_port()
    address, provider = f"http://localhost:{port}", f"http://localhost:{provider_port}"
    workspace = Workspace(folder / "home")
    site = Site(
        address, provider, workspace, project_with_document(workspace, ours), project_with_document(workspace, theirs)
    )
    secrets = workspace.home / "secrets.toml"
    secrets.write_text(SECRETS.format(origin=address, secret=SECRET, provider=provider), encoding="utf-8")
    secrets.chmod(0o600)
    provide = [sys.executable, "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(provider_port)]
    provide += ["--token-max-age", str(lifetime_s), "--user", "ada", "--user", "otto"]
    serve = [sys.executable, "-m", "core.cli.app", "--home", str(workspace.home), "serve", "--port", str(port)]
    with running(provide, provider_port, folder / "provider.log"), running(serve, port, folder / "serve.log"):
        yield site
    workspace.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with site_at(tmp_path, lifetime_s=3600) as site:
        yield site


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    yield context
    context.close()


def sign_in(page: Page, site: Site, subject: str) -> None:
    page.goto(site.address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=subject, exact=True).first.click()
    page.wait_for_url(f"{site.address}/**")


def foot(page: Page) -> None:
    expect(page.get_by_text("signed in as", exact=False)).to_be_visible()


def test_person_sees_the_own_project_until_the_role_is_gone_and_signs_out_everywhere(
    site: Site, context: BrowserContext
) -> None:
    page = context.new_page()
    sign_in(page, site, "ada")
    # nobody gave a role yet: no page, no project, and the id to send to an administrator
    ada = site.person("ada")
    expect(page.get_by_text(ada)).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_role("link")).to_have_count(0)
    people.grant(site.workspace, ada, "approver", project=site.ours)
    page.goto(f"{site.address}/review")
    expect(page.get_by_text("The secret of Ours is kept.")).to_be_visible()
    foot(page)
    expect(page.get_by_role("textbox", name="Your name")).to_have_count(0)

    # another project by its address
    page.goto(f"{site.address}/review?project={site.theirs.id}")
    expect(page.get_by_text("The secret of Ours is kept.")).to_be_visible()
    expect(page.get_by_text("Theirs", exact=False)).to_have_count(0)

    # a page of another role, which the menu does not name, by its address
    expect(page.get_by_test_id("stSidebar").get_by_role("link", name="Audit")).to_have_count(0)
    for hidden in ("audit", "people", "train"):
        page.goto(f"{site.address}/{hidden}")
        expect(page.get_by_text("You may not do this here", exact=False)).to_be_visible()

    # the role goes while a page is open
    page.goto(f"{site.address}/review")
    expect(page.get_by_text("The secret of Ours is kept.")).to_be_visible()
    people.revoke(site.workspace, ada, "approver", project=site.ours)
    page.locator(".st-key-approve button").click()
    expect(
        page.get_by_text("You may not do this here", exact=False).or_(page.get_by_text("There is no")).first
    ).to_be_visible()
    assert site.workspace.active_review(site_document(site)) is None

    # signing out ends every window, and the cookie is worth nothing afterwards
    people.grant(site.workspace, ada, "approver", project=site.ours)
    page.goto(site.address)
    foot(page)
    other = context.new_page()
    other.goto(f"{site.address}/review")
    expect(other.get_by_text("The secret of Ours is kept.")).to_be_visible()
    kept = [cookie for cookie in context.cookies() if cookie["name"].startswith("_streamlit_user")]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="End Session")).to_be_visible()
    other.locator(".st-key-approve button").click()
    expect(other.get_by_text(ENDED, exact=False).first).to_be_visible()
    context.add_cookies(kept)
    page.goto(site.address)
    expect(page.get_by_text(ENDED, exact=False)).to_be_visible()
    actions = [entry.action for entry, _ in audit.entries(site.workspace.db, about=ada)]
    assert {"signed in", "access refused", "member removed", "signed out"} <= set(actions)
    assert "review approved" not in actions


def site_document(site: Site) -> str:
    row = site.workspace.db.execute("select id from documents where project_id = ?", [site.ours.id]).fetchone()
    return str(row["id"])


def test_forged_cookie_is_nobody(site: Site, context: BrowserContext) -> None:
    claims = (
        f'{{"origin": "{site.address}", "is_logged_in": true, "iss": "{site.provider}", "sub": "ada", "exp": 9999999999}}'
    )
    guessed = URLSafeTimedSerializer("guessed" * 8, salt="_streamlit_user").dumps(claims)
    for value in (guessed, "e30.forged.signature"):
        context.add_cookies([{"name": "_streamlit_user", "value": value, "url": site.address}])
        page = context.new_page()
        page.goto(f"{site.address}/review?project={site.ours.id}")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.get_by_text("The secret of", exact=False)).to_have_count(0)
    # the same with the right secret gets in: what keeps others out is the secret
    right = URLSafeTimedSerializer(SECRET, salt="_streamlit_user").dumps(claims)
    context.clear_cookies()
    context.add_cookies([{"name": "_streamlit_user", "value": right, "url": site.address}])
    page = context.new_page()
    page.goto(site.address)
    expect(page.get_by_text(site.person("ada"))).to_be_visible()


def test_sign_in_ends_when_its_token_expires(tmp_path: Path, context: BrowserContext) -> None:
    with site_at(tmp_path, lifetime_s=25) as site:
        page = context.new_page()
        sign_in(page, site, "ada")
        expect(page.get_by_text(site.person("ada"))).to_be_visible()
        people.grant(site.workspace, site.person("ada"), "approver", project=site.ours)
        page.goto(f"{site.address}/review")
        expect(page.get_by_text("The secret of Ours is kept.")).to_be_visible()
        ends = site.workspace.db.execute("select expires_at from sign_ins").fetchone()["expires_at"]
        while now() <= ends:
            time.sleep(0.5)
        page.locator(".st-key-approve button").click()
        expect(page.get_by_text(ENDED, exact=False).first).to_be_visible()
        page.reload()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.get_by_text("The secret of", exact=False)).to_have_count(0)


def test_without_sign_in_no_other_address_is_served(tmp_path: Path, context: BrowserContext) -> None:
    port = free_port()
    workspace = Workspace(tmp_path / "home")
    project_with_document(workspace, "Ours")
    workspace.close()
    entry = Path(__file__).parents[2] / "dashboard" / "app.py"
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(entry),
        "--server.address",
        "0.0.0.0",
        "--server.port",
        str(port),
    ]
    variables = {"GARRISON_HOME": str(workspace.home)}
    with running(
        [*command, "--server.headless", "true", "--browser.serverAddress", "127.0.0.1"],
        port,
        tmp_path / "serve.log",
        **variables,
    ):
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/documents")
        expect(page.get_by_text("open to this machine alone", exact=False)).to_be_visible()
        expect(page.get_by_text("Ours", exact=False)).to_have_count(0)
