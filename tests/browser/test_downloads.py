"""A download that is pressed while the page is being drawn again, in a real browser."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.storage import Workspace
from tests.learned import LearnedProject

pytestmark = pytest.mark.browser
PRESSES = 12
PAUSES_MS = (50, 150, 300)  # between what draws the page again, that again before it is drawn, and the download


def test_a_press_while_the_page_is_drawn_again_gives_the_file(
    page: Page, address: str, workspace: Workspace, learned: LearnedProject, tmp_path: Path
) -> None:
    page.goto(f"{address}/questions?project={learned.project.id}")
    with_source = page.locator(".st-key-export-source label")
    download = page.get_by_role("button", name="Download as JSONL")
    expect(download).to_be_enabled(timeout=60_000)
    for press in range(PRESSES):
        pause_ms = PAUSES_MS[press % len(PAUSES_MS)]
        for _ in range(2):  # the second press ends the drawing that the first began
            with_source.click()
            page.wait_for_timeout(pause_ms)
        with page.expect_download(timeout=15_000) as started:
            download.click()
        started.value.save_as(tmp_path / "pairs.jsonl")
        lines = (tmp_path / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 3 and json.loads(lines[0])
        expect(page.get_by_test_id("stDownloadButtonError")).to_have_count(0)
