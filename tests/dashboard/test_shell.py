"""The frame around every page."""

import tomllib
from pathlib import Path

import pytest

from core.services.steps import project_steps
from core.storage.removal import remove_project
from dashboard.pages import ALL_PAGES, STEP_PAGES

DASHBOARD = Path(__file__).parents[2] / "dashboard"
CONFIG = DASHBOARD / ".streamlit" / "config.toml"
NAMES = [page.name for page in ALL_PAGES]


@pytest.mark.parametrize("name", NAMES)
def test_page_opens_without_any_project_and_has_the_footer(open_page, name):
    app = open_page(name)
    assert [title.value for title in app.title] == [title_of(name)]
    assert not app.exception
    assert not app.error
    assert any("offline: yes" in caption.value for caption in app.caption)


@pytest.mark.parametrize("name", NAMES)
def test_page_opens_on_an_empty_project(open_page, workspace, name):
    project = workspace.create_project("Empty")
    app = open_page(name, project_id=project.id)
    assert [title.value for title in app.title] == [title_of(name)]
    assert not app.exception
    assert not app.error


def title_of(name: str) -> str:
    return next(page.title for page in ALL_PAGES if page.name == name)


def test_every_script_of_a_page_is_in_the_menu_and_no_two_pages_share_a_title():
    assert sorted(NAMES) == sorted(path.stem for path in (DASHBOARD / "app_pages").glob("*.py") if path.stem != "__init__")
    assert len({page.title for page in ALL_PAGES}) == len(ALL_PAGES)


def test_every_step_of_a_project_has_its_page_and_its_words_in_the_tour(workspace):
    steps = project_steps(workspace, workspace.create_project("Empty"))
    assert [step.name for step in steps] == list(STEP_PAGES)
    assert [page.name for page in ALL_PAGES if page.tour] == [page.name for page in STEP_PAGES.values()]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("background", ["backgroundColor", "secondaryBackgroundColor"])
def test_small_print_can_be_read(theme, background):
    """WCAG 2.1, 1.4.3: 4.5 to 1. Streamlit draws captions in the text's color at 60 percent (seen in the browser)."""
    colors = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"][theme]
    text, back = (bytes.fromhex(colors[name][1:]) for name in ("textColor", background))
    seen = [0.6 * one + 0.4 * other for one, other in zip(text, back, strict=True)]
    lighter, darker = sorted((luminance(seen), luminance(list(back))), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(color: list[float]) -> float:
    """Relative luminance by WCAG 2.1."""
    shares = [value / 255 for value in color]
    red, green, blue = (share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_no_page_s_text_is_taken_apart_by_python_before_it_runs():
    """Until 3.11.8 that fails now and then beside other threads, and the page says that something went wrong."""
    assert tomllib.loads(CONFIG.read_text(encoding="utf-8"))["runner"]["magicEnabled"] is False


def test_a_page_without_a_project_in_its_address_shows_the_one_last_worked_in(open_page, workspace):
    first, second = workspace.create_project("First"), workspace.create_project("Second")
    assert open_page().session_state["project_id"] == second.id  # the newest, as nobody worked in one yet
    app = open_page(address=first.id)
    assert app.session_state["project_id"] == first.id
    assert open_page("documents").session_state["project_id"] == first.id
    remove_project(workspace, first)
    assert open_page().session_state["project_id"] == second.id


def test_the_choice_of_project_stands_above_the_menu(open_page, workspace):
    workspace.create_project("Empty")
    kinds = [element.type for element in open_page().sidebar]
    assert kinds.index("selectbox") < kinds.index("page_link")
