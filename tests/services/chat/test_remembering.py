"""What was said before is remembered where it fits: one's own alone, of one project alone, and never what was forgotten."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from core.chat import Message
from core.errors import InputError
from core.records import ChatSetup, ChatTurn, Conversation, Project, Remembered, new_id, now
from core.services.chat.answering import ask, ask_again, go_on
from core.services.chat.conversations import begin, delete_for_good
from core.services.chat.earlier import remembering, telling
from core.services.chat.earlier.remembering import (
    CHARACTERS,
    MOST,
    forget_all,
    forget_turn,
    recall,
    recalled_in,
)
from core.services.chat.earlier.said import current_said
from core.services.chat.feedback import correct, judge
from core.services.chat.turns import turns
from core.storage import Workspace, find, insert
from core.storage.source_index import SourceIndex
from tests.access.conftest import SignIn, signed_in  # noqa: F401 - a fixture
from tests.services.chat.conftest import Speaker
from tests.services.chat.said_before import HELPED, NEAR, SAID, UNRELATED
from tests.services.retrieval.conftest import embed

ROPE = ("Which rope does the Keel 40 winch take?", "The Keel 40 winch takes a steel rope of 12 mm.")
AGAIN = "Which rope does the winch take, the Keel 40?"
ON = ChatSetup(answerer="tiny", remembers=True)


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Compare by words: the network is needed by the tests alone that are about it."""
    if not request.node.get_closest_marker("model"):
        for module in (remembering, telling):
            monkeypatch.setattr(module, "embedding", lambda _workspace: embed)


def say(workspace: Workspace, project: Project, question: str, answer: str, **fields: Any) -> ChatTurn:
    """Store a conversation of one turn."""
    conversation = begin(workspace, project, question, setup=ChatSetup(answerer="tiny"))
    turn = ChatTurn(
        id=new_id("turn"), conversation_id=conversation.id, number=1, question=question, answer=answer,
        **{"state": "complete", "answerer": "tiny", "created_at": now(), "written_at": now(), **fields},
    )  # fmt: skip
    insert(workspace.db, turn)
    return turn


def asked(workspace: Workspace, conversation: Conversation, question: str, model: Speaker) -> ChatTurn:
    with ask(workspace, conversation.id, question, opener=lambda: model) as writing:
        list(writing)
    return turns(workspace, conversation.id)[-1]


def found(workspace: Workspace, project: Project, question: str = AGAIN, **options: Any) -> list[str]:
    return [each.place.turn_id for each in recall(workspace, project, question, **options)]


def words_in(path: Any) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


@pytest.mark.model
def test_what_fits_a_question_is_remembered_and_small_talk_brings_up_nothing(workspace, project):
    """The set on which the thresholds were chosen; docs/chat.md holds the figures."""
    ids = [say(workspace, project, question, answer).id for question, answer in SAID]
    helped = [ids[number] in found(workspace, project, question) for question, number in HELPED]
    assert sum(helped) >= 17
    assert [question for question in UNRELATED if found(workspace, project, question)] == []
    assert [question for question in NEAR if found(workspace, project, question)] == []


def test_the_model_is_told_before_the_question_and_the_place_is_kept_without_the_words(workspace, project):
    turn = say(workspace, project, *ROPE, created_at="2026-11-30T10:00:00.000+00:00")
    model = Speaker([["Steel, 12 mm."], ["Yes."]])
    conversation = begin(workspace, project, AGAIN, setup=ON)
    first = asked(workspace, conversation, AGAIN, model)
    (place,) = first.remembered
    assert place == Remembered(turn_id=turn.id, start=len(ROPE[0]))
    told = model.asked[0][-1].content
    assert told.startswith("This was said before and may help:\n\nOn 2026-11-30\nQuestion: Which rope")
    assert told.endswith(f"Answer: {ROPE[1]}\n\n{AGAIN}")
    shown = recalled_in(workspace, conversation.id)[place]
    assert (shown.title, shown.conversation_id, shown.piece.text) == (ROPE[0], turn.conversation_id, ROPE[1])
    stored = workspace.db.execute("select remembered from chat_turns where id = ?", [first.id]).fetchone()[0]
    assert "steel" not in stored


def test_a_follow_up_begins_as_the_question_before_it_so_that_the_engine_reads_only_what_is_new(workspace, project):
    say(workspace, project, *ROPE)
    model = Speaker([["Steel, 12 mm."], ["Every 90 days."]])
    conversation = begin(workspace, project, AGAIN, setup=ON)
    asked(workspace, conversation, AGAIN, model)
    follow_up = asked(workspace, conversation, AGAIN, model)
    assert model.asked[1][:2] == [*model.asked[0], Message("assistant", "Steel, 12 mm.")]
    assert follow_up.remembered == ()  # the model was told it already, and is told the turn before itself
    assert model.asked[1][-1] == Message("user", AGAIN)


