"""A download that is pressed while the page is being drawn again, in a real browser."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from core.storage import Workspace
from tests.learned import LearnedProject

pytestmark = pytest.mark.browser
PRESSES = 12
PAUSES_MS = (50, 150, 300)  # between what draws the page again, that again before it is drawn, and the download
NOTE_ERRORS = """
window.refused = []
new MutationObserver(() => {
  const told = document.querySelector('[data-testid="stDownloadButtonError"]')
  if (told) window.refused.push(told.textContent)
}).observe(document.body, { childList: true, subtree: true, characterData: true })
"""


def test_a_press_while_the_page_is_drawn_again_is_never_refused(
    page: Page, address: str, workspace: Workspace, learned: LearnedProject, tmp_path: Path
) -> None:
    page.goto(f"{address}/questions?project={learned.project.id}")
    with_source = page.locator(".st-key-export-source label")
    download = page.get_by_role("button", name="Download as JSONL")
    expect(download).to_be_enabled(timeout=60_000)
    page.evaluate(NOTE_ERRORS)
    files: list[Download] = []
    page.on("download", lambda file: files.append(file))
    for press in range(PRESSES):
        for _ in range(2):  # the second press ends the drawing that the first began
            with_source.click()
            page.wait_for_timeout(PAUSES_MS[press % len(PAUSES_MS)])
        download.click()
        expect(download).to_be_enabled()
        page.wait_for_timeout(1_000)
    assert page.evaluate("window.refused") == []
    assert files
    files[-1].save_as(tmp_path / "pairs.jsonl")
    lines = (tmp_path / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3 and json.loads(lines[0])
