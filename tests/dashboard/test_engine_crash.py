"""The chat page when the engine ends while it answers; with a stand-in that ends itself."""

import pytest

from core.models.engine.supervisor import shared
from core.services.chat.conversations import conversations
from core.services.chat.instructions import BUILT_IN
from core.services.chat.turns import turns
from dashboard import resources
from tests.dashboard.conftest import answers, ask
from tests.models.engine.standing import asked, install_stand_in


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


def test_manner_and_instruction_are_kept_with_the_conversation_and_told_to_the_model(open_page, workspace, stand_in):
    project = workspace.create_project("Empty")
    app = open_page("chat", project_id=project.id)
    app.get_by_key("chat-manner-new").set_value(1.0).run()
    assert app.slider(key="chat-freedom-new").value == 1.0
    app.selectbox(key="chat-template-new").set_value("Step by step").run()
    assert "numbered list" in app.text_area(key="chat-instruction-new").value
    app.number_input(key="chat-longest-new").set_value(64).run()
    ask(app, "say " + " ".join(f"word{number}" for number in range(100)))
    (conversation,) = conversations(workspace, project)
    assert (conversation.setup.temperature, conversation.setup.longest_tokens) == (1.0, 64)
    assert conversation.setup.instruction == BUILT_IN["Step by step"]
    assert any("Cut here" in caption.value for caption in app.caption)
    assert asked(stand_in)[-1]["max_tokens"] == 64
    app.button(key="chat-go-on").click().run()
    (turn,) = turns(workspace, conversation.id)
    assert turn.state == "cut" and len(turn.answer.split()) == 128
    app.slider(key=f"chat-freedom-{conversation.id}").set_value(0.3).run()
    assert conversations(workspace, project)[0].setup.temperature == 0.3
    assert app.get_by_key(f"chat-manner-{conversation.id}").value is None


def test_an_engine_that_ends_again_and_again_is_told_so(open_page, workspace):
    app = open_page("chat", project_id=workspace.create_project("Empty").id)
    for _ in range(3):
        ask(app, "crash at once SIGSEGV")
    ask(app, "Again?")
    assert "3 times within a minute" in app.error[0].value