def test_nothing_is_remembered_where_it_is_switched_off(workspace, project):
    say(workspace, project, *ROPE)
    model = Speaker([["Steel."]])
    conversation = begin(workspace, project, AGAIN, setup=ChatSetup(answerer="tiny"))
    assert asked(workspace, conversation, AGAIN, model).remembered == ()
    assert model.asked == [[Message("user", AGAIN)]]
    assert not workspace.said_path(project.id, None).exists()
    assert ChatSetup(answerer="tiny").remembers is False


def test_an_answer_that_goes_on_is_told_the_same_and_one_that_is_asked_again_is_looked_up_anew(workspace, project):
    turn = say(workspace, project, *ROPE)
    model = Speaker([["Steel, and"], [" it is 12 mm."], ["Steel."]], is_complete=False)
    conversation = begin(workspace, project, AGAIN, setup=ON)
    first = asked(workspace, conversation, AGAIN, model)
    with go_on(workspace, conversation.id, opener=lambda: model) as writing:
        list(writing)
    assert model.asked[1][0] == model.asked[0][0] and turns(workspace, conversation.id)[0].remembered == first.remembered
    forget_turn(workspace, turn.id)
    with ask_again(workspace, conversation.id, opener=lambda: model) as writing:
        list(writing)
    assert model.asked[2] == [Message("user", AGAIN)] and turns(workspace, conversation.id)[0].remembered == ()


def test_at_most_a_few_pieces_are_remembered_and_no_more_than_there_is_room_for(workspace, project):
    for number in range(6):
        say(workspace, project, ROPE[0], f"{ROPE[1]} It is number {number}. " + "The winch takes a steel rope. " * 14)
    all_found = recall(workspace, project, AGAIN)
    assert 0 < len(all_found) <= MOST and sum(len(each.shown) for each in all_found) <= CHARACTERS
    assert recall(workspace, project, AGAIN, characters=100) == []
    model = Speaker([["Steel."]], reads=400)  # an eighth of it is 50 tokens
    assert asked(workspace, begin(workspace, project, AGAIN, setup=ON), AGAIN, model).remembered == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"thumb": "down"},
        {"state": "repeating"},
        {"state": "writing"},
        {"is_replaced": True},
        {"is_forgotten": True},
        {"answer": "The documents do not say."},
        {"answer": " "},
    ],
)
def test_what_was_no_good_answer_is_not_remembered(workspace, project, fields):
    say(workspace, project, **{"question": ROPE[0], "answer": ROPE[1], **fields})
    assert found(workspace, project) == []


def test_of_a_corrected_answer_the_correction_is_remembered(workspace, project):
    turn = say(workspace, project, *ROPE)
    assert found(workspace, project) == [turn.id]
    judge(workspace, turn.id, "down")
    assert found(workspace, project) == []
    correct(workspace, turn.id, "The Keel 40 winch takes a nylon rope of 20 mm.")
    (recalled,) = recall(workspace, project, AGAIN)
    assert "nylon" in recalled.piece.text
    assert b"steel" not in words_in(workspace.said_path(project.id, None))


def test_a_forgotten_turn_is_never_used_again_and_leaves_the_index(workspace, project):
    turn, other = say(workspace, project, *ROPE), say(workspace, project, *ROPE)
    model = Speaker([["Steel."], ["Yes."]])
    conversation = begin(workspace, project, AGAIN, setup=ON)
    assert {place.turn_id for place in asked(workspace, conversation, AGAIN, model).remembered} == {turn.id, other.id}
    forget_turn(workspace, turn.id)
    with SourceIndex(workspace.said_path(project.id, None)) as index:
        assert turn.id not in index.approvals()
    assert found(workspace, project, told=[turns(workspace, conversation.id)[0].id]) == [other.id]
    asked(workspace, conversation, "And how long?", model)
    assert model.asked[1][0].content.count("steel rope of 12 mm") == 1  # nor is it told again with the question before
    assert {place.turn_id for place in recalled_in(workspace, conversation.id)} == {other.id}
    assert turns(workspace, turn.conversation_id)[0].answer == ROPE[1]  # the conversation keeps it


def test_forgetting_all_ends_what_was_said_until_now(workspace, project):
    other_project = workspace.create_project("Other")
    say(workspace, project, *ROPE), say(workspace, project, *ROPE)
    kept = say(workspace, other_project, *ROPE)
    assert found(workspace, project)
    assert forget_all(workspace, project) == 2
    assert found(workspace, project) == [] and found(workspace, other_project) == [kept.id]
    assert b"steel" not in words_in(workspace.said_path(project.id, None))
    later = say(workspace, project, *ROPE)
    assert found(workspace, project) == [later.id]


def test_a_deleted_conversation_is_forgotten_at_once_also_in_the_index_and_where_it_was_remembered(workspace, project):
    secret = "Zanzibarquartz"
    turn = say(workspace, project, f"Which rope does the winch {secret} take?", f"The winch {secret} takes a steel rope.")
    model = Speaker([["Steel."], ["Yes."]])
    question = f"Which rope takes the winch {secret}?"
    conversation = begin(workspace, project, "Which rope?", setup=ON)
    assert asked(workspace, conversation, question, model).remembered
    path = workspace.said_path(project.id, None)
    assert secret.lower().encode() in words_in(path).lower()
    delete_for_good(workspace, turn.conversation_id)
    with SourceIndex(path) as index:
        assert turn.id not in index.approvals()
    assert recalled_in(workspace, conversation.id) == {}
    asked(workspace, conversation, "And how long?", model)
    assert f"The winch {secret} takes" not in model.asked[1][0].content
    delete_for_good(workspace, conversation.id)
    left = [
        each for each in workspace.home.rglob("*") if each.is_file() and secret.lower().encode() in each.read_bytes().lower()
    ]
    assert left == []


