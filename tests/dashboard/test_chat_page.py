"""Chat & compare, with the embedded model itself."""

import pytest

from core.chat import Message
from core.chat.room import Room, too_long
from core.identity import declared
from core.records import ChatNote, ChatRetention, ChatSetup, ChatTurn, Comparison, Conversation, Project, Vote, now
from core.services.chat.conversations import begin, conversations
from core.services.chat.keeping.policy import set_retention
from core.services.chat.turns import turns
from core.storage import find, get, insert, update
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


def lines(app) -> list[str]:
    return [caption.value for caption in app.caption]


def test_how_long_is_told_in_a_line_and_changed_there(open_page, workspace):
    project = workspace.create_project("Empty")
    old = begin(workspace, project, "Old?", setup=ChatSetup(answerer=EMBEDDED))
    update(workspace.db, Conversation, old.id, updated_at="2026-01-01T00:00:00.000+00:00")
    app = open_page("chat", project_id=project.id)
    assert ":material/schedule: Kept until you delete it" in lines(app)
    app.radio(key=f"chat-kept-{project.id}").set_value("days").run()
    assert app.number_input(key=f"chat-days-{project.id}").value == 30
    assert any("1 conversation, comparison, series" in each.value and "at once" in each.value for each in app.markdown)
    assert app.button(key="chat-keeping-change").disabled  # nobody has said who decides it
    app.text_input(key="reviewer").set_value("Ada Boss").run()
    app.button(key="chat-keeping-change").click().run()
    assert not app.exception and not app.error
    assert get(workspace.db, Project, project.id).retention == ChatRetention(kept="days", days=30)
    assert ":material/schedule: Kept 30 days" in lines(app) and find(workspace.db, Conversation) == []
    app.get_by_key("chat-mode").set_value("compare").run()
    assert ":material/schedule: Kept 30 days" in lines(app)


def test_a_masked_answer_is_shown_as_it_is_kept_and_what_was_said_before_is_told(open_page, workspace, monkeypatch):
    from tests.services.chat.test_keeping import Finder

    monkeypatch.setattr(resources, "answerer", lambda *_: Reciter(["Quillon ", "did."]))
    monkeypatch.setattr("core.services.privacy.anonymization.open_detector", lambda *_given, **_named: Finder())
    project = workspace.create_project("Empty")
    before = begin(workspace, project, "Before?", setup=ChatSetup(answerer=EMBEDDED))
    set_retention(workspace, project, "not-kept", is_masked=True, actor=declared("Ada"))
    app = open_page("chat", project_id=project.id)
    assert any(line.startswith(":material/schedule: Not kept") for line in lines(app))
    app.button(key=f"open-{before.id}").click().run()
    assert any("Begun before personal data was masked" in line for line in lines(app))
    app.button(key="new-conversation").click().run()
    ask(app, "Who is Zanzibarra?")
    assert not app.exception and not app.error
    assert "&lt;PERSON_2&gt; did." in answers(app)[0]
    assert [each.title for each in conversations(workspace, project)] == ["Who is <PERSON_1>?"]


def test_a_new_session_deletes_what_is_kept_no_longer_whatever_page_it_opens(open_page, workspace):
    project = workspace.create_project("Empty")
    set_retention(workspace, project, "not-kept", actor=declared("Ada"))
    old = begin(workspace, project, "Old?", setup=ChatSetup(answerer=EMBEDDED))
    open_page("help", project_id=project.id)
    assert find(workspace.db, Conversation)
    update(workspace.db, Conversation, old.id, updated_at="2026-01-01T00:00:00.000+00:00")
    open_page("help", project_id=project.id)
    assert find(workspace.db, Conversation) == []


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


WINCH = "Which rope does the Keel 40 winch take?"


def long_talk(workspace, project, setup):
    """A conversation with a note of its first question."""
    from core.services.chat.conversations import begin
    from core.services.chat.earlier.notes import store_note

    conversation = begin(workspace, project, WINCH, setup=setup)
    for number, answer in enumerate(["It takes a steel rope.", "Every 90 days."], start=1):
        turn = ChatTurn(
            id=f"turn-{number}", conversation_id=conversation.id, number=number, question=WINCH, answer=answer,
            state="complete", answerer=EMBEDDED, created_at=now(), written_at=now(),
        )  # fmt: skip
        insert(workspace.db, turn)
    note = ChatNote(text="We talk about winches.", until=1, origin="summary")
    store_note(workspace.allowed("chat", project.id), conversation, note)
    return conversation


