"""From a wrong answer in the chat to a row of a dataset version, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.records import Document, Preference, QuestionPair
from core.services.questions.datasets import TRAIN, read_rows
from core.services.questions.freezing.version import freeze
from core.settings import DatasetSettings
from core.storage import Workspace, find
from tests.browser.test_chat import ask, open_chat, settle, stand_in  # noqa: F401 - a fixture
from tests.browser.test_curation import at_rest
from tests.services.retrieval.conftest import approve  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.model]  # what is written is searched for personal data by the detector


def test_a_corrected_answer_becomes_a_row_to_train_on(page: Page, address: str, tmp_path: Path, approve) -> None:  # noqa: F811
    workspace = Workspace(tmp_path / "home")
    approve(
        workspace.project("Other"), "Winch.txt", "The winch holds 12 tonnes.", "Nobody stands inside the angle of a rope."
    )
    assert find(workspace.db, Document)
    open_chat(page, address)
    ask(page, "say The winch holds 14 tonnes.")
    settle(page)
    page.get_by_role("radio", name="Thumbs down").click()
    page.get_by_role("button", name="Correct this").click()
    page.get_by_label("What the answer should have been").fill("The winch holds 12 tonnes.")
    page.get_by_role("button", name="Keep the correction").click()
    expect(page.get_by_text("in your words")).to_be_visible()
    page.goto(f"{address}/feedback")
    expect(page.locator(".garrison-rows .about")).to_contain_text("Thumbs down · Corrected")
    page.get_by_label("Question", exact=True).fill("How much does the winch hold?")
    page.locator(".st-key-feedback-make-pair button").click()
    expect(page.get_by_text("The question pair is made and kept.")).to_be_visible(timeout=120_000)
    at_rest(page)
    page.get_by_role("button", name="Make a preference").first.click()
    expect(page.get_by_text("The preference is made.")).to_be_visible(timeout=60_000)
    page.keyboard.press("u")
    expect(page.get_by_text("Undone: it is open again.")).to_be_visible()
    assert find(workspace.db, QuestionPair) == [] == find(workspace.db, Preference)
    at_rest(page)
    page.get_by_label("Question", exact=True).fill("How much does the winch hold?")
    page.locator(".st-key-feedback-make-pair button").click()
    expect(page.get_by_text("The question pair is made and kept.")).to_be_visible()
    project = workspace.project("Other")
    version = freeze(workspace, project, DatasetSettings(heldout_share=0))
    (row,) = read_rows(workspace.dataset_folder(project.id, version.id) / TRAIN)
    assert (row["input"], row["output"]) == ("How much does the winch hold?", "The winch holds 12 tonnes.")
    workspace.close()
