"""Conversations belong to a person: listed, named, searched, and deleted so that nothing of them stays."""

import json

import pytest

from core.errors import AccessError, InputError
from core.records import ChatSetup, ChatTurn, Conversation, Project, Role
from core.services.chat import chat_export, conversations
from core.services.chat.answering import ask, go_on
from core.services.chat.conversations import begin, delete_for_good, own_conversation, pin, rename, set_up, title_of
from core.services.chat.feedback import correct, judge
from core.services.chat.turns import turns
from core.storage import Workspace, find, get, people
from tests.access.conftest import signed_in  # noqa: F401 - a fixture

from .conftest import Speaker
from .test_answering import written

SETUP = ChatSetup(answerer="tiny")


def asked(workspace: Workspace, project: Project, question: str, answer: str = "A rope.") -> Conversation:
    conversation = begin(workspace, project, question, setup=SETUP)
    written(ask(workspace, conversation.id, question, opener=lambda: Speaker([[answer]])))
    return get(workspace.db, Conversation, conversation.id)


def titles(workspace: Workspace, project: Project, words: str = "") -> list[str]:
    return [each.title for each in conversations.conversations(workspace, project, words=words)]


def test_newest_first_and_pinned_ones_on_top(workspace, project):
    first, second, third = (asked(workspace, project, question) for question in ("One?", "Two?", "Three?"))
    assert titles(workspace, project) == ["Three?", "Two?", "One?"]
    pin(workspace, first.id, is_pinned=True)
    assert titles(workspace, project) == ["One?", "Three?", "Two?"]
    written(ask(workspace, second.id, "Two again?", opener=lambda: Speaker([["Yes."]])))
    assert titles(workspace, project) == ["One?", "Two?", "Three?"]


def test_search_finds_words_of_titles_questions_and_answers(workspace, project):
    asked(workspace, project, "What holds the Winch?", "A steel rope.")
    asked(workspace, project, "What is a tag?", "A sign of 100% paper.")
    assert titles(workspace, project, "wINCH") == ["What holds the Winch?"]
    assert titles(workspace, project, " ROPE ") == ["What holds the Winch?"]
    assert titles(workspace, project, "100%") == ["What is a tag?"]
    assert titles(workspace, project, "_") == []


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How much?", "How much?"),
        ("  First line\n\nSecond\tline  ", "First line Second line"),
        ("word " * 40, " ".join(["word"] * 11) + " …"),
        ("x" * 200, "x" * 59 + " …"),
    ],
)
def test_a_conversation_is_named_after_the_beginning_of_its_first_question(question, title):
    assert title_of(question) == title


@pytest.mark.parametrize("title", ["", " \n", "x" * 121, "a\x00b"])
def test_a_name_that_cannot_be_used_is_refused(workspace, conversation, title):
    with pytest.raises(InputError, match="needs a name"):
        rename(workspace, conversation.id, title)


def test_deleted_for_good_is_gone_from_the_files_of_the_database(workspace, project):
    kept = asked(workspace, project, "What is kept?", "This one.")
    secret = "Zanzibarquartz"
    gone = asked(workspace, project, f"Where is {secret}?", f"{secret} " * 4000)
    written(go_on(workspace, gone.id, opener=lambda: Speaker([[f"It grows: {secret} " * 4000]])))
    correct(workspace, turns(workspace, gone.id)[0].id, f"{secret} is in the box.")
    rename(workspace, gone.id, f"About {secret}")
    delete_for_good(workspace, gone.id)
    left = [path for path in workspace.home.iterdir() if path.is_file() and secret.encode() in path.read_bytes()]
    assert left == []
    assert titles(workspace, project) == ["What is kept?"]
    assert turns(workspace, kept.id)[0].answer == "This one."


def test_a_correction_that_is_taken_back_leaves_no_word(workspace, project):
    secret = "Zanzibarquartz"
    about = asked(workspace, project, "Where is it?", "In the box.")
    turn_id = turns(workspace, about.id)[0].id
    correct(workspace, turn_id, f"{secret} is in the box. " * 200)
    correct(workspace, turn_id, "")
    assert not [path for path in workspace.home.iterdir() if path.is_file() and secret.encode() in path.read_bytes()]


def test_a_removed_project_takes_its_conversations_along(workspace, project):
    from core.storage.removal import remove_project

    secret = "Zanzibarquartz"
    asked(workspace, project, f"Where is {secret}?")
    remove_project(workspace, project)
    assert not [path for path in workspace.home.iterdir() if path.is_file() and secret.encode() in path.read_bytes()]
    assert find(workspace.db, Conversation) == [] and find(workspace.db, ChatTurn) == []


