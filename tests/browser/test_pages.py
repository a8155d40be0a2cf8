"""The whole path through the pages, in a real browser.

A tiny model learns; `tests/cli/test_path.py` trains the embedded one.
"""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.models.registry import add_model
from core.sample import sample_documents
from core.storage import Workspace
from dashboard.pages import ALL_PAGES
from tests.training.conftest import build_tiny_model

pytestmark = pytest.mark.browser
WORK_MS = 600_000


def go_to(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click()


def expect_no_defect(page: Page) -> None:
    expect(page.get_by_text("Something went wrong")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_every_page_opens_on_an_empty_project_at_both_widths(page: Page, address: str) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for each in ALL_PAGES:
            page.goto(f"{address}/" if each is ALL_PAGES[0] else f"{address}/{each.name}")
            expect(page.get_by_role("heading", name=each.title, exact=True, level=1)).to_be_visible()
            expect(page.get_by_text("offline", exact=False).first).to_be_attached()
            expect_no_defect(page)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, f"{each.title} is wider than {width} pixels"


@pytest.mark.parametrize("address", ["all-at-once"], indirect=True)
def test_documents_become_a_tuned_model(page: Page, address: str, workspace: Workspace, tmp_path: Path) -> None:
    add_model(workspace.home, build_tiny_model(tmp_path / "tiny"), "tiny")
    files = []
    for path in sample_documents():
        if path.suffix in (".md", ".html"):
            files.append(shutil.copy(path, tmp_path / path.name))
    page.goto(f"{address}/documents")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
    expect(page.locator(".st-key-find-personal-data button")).to_be_visible(timeout=WORK_MS)
    press(page, "find-personal-data")
    expect(page.locator(".st-key-go-to-review button")).to_be_visible(timeout=WORK_MS)

    go_to(page, "Review")
    page.get_by_role("textbox", name="Your name").fill("Ada Reviewer")
    page.get_by_role("textbox", name="Your name").press("Enter")
    expect(page.locator(".st-key-accept button").first).to_be_enabled()
    press(page, "accept")
    for count in range(1, len(files) + 1):
        expect(page.locator(".st-key-approve button")).to_be_enabled()
        press(page, "approve")
        words = page.locator(".st-key-unread code")
        expect(words).to_contain_text("unread")
        page.get_by_role("textbox", name="type these words").fill(words.inner_text())
        page.get_by_role("button", name="Approve unread").click()
        expect(page.get_by_text(f"{count} of {len(files)} documents approved")).to_be_visible()

    go_to(page, "Questions")
    page.locator(".st-key-per-passage input").fill("1")
    page.locator(".st-key-per-passage input").press("Enter")
    press(page, "write-pairs")
    expect(page.locator(".st-key-go-train button")).to_be_visible(timeout=WORK_MS)

    go_to(page, "Train")
    page.get_by_text("tiny", exact=True).click(timeout=WORK_MS)
    page.locator(".st-key-train-goal").get_by_text("Quick look").first.click()
    press(page, "start-training")
    expect(page.locator(".st-key-go-evaluate button")).to_be_visible(timeout=WORK_MS)

    go_to(page, "Evaluate")
    press(page, "start-evaluation")
    expect(page.locator(".st-key-verdict")).to_be_visible(timeout=WORK_MS)

    go_to(page, "Chat & compare")
    page.locator(".st-key-chat-mode").get_by_text("Compare").click()
    page.locator(".st-key-compare-question textarea").fill("What is the Brindle generator?")
    page.get_by_role("button", name="Ask both").click()
    expect(page.get_by_text("answered in")).to_have_count(2, timeout=WORK_MS)
    press(page, "vote-0")
    expect(page.get_by_text("Your vote is kept")).to_be_visible()
    expect_no_defect(page)
