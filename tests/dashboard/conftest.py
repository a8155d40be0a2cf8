"""The dashboard in a test: a workspace of its own, and any page opened as a person would."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.storage import Workspace
from tests.learned import learned  # noqa: F401 - a fixture

OpenPage = Callable[..., AppTest]


def ask(app: AppTest, question: str) -> AppTest:
    """Ask a question on the chat page."""
    return app.chat_input(key="chat-question").set_value(question).run()


def answers(app: AppTest) -> list[str]:
    """The HTML of the answers on the chat page."""
    bodies = [element.proto.body for element in app.get("html")]
    return [body for body in bodies if body.startswith('<div class="garrison-answer">')]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("GARRISON_HOME", str(tmp_path / "home"))
    return Workspace(tmp_path / "home")


@pytest.fixture
def open_page(workspace: Workspace) -> OpenPage:
    """Open a page (`open_page("documents", project_id=…)`) in the workspace of this test."""
    spec = find_spec("dashboard")
    assert spec is not None and spec.origin is not None
    entry = Path(spec.origin).with_name("app.py")

    def open_it(name: str = "overview", *, project_id: str = "", address: str = "") -> AppTest:
        app = AppTest.from_file(str(entry), default_timeout=120)  # where the tests share two cores
        if address:
            app.query_params["project"] = address
        if project_id:
            app.session_state["project_id"] = project_id
        app.run()
        return app if name == "overview" else app.switch_page(f"app_pages/{name}.py").run()

    return open_it
