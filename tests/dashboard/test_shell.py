"""The frame around every page."""

import pytest

PAGES = [
    "overview",
    "documents",
    "review",
    "questions",
    "train",
    "evaluate",
    "chat",
    "models",
    "jobs",
    "replacement",
    "audit",
    "help",
]


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_without_any_project_and_has_the_footer(open_page, name):
    app = open_page(name)
    assert not app.exception
    assert not app.error
    assert any("offline: yes" in caption.value for caption in app.caption)


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_on_an_empty_project(open_page, workspace, name):
    project = workspace.create_project("Empty")
    app = open_page(name, project_id=project.id)
    assert not app.exception
    assert not app.error
