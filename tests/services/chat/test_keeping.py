"""How long chats are kept, and in what form: nothing too early, nothing too late, and nothing that was not to be stored."""

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import AccessError, InputError, SetupError
from core.identity import declared
from core.models.text import Message
from core.records import (
    ChatNote,
    ChatRetention,
    ChatSetup,
    ChatTurn,
    ComparedAnswer,
    Comparison,
    Conversation,
    Detection,
    Project,
)
from core.services.chat import answering, chat_export
from core.services.chat.answering import ask, ask_again, go_on, stop
from core.services.chat.comparing import keep_comparison, vote, votes
from core.services.chat.conversations import begin, conversations, own_conversation, pin, rename, set_up
from core.services.chat.earlier.notes import store_note
from core.services.chat.earlier.said import current_said
from core.services.chat.feedback import correct
from core.services.chat.keeping.policy import due_at_once, is_from_before_masking, kept_words, set_retention
from core.services.chat.turns import turns
from core.storage import Workspace, audit, chat_retention, find, get, people, update
from core.storage.chat_retention import clean
from core.storage.source_index import SourceIndex
from tests.access.conftest import signed_in  # noqa: F401 - a fixture
from tests.services.retrieval.conftest import embed

from .conftest import Speaker
from .test_answering import written

ADA = declared("Ada")
SETUP = ChatSetup(answerer="tiny")
MS = timedelta(milliseconds=1)
NAMES = {"Zanzibarra": "PERSON", "Quillon": "PERSON", "Marlport": "LOCATION"}


def asked(workspace: Workspace, project: Project, question: str, answer: str = "A rope.") -> Conversation:
    conversation = begin(workspace, project, question, setup=SETUP)
    written(ask(workspace, conversation.id, question, opener=lambda: Speaker([[answer]])))
    return get(workspace.db, Conversation, conversation.id)


def compared(workspace: Workspace, project: Project, question: str, answer: str = "A rope.") -> Comparison:
    given = ComparedAnswer(answerer="one", version="aa", text=answer, whole_s=1.0)
    return keep_comparison(workspace, project, question, [given, given], is_blind=False)


def titles(workspace: Workspace, project: Project) -> list[str]:
    return [each.title for each in find(workspace.db, Conversation, project_id=project.id, order="rowid")]


def last_message(workspace: Workspace, conversation: Conversation) -> datetime:
    return datetime.fromisoformat(turns(workspace, conversation.id)[-1].written_at)


def is_in_files(workspace: Workspace, word: str) -> bool:
    files = [path for path in workspace.home.iterdir() if path.is_file()]
    assert any(path.name == "garrison.sqlite3" for path in files)
    return any(word.encode() in path.read_bytes() for path in files)


def noted(workspace: Workspace) -> list[tuple[str, dict[str, int]]]:
    entries = [entry for entry, _ in audit.entries(workspace.db) if entry.action == "chats deleted"]
    return [(entry.subjects["project"], entry.counts) for entry in entries]


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an answer shown and stored piece by piece."""
    monkeypatch.setattr(answering, "STORE_S", 0.0)
    monkeypatch.setattr(answering, "SHOW_S", 0.0)


class Finder:
    """A detector that knows a few names."""

    def detect(self, texts: list[str]) -> list[list[Detection]]:
        return [
            [
                Detection(start=at, end=at + len(name), entity=entity, score=1.0, detector="rules")
                for name, entity in NAMES.items()
                for at in range(len(text))
                if text.startswith(name, at)
            ]
            for text in texts
        ]


class Broken:
    def detect(self, texts: list[str]) -> list[list[Detection]]:
        raise SetupError("The model is missing.", "Add it.")


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The detector in use, to be replaced."""
    held: list[object] = [Finder()]
    monkeypatch.setattr("core.services.privacy.anonymization.open_detector", lambda *_given, **_named: held[0])
    return held


@pytest.fixture
def masked(workspace: Workspace, project: Project, detector: list[object]) -> Project:
    set_retention(workspace, project, "until-deleted", is_masked=True, actor=ADA)
    return get(workspace.db, Project, project.id)


# --- how long ---------------------------------------------------------------------------------------


def test_by_default_everything_stays_until_its_owner_deletes_it(workspace, project):
    asked(workspace, project, "What?")
    assert project.retention == ChatRetention()
    assert clean(workspace, at=datetime.now(UTC) + timedelta(days=36_500)) == 0
    assert titles(workspace, project) == ["What?"]