def test_what_is_deleted_while_it_is_read_does_not_stay_in_the_index(workspace, project, monkeypatch):
    turn = say(workspace, project, *ROPE)
    put = SourceIndex.put

    def putting(self: SourceIndex, document_id: str, review_id: str, passages: Sequence[Any]) -> None:
        workspace.db.execute("delete from conversations")
        put(self, document_id, review_id, passages)

    monkeypatch.setattr(SourceIndex, "put", putting)
    with current_said(workspace, project, embed=embed) as index:
        assert index.approvals() == {} and turn.id
    assert found(workspace, project) == []


def test_the_turns_that_no_longer_fit_can_be_remembered_in_the_same_conversation(workspace, project):
    filling = " ".join(f"painted-{number}" for number in range(100))
    model = Speaker([[ROPE[1]], *[[filling]] * 11], reads=900)
    conversation = begin(workspace, project, ROPE[0], setup=ChatSetup(answerer="tiny", remembers=True, longest_tokens=90))
    first = asked(workspace, conversation, ROPE[0], model)
    for number in range(8):
        asked(workspace, conversation, f"Is part {number} painted?", model)
    (noted,) = find(workspace.db, Conversation, id=conversation.id)
    assert noted.note and noted.note.until >= 1
    last = asked(workspace, conversation, AGAIN, model)
    assert first.id in {place.turn_id for place in last.remembered}


# --- as an attacker -------------------------------------------------------------------------------------


@pytest.fixture
def ada_and_bob(workspace, project, signed_in: SignIn) -> tuple[Workspace, Workspace]:  # noqa: F811
    return signed_in("ada", ("expert",), project), signed_in("bob", ("owner",), project)


def test_nobody_is_told_what_another_person_was_told(workspace, project, ada_and_bob):
    ada, bob = ada_and_bob
    hers = say(ada, project, *ROPE)
    theirs = say(workspace, project, *ROPE)
    assert found(bob, project) == []
    assert found(ada, project) == [hers.id] and found(workspace, project) == [theirs.id]
    model = Speaker([["I do not know."]])
    conversation = begin(bob, project, AGAIN, setup=ON)
    assert asked(bob, conversation, AGAIN, model).remembered == () and model.asked == [[Message("user", AGAIN)]]


def test_a_forged_place_brings_up_nothing_of_another_person_or_project(workspace, project, ada_and_bob):
    ada, bob = ada_and_bob
    other_project = workspace.create_project("Other")
    places = [
        Remembered(turn_id=each.id, start=len(ROPE[0]))
        for each in (say(ada, project, *ROPE), say(workspace, project, *ROPE), say(workspace, other_project, *ROPE))
    ]
    model = Speaker([["Yes."]])
    conversation = begin(bob, project, "What?", setup=ON)
    forged = ChatTurn(
        id="turn-forged", conversation_id=conversation.id, number=1, question="What?", answer="Yes.", state="complete",
        answerer="tiny", remembered=tuple(places), created_at=now(), written_at=now(),
    )  # fmt: skip
    insert(workspace.db, forged)
    assert recalled_in(bob, conversation.id) == {}
    asked(bob, conversation, "And now?", model)
    assert [message.content for message in model.asked[0]] == ["What?", "Yes.", "And now?"]


def test_nobody_forgets_for_another_person(workspace, project, ada_and_bob):
    ada, bob = ada_and_bob
    hers = say(ada, project, *ROPE)
    with pytest.raises(InputError, match="There is no answer"):
        forget_turn(bob, hers.id)
    assert forget_all(bob, project) == 0
    assert found(ada, project) == [hers.id]


def test_what_was_said_in_another_project_stays_there(workspace, project):
    other_project = workspace.create_project("Other")
    theirs = say(workspace, other_project, *ROPE)
    assert found(workspace, project) == [] and found(workspace, other_project) == [theirs.id]
    paths = {workspace.said_path(each.id, person) for each in (project, other_project) for person in (None, "person-1")}
    assert len(paths) == 4


def test_words_of_others_do_not_change_what_one_is_told(workspace, project, ada_and_bob):
    """How rare a word is must not tell how often others use it."""
    ada, bob = ada_and_bob
    mine = say(ada, project, *ROPE)
    fits: Callable[[], list[str]] = lambda: found(ada, project, "Which rope is it?")  # noqa: E731
    before = fits()
    for _ in range(20):
        say(bob, project, "Which rope is rope?", "A rope is a rope is a rope, says everybody about ropes.")
    assert fits() == before and mine.id in found(ada, project)
