"""Dataset versions on the page Train, in a real browser: frozen, read in words, compared, and taken away as a file."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.records import DatasetVersion, QuestionPair
from core.storage import Workspace, find, update
from tests.learned import LearnedProject, add_facts

pytestmark = pytest.mark.browser
FACTS = 20
JOB_MS = 60_000  # in which a job of a few pairs has ended, also where others keep the cores busy


@pytest.fixture
def project_id(page: Page, workspace: Workspace, learned: LearnedProject) -> str:
    """A project with twenty facts more, each in a passage of its own, and no version yet."""
    add_facts(workspace, learned, FACTS)
    return learned.project.id


def at_rest(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_a_version_is_frozen_read_compared_and_taken_away(
    page: Page, address: str, workspace: Workspace, project_id: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/train?project={project_id}")
    versions = page.locator(".st-key-dataset-versions")
    versions.get_by_text("Dataset versions").click(timeout=60_000)
    expect(versions).to_contain_text("a numbered version that never changes")
    versions.get_by_role("button", name="Freeze version 1").click()
    expect(versions).to_contain_text("Version 1 is frozen.", timeout=JOB_MS)
    (first,) = find(workspace.db, DatasetVersion, project_id=project_id)
    for words in (
        f"{FACTS + 3} question pairs from 1 document: {first.train_count} to train on, {first.heldout_count} held out",
        "Whole passages are held out",
        "Nothing leaks",
        "the place in the text that proves them is known",
        first.sha256[:16],
    ):
        expect(versions).to_contain_text(words)
    assert first.heldout_count > 0

    versions.get_by_role("button", name="Freeze version 2").click()
    expect(versions).to_contain_text("Nothing changed since version 1: it stands.", timeout=JOB_MS)

    update(workspace.db, QuestionPair, "fact-3", output="It holds 33 bolts")
    update(workspace.db, QuestionPair, "fact-4", state="dropped", reason="by hand")
    versions.get_by_role("button", name="What would change?").click()
    expect(versions).to_contain_text("1 pair no longer there.")
    expect(versions).to_contain_text("1 pair with other words.")
    versions.get_by_role("button", name="Freeze version 2").click()
    expect(versions).to_contain_text("Version 2 is frozen.", timeout=JOB_MS)
    expect(versions).to_contain_text("after version 1")
    at_rest(page)
    versions.get_by_text("What changed since version 1").click()
    expect(versions).to_contain_text("1 pair with other words.")
    expect(versions.get_by_test_id("stDataFrame")).to_be_visible()

    with page.expect_download() as started:
        versions.get_by_role("button", name="Download version 2").click()
    started.value.save_as(tmp_path / "version.zip")
    with zipfile.ZipFile(tmp_path / "version.zip") as archive:
        assert archive.namelist() == ["card.txt", "train.jsonl", "heldout.jsonl"]
        rows = sum(archive.read(name).count(b"\n") for name in ("train.jsonl", "heldout.jsonl"))
        assert rows == FACTS + 2 and "dataset version 2" in archive.read("card.txt").decode()

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    expect(page.get_by_text("Something went wrong")).to_have_count(0)