def test_deleted_for_good_exactly_as_many_days_after_the_last_message_pinned_or_not(workspace, project):
    set_retention(workspace, project, "days", days=30, actor=ADA)
    conversation = asked(workspace, project, "Where is Zanzibarra?", "Zanzibarra " * 4000)
    pin(workspace, conversation.id, is_pinned=True)
    correct(workspace, turns(workspace, conversation.id)[0].id, "Zanzibarra is in the box.")
    due = last_message(workspace, conversation) + timedelta(days=30)
    assert clean(workspace, at=due - MS) == 0 and titles(workspace, project)
    assert clean(workspace, at=due) == 1 and not titles(workspace, project)
    assert find(workspace.db, ChatTurn) == [] and not is_in_files(workspace, "Zanzibarra")
    assert clean(workspace, at=due) == 0
    assert noted(workspace) == [(project.id, {"conversations": 1, "comparisons": 0, "feedback": 0, "series": 0})]


def test_the_answer_is_a_message_too(workspace, project):
    set_retention(workspace, project, "days", days=1, actor=ADA)
    conversation = asked(workspace, project, "What?")
    (turn,) = turns(workspace, conversation.id)
    long_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="milliseconds")
    update(workspace.db, Conversation, conversation.id, updated_at=long_ago)
    assert clean(workspace) == 0  # an answer that took so long, or goes on
    update(workspace.db, ChatTurn, turn.id, written_at=long_ago)
    assert clean(workspace) == 1


def test_a_clock_that_is_behind_deletes_nothing(workspace, project):
    set_retention(workspace, project, "days", days=1, actor=ADA)
    asked(workspace, project, "What?")
    assert clean(workspace, at=datetime(1970, 1, 2, tzinfo=UTC)) == 0
    assert titles(workspace, project) == ["What?"]


def test_what_everybody_said_is_deleted_and_nothing_of_another_project(workspace, project, signed_in):  # noqa: F811
    other = workspace.create_project("Pumps")
    ada, bob = (signed_in(name, ("expert",), project) for name in ("ada", "bob"))
    for each in (ada, bob, workspace):
        asked(each, project, "What?")
    asked(workspace, other, "Elsewhere?")
    set_retention(workspace, project, "days", days=7, actor=ADA)
    assert clean(ada, at=datetime.now(UTC) + timedelta(days=8)) == 3
    assert titles(workspace, project) == [] and titles(workspace, other) == ["Elsewhere?"]
    (entry,) = [entry for entry, _ in audit.entries(workspace.db) if entry.action == "chats deleted"]
    assert "person" not in entry.subjects and entry.actor == audit.account()  # Ada only happened to look


def test_an_answer_that_is_written_is_not_deleted_under_its_writer(workspace, project, monkeypatch):
    hurry(monkeypatch)
    set_retention(workspace, project, "not-kept", actor=ADA)
    conversation = begin(workspace, project, "What?", setup=SETUP)
    long_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="milliseconds")
    with ask(workspace, conversation.id, "What?", opener=lambda: Speaker([["A ", "steel ", "rope."]])) as writing:
        update(workspace.db, Conversation, conversation.id, updated_at=long_ago)
        for _ in writing:
            assert clean(workspace) == 0
    assert turns(workspace, conversation.id)[0].answer == "A steel rope."


def test_an_answer_whose_conversation_was_deleted_ends(workspace, project, monkeypatch):
    hurry(monkeypatch)
    set_retention(workspace, project, "not-kept", actor=ADA)
    conversation = begin(workspace, project, "What?", setup=SETUP)
    with ask(workspace, conversation.id, "What?", opener=lambda: Speaker([["Zanzibarra "] * 5000])) as writing:
        looks = [next(iter(writing))]
        begin(workspace, project, "Another?", setup=SETUP)
        looks += list(writing)
    assert len(looks) < 5000 and titles(workspace, project) == ["Another?"]
    assert find(workspace.db, ChatTurn) == []


def test_reading_the_list_deletes_what_is_due(workspace, project, signed_in):  # noqa: F811
    ada = signed_in("ada", ("expert",), project)
    old, _ = asked(ada, project, "Old?"), asked(ada, project, "New?")
    set_retention(workspace, project, "days", days=1, actor=ADA)
    before = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="milliseconds")
    update(workspace.db, Conversation, old.id, updated_at=before)
    workspace.db.execute("update chat_turns set written_at = ? where conversation_id = ?", [before, old.id])
    assert [each.title for each in conversations(ada, project)] == ["New?"]


