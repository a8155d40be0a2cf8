"""Chat & compare, with the embedded model itself."""

import pytest

from core.chat import Message
from core.records import Comparison, Vote
from core.services.chat.conversations import conversations
from core.services.chat.turns import turns
from core.storage import find
from dashboard import resources
from dashboard.components.answerers import who_can_answer
from dashboard.session_keys import CHAT_ANSWERER
from tests.chat.test_conversation import Reciter
from tests.dashboard.conftest import answers, ask

EMBEDDED = "smollm2-135m-instruct"


def test_runs_come_first_then_the_models_of_this_machine(workspace, learned):
    assert list(who_can_answer(workspace, learned.project)) == [learned.run.id, EMBEDDED]


@pytest.mark.model
def test_question_is_answered_kept_and_the_time_told(open_page, workspace):
    project = workspace.create_project("Empty")
    app = open_page("chat", project_id=project.id)
    ask(app, "What is the capital of France? Answer in one sentence.")
    assert not app.exception and not app.error
    assert "Paris" in answers(app)[0]  # field measurement: the embedded model answers so
    (conversation,) = conversations(workspace, project)
    assert app.query_params["conversation"] == conversation.id
    (turn,) = turns(workspace, conversation.id)
    assert turn.state == "complete" and turn.pace and turn.pace.token_count
    again = open_page("chat", project_id=project.id)  # as in another window
    again.button(key=f"open-{conversation.id}").click().run()
    assert answers(again) == answers(app)


def test_run_without_its_adapter_says_so_in_place_and_keeps_the_question(open_page, learned):
    app = open_page("chat", project_id=learned.project.id)
    ask(app, "What holds the winch?")
    assert "is gone" in app.error[0].value
    assert [element.value for element in app.text] == ["What holds the winch?"]
    assert any("No answer was written" in caption.value for caption in app.caption)


def test_questions_to_begin_with_come_from_the_kept_pairs(open_page, learned):
    app = open_page("chat", project_id=learned.project.id)
    labels = [button.label for button in app.button if (button.key or "").startswith("starter-")]
    assert len(labels) == 3 and "How much does the winch hold?" in labels[0].replace("\\", "")


def test_another_page_can_ask_for_a_conversation_with_a_run(open_page, workspace, learned):
    app = open_page(project_id=learned.project.id)
    app.session_state[CHAT_ANSWERER] = EMBEDDED
    app.switch_page("app_pages/chat.py").run()
    assert app.selectbox(key="chat-who-new").value == EMBEDDED
    assert CHAT_ANSWERER not in app.session_state


def test_names_stay_hidden_until_the_vote_and_the_votes_are_counted(open_page, workspace, learned, monkeypatch):
    monkeypatch.setattr(resources, "answerer", lambda _workspace, name: Reciter([f"I am {name[:3]}. ", "Paris."]))
    app = open_page("chat", project_id=learned.project.id)
    app.get_by_key("chat-mode").set_value("compare").run()
    app.toggle(key="compare-blind").set_value(True).run()
    app.text_area(key="compare-question").set_value("What is the capital of France?")
    app.form_submit_button[0].click().run()
    assert not app.error and not app.exception
    shown = [element.value for element in app.markdown]
    assert "**Answer A**" in shown and not any(EMBEDDED in words for words in shown)
    app.button(key="vote-1").click().run()
    (kept,) = find(workspace.db, Comparison)
    assert kept.vote == Vote(better=1) and kept.is_blind
    assert any(EMBEDDED in element.value for element in app.markdown)
    assert list(app.dataframe[0].value["Better"]) == [1, 0]


@pytest.mark.model
def test_model_stays_in_memory_between_questions(workspace):
    model = resources.answerer(workspace, EMBEDDED)
    assert resources.answerer(workspace, EMBEDDED) is model
    assert "".join(model.stream([Message("user", "Say yes.")], max_tokens=8, temperature=0.0))


@pytest.fixture(autouse=True)
def empty_memory():
    """Models that a test opened do not stay for the next one."""
    yield
    resources._opened_at.clear()


def test_a_host_that_an_administrator_allows_can_be_chosen_and_the_page_says_where_questions_go(open_page, workspace):
    project = workspace.create_project("Empty")
    path = workspace.home / "engine.toml"
    path.write_text('[hosts.site-70b]\naddress = "https://models.site/v1"\nmodel = "m"\n', encoding="utf-8")
    path.chmod(0o600)
    app = open_page("chat", project_id=project.id)
    assert app.selectbox(key="chat-who-new").options[-1] == "site-70b, on models.site"
    assert not app.info
    app.selectbox(key="chat-who-new").set_value("site-70b").run()
    assert app.info[0].value == "Questions and answers go to models.site, which an administrator allows."
    path.chmod(0o644)
    app = open_page("chat", project_id=project.id)
    assert "can be read by other accounts" in app.error[0].value
    assert app.selectbox(key="chat-who-new").options == ["smollm2-135m-instruct, as it came"]