def test_a_note_says_what_it_stands_for_and_is_changed_and_written_anew(open_page, workspace, monkeypatch):
    monkeypatch.setattr(resources, "answerer", lambda _workspace, name: Reciter(["They asked ", "about a rope."]))
    project = workspace.create_project("Empty")
    conversation = long_talk(workspace, project, ChatSetup(answerer=EMBEDDED))
    app = open_page("chat", project_id=project.id)
    app.button(key=f"open-{conversation.id}").click().run()
    assert "We talk about winches." in [element.value for element in app.text]
    (told,) = [caption.value for caption in app.caption if "as this note" in caption.value]
    assert "The first question and its answer are told to the model as this note. The model wrote it" in told
    app.text_area(key=f"note-text-{conversation.id}").set_value("About the rope of a winch.")
    next(button for button in app.form_submit_button if button.label == "Keep the note").click().run()
    assert any("You have changed it." in caption.value for caption in app.caption)
    app.button(key="chat-note-anew").click().run()
    assert not app.error and not app.exception
    note = conversations(workspace, project)[0].note
    assert note == ChatNote(text="They asked about a rope.", until=1, origin="summary")
    assert "They asked about a rope." in [element.value for element in app.text]


def test_what_was_remembered_is_shown_with_its_place_and_forgotten_on_request(open_page, workspace, monkeypatch):
    from core.services.chat.earlier import remembering, telling
    from tests.services.retrieval.conftest import embed

    for module in (remembering, telling):
        monkeypatch.setattr(module, "embedding", lambda _workspace: embed)
    monkeypatch.setattr(resources, "answerer", lambda _workspace, name: Reciter(["Steel."]))
    project = workspace.create_project("Empty")
    conversation = long_talk(workspace, project, ChatSetup(answerer=EMBEDDED))
    app = open_page("chat", project_id=project.id)
    assert app.toggle(key="chat-remembers-new").value is False
    app.toggle(key="chat-remembers-new").set_value(True).run()
    ask(app, WINCH)
    assert not app.error and not app.exception
    (asked,) = [turn for turn in find(workspace.db, ChatTurn) if turn.conversation_id != conversation.id]
    assert {place.turn_id for place in asked.remembered} == {"turn-1", "turn-2"}
    shown = [element.value for element in app.text]
    assert f"You: {WINCH}" in shown and "Answer: It takes a steel rope." in shown
    number = next(at for at, place in enumerate(asked.remembered, start=1) if place.turn_id == "turn-1")
    app.button(key=f"remembered-forget-{asked.id}-{number}").click().run()
    assert "Answer: It takes a steel rope." not in [element.value for element in app.text]
    assert any("1 thing that was remembered here is forgotten." in caption.value for caption in app.caption)
    app.button(key=f"remembered-open-{asked.id}-1").click().run()
    assert app.query_params["conversation"] == conversation.id
    app.checkbox(key=f"chat-forgetting-{conversation.id}").check().run()
    app.button(key=f"chat-forget-{conversation.id}").click().run()
    assert all(turn.is_forgotten for turn in find(workspace.db, ChatTurn))


def test_a_message_longer_than_the_model_reads_is_told_without_tokens(open_page, workspace, monkeypatch):
    class Short(Reciter):
        def stream(self, messages, *, max_tokens, temperature):
            raise too_long(messages, Room(taken=9600, readable=8192))
            yield

    monkeypatch.setattr(resources, "answerer", lambda _workspace, name: Short([]))
    project = workspace.create_project("Empty")
    app = open_page("chat", project_id=project.id)
    ask(app, "word " * 40)
    assert app.error[0].value.startswith("This message has about 7,200 words; this model reads about 6,140")
    assert "token" not in app.error[0].value and "shorten the message" in app.error[0].value


def test_another_model_under_the_same_name_is_opened_anew(workspace, monkeypatch):
    versions = iter(["first", "first", "second"])
    monkeypatch.setattr(resources, "version_of", lambda *_: next(versions))
    monkeypatch.setattr("core.services.chat.answerers.open_answerer", lambda *_: Reciter(["Steel."]))
    first, again, second = [resources.answerer(workspace, "added") for _ in range(3)]
    assert first is again and second is not first