def test_not_kept_ends_with_the_next_one_of_the_same_person_and_after_a_day(workspace, project, signed_in):  # noqa: F811
    set_retention(workspace, project, "not-kept", actor=ADA)
    ada, bob = (signed_in(name, ("expert",), project) for name in ("ada", "bob"))
    asked(ada, project, "Who is Zanzibarra?", "Zanzibarra it is.")
    compared(bob, project, "Bob's first?")
    last = asked(bob, project, "Bob's?")
    assert find(workspace.db, Comparison) == []
    asked(ada, project, "Ada's second?")
    assert titles(workspace, project) == ["Bob's?", "Ada's second?"] and not is_in_files(workspace, "Zanzibarra")
    assert clean(workspace, at=last_message(bob, last) + timedelta(days=1) - MS) == 0
    assert clean(workspace, at=datetime.now(UTC) + timedelta(days=1)) == 2


def test_not_kept_ends_with_the_sign_in(workspace, project, signed_in):  # noqa: F811
    kept = workspace.create_project("Pumps")
    ada, bob = (signed_in(name, ("expert",), project) for name in ("ada", "bob"))
    people.grant(workspace, ada.actor.person.id, "expert", project=kept)
    set_retention(workspace, project, "not-kept", actor=ADA)
    for each in (ada, bob):
        asked(each, project, "What?")
    asked(ada, kept, "Kept?")
    people.revoke(workspace, ada.actor.person.id, "expert", project=project)  # her words go all the same
    people.sign_out(ada)
    assert titles(workspace, project) == ["What?"] and titles(workspace, kept) == ["Kept?"]
    with pytest.raises(AccessError):
        conversations(ada, kept)


def test_compared_answers_and_votes_are_kept_no_longer_than_conversations(workspace, project):
    comparison = compared(workspace, project, "Where is Zanzibarra?")
    vote(workspace, comparison.id, 0)
    set_retention(workspace, project, "days", days=2, actor=ADA)
    made = datetime.fromisoformat(comparison.created_at)
    assert clean(workspace, at=made + timedelta(days=2) - MS) == 0 and votes(workspace, project)
    assert clean(workspace, at=made + timedelta(days=2)) == 1 and votes(workspace, project) == []
    assert not is_in_files(workspace, "Zanzibarra")
    assert noted(workspace) == [(project.id, {"conversations": 0, "comparisons": 1, "feedback": 0, "series": 0})]


