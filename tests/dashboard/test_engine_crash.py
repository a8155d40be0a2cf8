"""The chat page when the engine ends while it answers; with a stand-in that ends itself."""

import pytest

from core.models.engine.supervisor import shared
from dashboard import resources
from tests.dashboard.conftest import answers, ask
from tests.models.engine.standing import install_stand_in


@pytest.fixture(autouse=True)
def stand_in(tmp_path, monkeypatch):
    """The engine of this test alone."""
    shared.cache_clear()
    yield install_stand_in(tmp_path, monkeypatch)
    shared().stop()
    shared.cache_clear()
    resources._opened_at.clear()


def test_a_crash_is_told_in_place_what_was_written_stays_and_the_next_question_is_answered(open_page, workspace):
    app = open_page("chat", project_id=workspace.create_project("Empty").id)
    ask(app, "crash SIGSEGV")
    assert not app.exception
    assert "ended with SIGSEGV while it answered" in app.error[0].value and "Try again" in app.error[0].value
    assert "python3" not in app.error[0].value  # a page names no command
    assert "Paris is" in answers(app)[0]
    assert any("broke off here" in caption.value for caption in app.caption)
    ask(app, "Again?")
    assert not app.error
    assert [element.value for element in app.text] == ["crash SIGSEGV", "Again?"]
    assert "Paris is the capital." in answers(app)[1]


def test_an_engine_that_ends_again_and_again_is_told_so(open_page, workspace):
    app = open_page("chat", project_id=workspace.create_project("Empty").id)
    for _ in range(3):
        ask(app, "crash at once SIGSEGV")
    ask(app, "Again?")
    assert "3 times within a minute" in app.error[0].value
