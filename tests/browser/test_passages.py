"""The heat map in a real browser: a square opens its passage, by mouse and by keyboard, and a bare one says what to do."""

import pytest
from playwright.sync_api import Page, expect

from core.storage import Workspace
from tests.learned import LearnedProject

pytestmark = pytest.mark.browser
TEXT = "Nobody stands inside the angle of a loaded rope."


@pytest.mark.parametrize("width", [1280, 390])
def test_a_square_opens_its_passage_by_mouse_and_by_keyboard(
    page: Page, address: str, learned: LearnedProject, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/questions?project={learned.project.id}")
    cells = page.locator(".garrison-map button.cell")
    expect(cells).to_have_count(2, timeout=60_000)
    card = page.locator(".st-key-open-passage")
    expect(card).to_have_count(0)

    cells.nth(1).click()
    expect(card).to_contain_text(TEXT)
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()
    expect(card).to_contain_text("Nobody has written about this passage yet.")
    expect(cells.nth(1)).to_have_attribute("aria-current", "")
    expect(page.locator(".garrison-rows .pair")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0

    cells.nth(1).focus()
    page.keyboard.press("ArrowLeft")
    expect(cells.nth(0)).to_be_focused()
    expect(page.locator(".garrison-map .told")).to_have_text("passage 1 · page 1: 3 facts")
    page.keyboard.press("Enter")
    expect(card).to_contain_text("3 pairs kept, 1 dropped.")
    expect(card).to_be_focused()
    expect(page.locator(".garrison-rows .pair")).to_have_count(4)

    card.get_by_role("button", name="Next one not asked about").click()
    expect(card).to_contain_text(TEXT)
    expect(cells.nth(1)).to_have_attribute("aria-current", "")
    card.get_by_role("button", name="Add a pair by hand").click()
    question = page.get_by_role("textbox", name="Question")
    expect(question).to_be_focused()
    expect(page.locator(".st-key-curation-form")).to_contain_text(TEXT)
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    card.get_by_role("button", name="Show all pairs").click()
    expect(card).to_have_count(0)
    expect(page.locator(".garrison-rows .pair")).to_have_count(4)


def test_the_name_of_a_document_stays_text_in_the_map(
    page: Page, address: str, workspace: Workspace, learned: LearnedProject
) -> None:
    workspace.db.execute("update documents set name = '<img src=\"x\">'")
    page.goto(f"{address}/questions?project={learned.project.id}")
    expect(page.locator(".garrison-map .name")).to_contain_text('<img src="x">', timeout=60_000)
    expect(page.locator(".garrison-map img")).to_have_count(0)