@pytest.mark.parametrize("place", ["audit.append", "empty_log"])
def test_a_kill_while_it_deletes_leaves_nothing_that_the_next_call_does_not_delete(workspace, project, monkeypatch, place):
    asked(workspace, project, "Where is Zanzibarra?")
    set_retention(workspace, project, "days", days=1, actor=ADA)
    workspace.close()
    later = datetime.now(UTC) + timedelta(days=2)
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(f"core.storage.chat_retention.{place}", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        try:
            clean(Workspace(workspace.home), at=later)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert is_in_files(workspace, "Zanzibarra")
    assert clean(workspace, at=later) == (1 if place == "audit.append" else 0)
    assert not is_in_files(workspace, "Zanzibarra") and len(noted(workspace)) == 1


@pytest.mark.parametrize("policy", ["days", "not-kept"])
def test_what_is_kept_no_longer_is_not_remembered_either(workspace, project, policy):
    asked(workspace, project, "Where is Zanzibarra?", "Zanzibarra is in the box.")
    path = workspace.said_path(project.id, None)
    with current_said(workspace, project, embed=embed) as index:
        assert len(index.approvals()) == 1
    set_retention(workspace, project, policy, days=1 if policy == "days" else None, actor=ADA)
    if policy == "days":
        clean(workspace, at=datetime.now(UTC) + timedelta(days=2))
    else:
        begin(workspace, project, "Next?", setup=SETUP)
    assert not any(b"Zanzibarra" in each.read_bytes() for each in path.parent.iterdir())
    with SourceIndex(path) as index:
        assert index.approvals() == {}


# --- who decides ------------------------------------------------------------------------------------


def test_only_those_who_set_rules_change_it_and_the_log_says_what_was_changed(workspace, project, signed_in):  # noqa: F811
    owner = signed_in("olga", ("owner",), project)
    for role in ("expert", "reviewer", "approver", "auditor"):
        other = signed_in(role, (role,), project)
        with pytest.raises(AccessError):
            set_retention(other, project, "not-kept", actor=other.actor.person)
        with pytest.raises(AccessError):
            due_at_once(other, project, "not-kept")
    with pytest.raises(AccessError):
        set_retention(owner, project, "not-kept", actor=ADA)
    set_retention(owner, project, "days", days=30, is_masked=True, actor=owner.actor.person)
    set_retention(owner, project, "days", days=30, is_masked=True, actor=owner.actor.person)  # nothing new
    (entry,) = [entry for entry, _ in audit.entries(workspace.db) if entry.action == "chat retention changed"]
    assert (entry.subjects["from"], entry.subjects["to"]) == ("until-deleted", "days")
    assert entry.counts == {"from days": 0, "to days": 30, "from masked": 0, "to masked": 1}


@pytest.mark.parametrize(("kept", "days"), [("days", None), ("days", 0), ("days", 3651), ("for ever", None)])
def test_a_policy_that_cannot_be_kept_is_refused(workspace, project, kept, days):
    with pytest.raises(InputError):
        set_retention(workspace, project, kept, days=days, actor=ADA)
    assert get(workspace.db, Project, project.id).retention == ChatRetention()


def test_a_change_says_before_what_it_deletes_and_deletes_it_at_once(workspace, project):
    old = asked(workspace, project, "Old?")
    asked(workspace, project, "New?")
    before = (datetime.now(UTC) - timedelta(days=8)).isoformat(timespec="milliseconds")
    update(workspace.db, Conversation, old.id, updated_at=before)
    workspace.db.execute("update chat_turns set written_at = ? where conversation_id = ?", [before, old.id])
    assert due_at_once(workspace, project, "days", days=7) == 1
    assert due_at_once(workspace, project, "days", days=9) == due_at_once(workspace, project, "until-deleted") == 0
    assert set_retention(workspace, project, "days", days=7, actor=ADA) == 1
    assert titles(workspace, project) == ["New?"]


@pytest.mark.parametrize(
    ("retention", "words"),
    [
        (ChatRetention(), "Kept until you delete it"),
        (ChatRetention(kept="days", days=30), "Kept 30 days"),
        (ChatRetention(kept="days", days=1, masked_since="2026"), "Kept 1 day with personal data masked"),
        (ChatRetention(kept="not-kept"), "Not kept"),
        (ChatRetention(masked_since="2026"), "Kept with personal data masked"),
    ],
)
def test_the_policy_in_words(retention, words):
    assert kept_words(retention) == words


# --- in what form -----------------------------------------------------------------------------------


def test_masked_words_never_reach_the_files_of_the_database(workspace, masked, monkeypatch):
    hurry(monkeypatch)
    shown = []
    conversation = begin(workspace, masked, "Where did Zanzibarra go?", setup=SETUP)
    model = Speaker([["Zanzibarra ", "went to ", "Marlport ", "with Quillon."]])
    with ask(workspace, conversation.id, "Where did Zanzibarra go?", opener=lambda: model) as writing:
        assert writing.asked == "Where did Zanzibarra go?"
        for text in writing:
            shown.append(text)
            assert not any(is_in_files(workspace, name) for name in NAMES)
    assert shown[-1] == "Zanzibarra went to Marlport with Quillon."  # the person sees it while it is written
    assert model.asked == [[Message("user", "Where did Zanzibarra go?")]]
    (turn,) = turns(workspace, conversation.id)
    assert (turn.question, turn.state) == ("Where did <PERSON_1> go?", "complete")
    assert turn.answer == "<PERSON_1> went to <LOCATION_1> with <PERSON_2>."
    assert writing.turn.answer == turn.answer and titles(workspace, masked) == ["Where did <PERSON_1> go?"]
    rename(workspace, conversation.id, "About Quillon")
    correct(workspace, turn.id, "Quillon went alone.")
    set_up(workspace, conversation.id, ChatSetup(answerer="tiny", instruction="You are Quillon."))
    permitted = workspace.allowed("chat", masked.id)
    store_note(permitted, conversation, ChatNote(until=1, text="Quillon went.", origin="summary", is_edited=False))
    assert get(workspace.db, Conversation, conversation.id).note.text == "<PERSON_1> went."
    comparison = compared(workspace, masked, "Who is Quillon?", "Quillon of Marlport")
    assert (comparison.question, comparison.answers[1].text) == ("Who is <PERSON_1>?", "<PERSON_1> of <LOCATION_1>")
    assert own_conversation(workspace, conversation.id)[0].setup.instruction == "You are <PERSON_1>."
    assert "Quillon" not in chat_export.as_jsonl(workspace, conversation.id)
    assert not any(is_in_files(workspace, name) for name in NAMES)


def test_a_label_does_not_come_to_stand_for_somebody_else_later_in_the_talk(workspace, masked):
    conversation = asked(workspace, masked, "Who is Zanzibarra?", "A clerk.")
    model = Speaker([["Quillon is."]])
    written(ask(workspace, conversation.id, "Who is Quillon?", opener=lambda: model))
    assert [turn.question for turn in turns(workspace, conversation.id)] == ["Who is <PERSON_1>?", "Who is <PERSON_2>?"]
    assert turns(workspace, conversation.id)[1].answer == "<PERSON_2> is."
    assert [said.content for said in model.asked[0]] == ["Who is <PERSON_1>?", "A clerk.", "Who is Quillon?"]


def test_types_that_stay_readable_in_documents_stay_so_here(workspace, masked):
    from core.services.privacy.project_treatments import set_treatment

    set_treatment(workspace, masked, entity="LOCATION", treatment="keep", person=ADA)
    conversation = asked(workspace, masked, "Where is Zanzibarra?", "Zanzibarra is in Marlport.")
    assert turns(workspace, conversation.id)[0].answer == "<PERSON_1> is in Marlport."


@pytest.mark.parametrize("ended", ["stopped", "broken off"])
def test_an_answer_that_is_ended_early_is_kept_masked(workspace, masked, ended, monkeypatch):
    hurry(monkeypatch)
    monkeypatch.setattr(answering, "STOP_S", 0.0)
    conversation = begin(workspace, masked, "Who?", setup=SETUP)
    with ask(workspace, conversation.id, "Who?", opener=lambda: Speaker([["Zanzibarra ", *["x "] * 9]])) as writing:
        for text in writing:
            if ended == "stopped":
                stop(workspace, conversation.id)
            elif text:
                break
    (turn,) = turns(workspace, conversation.id)
    assert turn.state == ended and turn.answer.startswith("<PERSON_1>") and not is_in_files(workspace, "Zanzibarra")
    written(go_on(workspace, conversation.id, opener=lambda: Speaker([["and Quillon."]])))
    (turn,) = turns(workspace, conversation.id)
    assert turn.answer.startswith("<PERSON_1>") and turn.answer.endswith("and <PERSON_2>.")


def test_an_answer_that_cannot_be_searched_is_not_stored(workspace, masked, detector, monkeypatch):
    monkeypatch.setattr("core.services.chat.keeping.stored_form.held_detector", lambda *_: detector[0])
    conversation = asked(workspace, masked, "Who is it?")
    detector_of_before, writing = (
        detector[0],
        ask(workspace, conversation.id, "Again?", opener=lambda: Speaker([["Quillon."]])),
    )
    detector[0] = Broken()
    with pytest.raises(SetupError, match="missing"):
        written(writing)
    *_, turn = turns(workspace, conversation.id)
    assert (turn.question, turn.answer, turn.state) == ("Again?", "", "unchecked")
    assert turn.pace is not None and not is_in_files(workspace, "Quillon")
    assert "could not be searched" in chat_export.as_markdown(workspace, conversation.id)
    for unsearched in (
        lambda: begin(workspace, masked, "Is it Quillon?", setup=SETUP),
        lambda: ask(workspace, conversation.id, "Is it Quillon?", opener=lambda: Speaker([["x"]])),
        lambda: ask_again(workspace, conversation.id, question="Is it Quillon?", opener=lambda: Speaker([["x"]])),
        lambda: rename(workspace, conversation.id, "Quillon"),
        lambda: correct(workspace, turn.id, "Quillon"),
        lambda: compared(workspace, masked, "Quillon?"),
    ):
        with pytest.raises(SetupError):
            unsearched()
    assert len(turns(workspace, conversation.id)) == 2 and not is_in_files(workspace, "Quillon")
    detector[0] = detector_of_before
    assert written(ask_again(workspace, conversation.id, opener=lambda: Speaker([["Quillon."]]))).answer == "<PERSON_1>."


def test_masking_that_begins_while_an_answer_is_written_holds_for_it(workspace, project, detector, monkeypatch):
    hurry(monkeypatch)
    conversation = begin(workspace, project, "Who?", setup=SETUP)
    with ask(workspace, conversation.id, "Who?", opener=lambda: Speaker([["Zanzibarra ", "or ", "Quillon."]])) as writing:
        next(iter(writing))
        set_retention(workspace, project, "until-deleted", is_masked=True, actor=ADA)
        for _ in writing:
            pass
    assert turns(workspace, conversation.id)[0].answer == "<PERSON_1> or <PERSON_2>."
    retention = get(workspace.db, Project, project.id).retention
    assert is_from_before_masking(retention, conversation.created_at)
    assert not is_from_before_masking(retention, begin(workspace, project, "New?", setup=SETUP).created_at)
    assert chat_retention.is_due(workspace.db) is False
