"""A served dashboard and a headless Chromium that notes every request."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.storage import Workspace
from tests.learned import learned  # noqa: F401 - a fixture
from tests.served import dashboard

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str:
    """Where Chromium is; a test run without it fails, it does not skip."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "Chromium is missing: apt-get install chromium"
    return found


@pytest.fixture
def address(tmp_path: Path, unpacked_home: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a dashboard with a workspace of its own; a parameter is the policy of its project."""
    policy = getattr(request, "param", "each-document")
    with closing(Workspace(unpacked_home)) as workspace:
        workspace.create_project("Other", policy=policy)
    with dashboard(unpacked_home, tmp_path / "serve.log") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for all tests of a file, each of which opens a context of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A browser page; the test fails when it asked any other host for anything."""
    foreign: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})

    def note(url: str) -> None:
        if not url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:", "about:")):
            foreign.append(url)

    context.on("request", lambda request: note(request.url))
    opened = context.new_page()
    opened.on("websocket", lambda web_socket: note(web_socket.url))
    opened.set_default_timeout(30_000)
    expect.set_options(timeout=15_000)  # five seconds are short where the pages share two cores
    yield opened
    context.close()
    assert foreign == []
