"""A blind vote over stored answers in a real browser, and the report as it was downloaded."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.services.chat.series import job
from core.storage import Workspace
from tests.services.chat.compared import QUESTIONS, Reciter, allow_hosts, answered, params_for, write_questions

pytestmark = pytest.mark.browser
HOSTILE = "<script>document.title = 'gone'</script><img src=https://evil.example/a.png>"


@pytest.fixture
def project_id(
    address: str, unpacked_home: Path, tmp_path: Path, waiting_jobs: None, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A project of the dashboard that is open, with an answered series."""
    workspace = Workspace(unpacked_home)
    project = workspace.project("Other")
    allow_hosts(workspace, "good", "poor")
    models = {"good": Reciter(QUESTIONS), "poor": Reciter({}, HOSTILE)}
    monkeypatch.setattr(job, "open_answerer", lambda _workspace, name: models[name])
    answered(workspace, project, params_for(write_questions(tmp_path), "good", "poor"))
    workspace.close()
    return project.id


def test_a_person_votes_on_stored_answers_and_takes_the_report_along(page: Page, address: str, project_id: str) -> None:
    """The page's fixture fails the test if anything was asked of another host, by the report either."""
    page.goto(f"{address}/chat?project={project_id}")
    page.get_by_text("Compare", exact=True).click()
    page.get_by_text("Over a question file", exact=True).click()
    page.get_by_text("Vote without names").click()
    for number, question in enumerate(QUESTIONS):
        expect(page.get_by_text(question)).to_be_visible()
        shown = page.locator(".garrison-answer")
        expect(shown).to_have_count(2)
        best = 0 if HOSTILE not in shown.first.inner_text() else 1
        if number == 2:
            page.set_viewport_size({"width": 390, "height": 844})
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0
        page.locator(f".st-key-series-vote-{best} button").click()
    expect(page.get_by_text("You have voted on all of them.")).to_be_visible()
    page.get_by_text("Results", exact=True).click()
    expect(page.get_by_text("3 votes of 1 person")).to_be_visible()
    page.get_by_role("button", name="Take along").click()
    with page.expect_download() as saved:
        page.locator(".st-key-series-save-html button").click()
    report = page.context.new_page()
    report.set_content(Path(saved.value.path()).read_text(encoding="utf-8"))
    expect(report.get_by_role("heading", name="Who answers better?")).to_be_visible()
    expect(report.get_by_text(HOSTILE).first).to_be_visible()
    assert report.title().startswith("Garrison: series 1")
