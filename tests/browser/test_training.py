"""A training in a real browser: started, left alone, come back to, and gone on from to the verdict."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.models.registry import add_model
from core.records import Run
from core.storage import Workspace, find
from tests.learned import LearnedProject, add_facts
from tests.training.conftest import build_tiny_model

pytestmark = pytest.mark.browser
FACTS = 20
JOB_MS = 240_000  # in which a job of a few steps has ended, also where others keep the cores busy


@pytest.fixture
def project_id(page: Page, workspace: Workspace, learned: LearnedProject, tmp_path: Path) -> str:
    """A project with twenty facts more and no run yet, on a machine with a model that trains in seconds."""
    add_facts(workspace, learned, FACTS)
    add_model(workspace.home, build_tiny_model(tmp_path / "tiny"), "tiny")
    return learned.project.id


def test_a_training_goes_on_while_nobody_looks_and_leads_to_the_verdict(
    page: Page, address: str, workspace: Workspace, project_id: str
) -> None:
    page.goto(f"{address}/train?project={project_id}")
    page.get_by_text("tiny", exact=True).click(timeout=JOB_MS)
    page.locator(".st-key-train-goal").get_by_text("Quick look").click()
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Train a model")).to_be_visible()
    page.goto("about:blank")  # the page is closed; the job is not

    page.goto(f"{address}/train?project={project_id}")
    expect(page.get_by_role("heading", name="Run 1")).to_be_visible(timeout=JOB_MS)
    evaluate = page.get_by_role("button", name="Compare with the base model")
    expect(evaluate).to_be_visible(timeout=JOB_MS)
    assert evaluate.get_attribute("kind") == "primary"
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    expect(page.get_by_text("not finished")).to_have_count(0)
    (run,) = find(workspace.db, Run, project_id=project_id)
    assert run.is_finished and run.model == "tiny"

    evaluate.click()
    expect(page.get_by_role("heading", name="Evaluate", exact=True, level=1)).to_be_visible()
    compare = page.get_by_role("button", name="Compare with the base model")
    expect(compare).to_be_enabled()
    assert compare.get_attribute("kind") == "primary"
    expect(page.get_by_text("Something went wrong")).to_have_count(0)