def test_feedback_is_kept_and_taken_back(workspace, project):
    conversation = asked(workspace, project, "What?")
    (turn,) = turns(workspace, conversation.id)
    judge(workspace, turn.id, "down")
    correct(workspace, turn.id, " A steel rope. ")
    (turn,) = turns(workspace, conversation.id)
    assert (turn.thumb, turn.correction, turn.answer) == ("down", "A steel rope.", "A rope.")
    judge(workspace, turn.id, None)
    correct(workspace, turn.id, " ")
    (turn,) = turns(workspace, conversation.id)
    assert (turn.thumb, turn.correction) == (None, None)
    with pytest.raises(InputError, match="at most"):
        correct(workspace, turn.id, "x" * 20_001)


def test_a_file_holds_questions_answers_and_what_became_of_them(workspace, project):
    conversation = asked(workspace, project, "What holds it?", "A `steel` rope\n")
    correct(workspace, turns(workspace, conversation.id)[0].id, "Two ropes.")
    told = chat_export.as_markdown(workspace, conversation.id)
    assert told.startswith("# What holds it?\n\n## 1. Question\n\nWhat holds it?\n\n### Answer of tiny\n\nA `steel` rope\n")
    assert told.endswith("### What it should have been\n\nTwo ropes.\n")
    (line,) = chat_export.as_jsonl(workspace, conversation.id).splitlines()
    row = json.loads(line)
    assert (row["question"], row["answer"], row["correction"]) == ("What holds it?", "A `steel` rope\n", "Two ropes.")


@pytest.mark.parametrize("role", ["owner", "expert", "reviewer", "approver"])
def test_a_person_sees_only_their_own_conversations(workspace, project, signed_in, role: Role):  # noqa: F811
    ada, bob = (signed_in(name, (role,), project) for name in ("ada", "bob"))
    hers = asked(ada, project, "Ada's?")
    theirs = asked(workspace, project, "The account's?")
    assert titles(ada, project) == ["Ada's?"] and titles(bob, project) == []
    assert titles(workspace, project) == ["The account's?"]
    (turn,) = turns(ada, hers.id)
    for other in (hers.id, theirs.id):
        for act in (turns, delete_for_good, chat_export.as_markdown, chat_export.as_jsonl, own_conversation):
            with pytest.raises(InputError, match="There is no conversation"):
                act(bob, other)  # type: ignore[operator]
        with pytest.raises(InputError, match="There is no conversation"):
            rename(bob, other, "x")
        with pytest.raises(InputError, match="There is no conversation"):
            set_up(bob, other, SETUP)
        with pytest.raises(InputError, match="There is no conversation"):
            ask(bob, other, "What?", opener=lambda: Speaker([["x"]]))
    for judged in (lambda: judge(bob, turn.id, "up"), lambda: correct(bob, turn.id, "x")):
        with pytest.raises(InputError, match="There is no answer"):
            judged()
    assert find(bob.db, Conversation) == [] and find(bob.db, ChatTurn) == []
    assert [each.id for each in find(ada.db, ChatTurn)] == [turn.id]
    with pytest.raises(InputError, match="There is no conversation"):
        own_conversation(workspace, hers.id)  # the account has the files anyway, but no page shows them


def test_an_auditor_may_not_chat(workspace, project, signed_in):  # noqa: F811
    auditor = signed_in("eve", ("auditor",), project)
    with pytest.raises(AccessError, match="chat"):
        begin(auditor, project, "What?", setup=SETUP)
    with pytest.raises(AccessError, match="chat"):
        conversations.conversations(auditor, project)


def test_a_role_that_is_taken_away_ends_the_answer(workspace, project, signed_in, monkeypatch):  # noqa: F811
    from core.services.chat import answering

    monkeypatch.setattr(answering, "STORE_S", 0.0)
    ada = signed_in("ada", ("expert",), project)
    conversation = begin(ada, project, "What?", setup=SETUP)
    with pytest.raises(AccessError):
        with ask(
            ada, conversation.id, "What?", opener=lambda: Speaker([[f"{number} " for number in range(100_000)]])
        ) as writing:
            for text in writing:
                if text and ada.actor:
                    people.revoke(workspace, ada.actor.person.id, "expert", project=project)
