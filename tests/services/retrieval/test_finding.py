"""What is found for a question: approved text of one's own project, as it is approved now."""

from collections.abc import Generator, Sequence
from functools import partial

import pytest

from core.access import Actor
from core.chat.room import Room
from core.errors import AccessError, InputError
from core.identity import declared
from core.models.text import Message, Pace
from core.services.retrieval.answering import NOT_IN_DOCUMENTS, FromDocuments, asked_with
from core.services.retrieval.finding import find_sources
from core.services.retrieval.index import count_sources
from core.services.retrieval.refusing import calibrate, threshold_of
from core.storage import Workspace
from core.storage.removal import remove_document
from core.storage.source_index import SourceIndex
from tests.services.retrieval.conftest import embed

find = partial(find_sources, embed=embed)
PUMP, VALVE = "The feed pump is serviced every 12 months.", "The inlet valve is shut by hand."
QUESTION = "How often is the feed pump serviced?"


@pytest.fixture
def project(workspace):
    return workspace.create_project("Manuals")


def test_the_passage_that_answers_comes_first_with_its_place(workspace, project, approve):
    document = approve(project, "Pumps.md", VALVE, PUMP)
    first, second = find(workspace, project, QUESTION).sources
    assert (first.text, first.document, first.page, first.document_id) == (PUMP, "Pumps.md", "page 2", document.id)
    assert first.start == len(VALVE) + 1
    assert second.text == VALVE


@pytest.mark.parametrize(
    "question", ["What is a \0 pump?", 'What is "*" OR NEAR(pump?', "\0", "*", " ".join(map(chr, range(1, 4000)))]
)
def test_a_question_is_words_and_no_query(workspace, project, approve, question):
    approve(project, "Pumps.md", PUMP)
    assert len(find(workspace, project, question).sources) == 1


def test_a_withdrawn_approval_takes_its_passages_out_before_the_next_answer(workspace, project, approve):
    document = approve(project, "Pumps.md", PUMP)
    approve(project, "Valves.md", VALVE)
    assert len(find(workspace, project, QUESTION).sources) == 2
    workspace.withdraw_approval(document.id, reason="changed", actor="Ada")
    assert [source.text for source in find(workspace, project, QUESTION).sources] == [VALVE]


def test_what_was_approved_again_is_read_as_it_is_now(workspace, project, approve):
    document = approve(project, "Pumps.md", PUMP)
    first = find(workspace, project, QUESTION).sources[0]
    approve(project, "", PUMP, document=document)
    same = find(workspace, project, QUESTION).sources[0]
    approve(project, "", PUMP.replace("12", "24"), document=document)
    changed = find(workspace, project, QUESTION).sources[0]
    assert first.review_id != same.review_id and first.text == same.text
    assert changed.text == "The feed pump is serviced every 24 months."


def test_embeddings_are_kept_where_the_text_was_approved_as_before(workspace, project, approve):
    document = approve(project, "Pumps.md", PUMP, VALVE)
    asked: list[str] = []

    def counting(texts: Sequence[str]) -> list[bytes]:
        asked.extend(texts)
        return embed(texts)

    count_sources(workspace, project, embed=counting)
    approve(project, "", PUMP, VALVE, document=document)
    count_sources(workspace, project, embed=counting)
    assert asked == [PUMP, VALVE]


def test_projects_never_mix(workspace, project, approve):
    other = workspace.create_project("Others")
    approve(other, "Secrets.md", PUMP)
    approve(project, "Valves.md", VALVE)
    assert [source.text for source in find(workspace, project, QUESTION).sources] == [VALVE]
    assert [source.text for source in find(workspace, other, QUESTION).sources] == [PUMP]


def test_unapproved_text_and_imported_pairs_are_no_sources(workspace, project, approve):
    document = approve(project, "Pairs.jsonl", PUMP)
    workspace.db.execute("update documents set kind = 'pairs' where id = ?", [document.id])
    approve(project, "Valves.md", VALVE)
    workspace.db.execute("update reviews set state = 'proposed' where document_id <> ?", [document.id])
    found = find(workspace, project, QUESTION)
    assert (found.sources, found.fit) == ((), 0.0)


def test_who_is_no_member_gets_nothing(workspace, project, approve):
    approve(project, "Pumps.md", PUMP)
    stranger = Workspace(workspace.home, actor=Actor(person=declared("Sam"), sign_in_id="none"))
    with pytest.raises(AccessError):
        find(stranger, project, QUESTION)
    stranger.close()


def test_a_removed_document_leaves_no_word_in_the_index(workspace, project, approve):
    document = approve(project, "Pumps.md", "The Zarquon pump is serviced every 12 months.")
    approve(project, "Valves.md", VALVE)
    count_sources(workspace, project, embed=embed)
    remove_document(workspace, document)
    path = workspace.sources_path(project.id)
    files = [path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))]
    assert not any(b"zarquon" in each.read_bytes().lower() for each in files if each.exists())
    assert count_sources(workspace, project, embed=embed) == 1


def test_an_index_that_was_deleted_is_made_again(workspace, project, approve):
    approve(project, "Pumps.md", PUMP)
    first = find(workspace, project, QUESTION)
    workspace.sources_path(project.id).unlink()
    assert find(workspace, project, QUESTION) == first


def test_an_interrupted_reading_goes_on_where_it_was(workspace, project, approve, monkeypatch):
    monkeypatch.setattr("core.services.retrieval.index.AT_ONCE", 1)
    approve(project, "Pumps.md", PUMP, VALVE)
    asked: list[str] = []

    def dying(texts: Sequence[str]) -> list[bytes]:
        if asked:
            raise KeyboardInterrupt
        asked.extend(texts)
        return embed(texts)

    with pytest.raises(KeyboardInterrupt):
        count_sources(workspace, project, embed=dying)
    with SourceIndex(workspace.sources_path(project.id)) as index:
        assert index.waiting_count() == 1
    assert count_sources(workspace, project, embed=embed) == 2
    with SourceIndex(workspace.sources_path(project.id)) as index:
        assert index.waiting_count() == 0


class Scripted:
    """A `ChatModel` that gives one answer, and reads so many characters."""

    backend = "scripted"

    def __init__(self, answer: str, *, reads: int = 100_000) -> None:
        self.answer, self.reads = answer, reads
        self.asked: list[list[Message]] = []

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        self.asked.append(list(messages))
        if sum(len(message.content) for message in messages) > self.reads:
            raise InputError("The conversation is too long.", "Shorten it.")
        yield self.answer
        return Pace(read_count=1, cached_count=0, token_count=1, tokens_per_second=None, is_complete=True)

    def room(self, messages: Sequence[Message]) -> Room | None:
        return None

    def close(self) -> None:
        pass


def answered(reading: FromDocuments, question: str) -> str:
    return "".join(reading.stream([Message("user", question)], max_tokens=50, temperature=0.0))


def test_an_answer_is_cited_from_the_sources_that_the_model_read(workspace, project, approve):
    approve(project, "Pumps.md", VALVE, PUMP)
    model = Scripted("The feed pump is serviced every 12 months. It is green.")
    reading = FromDocuments(workspace, project, model, embed=embed)
    told = reading.cited(answered(reading, QUESTION))
    assert model.asked[0][-1].content == f"Answer from this passage:\n{PUMP}\n\n{VALVE}\n\n{QUESTION}"
    assert [sentence.is_supported for sentence in told.sentences] == [True, False]
    (citation,) = told.sentences[0].citations
    assert told.sources[citation.source].text == PUMP
    assert not told.is_refused


def test_what_the_documents_do_not_tell_is_refused_without_asking_the_model(workspace, project, approve):
    approve(project, "Pumps.md", PUMP)
    model = Scripted("Paris.")
    reading = FromDocuments(workspace, project, model, embed=embed)
    assert answered(reading, "Which city is the capital of France?") == NOT_IN_DOCUMENTS
    assert model.asked == []
    assert reading.cited(NOT_IN_DOCUMENTS).is_refused


def test_sources_are_cut_to_what_the_model_reads(workspace, project, approve):
    approve(project, "Pumps.md", *[f"{PUMP} " + "Look at the seal. " * 60 for _ in range(4)])
    model = Scripted("Every 12 months.", reads=2_000)
    assert answered(FromDocuments(workspace, project, model, embed=embed), QUESTION) == "Every 12 months."
    assert len(model.asked) > 1
    assert PUMP in model.asked[-1][-1].content
    deaf = Scripted("", reads=100)
    with pytest.raises(InputError):
        answered(FromDocuments(workspace, project, deaf, embed=embed), QUESTION)


def test_what_was_said_before_stays_as_it_was(workspace, project, approve):
    approve(project, "Pumps.md", PUMP)
    before = [Message("user", "Hello."), Message("assistant", "Good day.")]
    asked = asked_with(find(workspace, project, QUESTION).sources, [*before, Message("user", QUESTION)])
    assert asked[:2] == before
    assert asked[2].content.startswith("Answer from this passage:\n")


def test_a_threshold_is_chosen_on_the_projects_own_questions_and_kept(workspace, project, approve, add_pairs):
    for name in ("pump", "winch"):
        document = approve(project, name, *[f"The {name} part {n}x{name} is serviced in month {n}." for n in range(12)])
        add_pairs(document, [f"When is {name} part {n}x{name} serviced?" for n in range(12)])
    assert threshold_of(workspace, project).refused is None
    found = calibrate(workspace, project, embed=embed)
    assert (found.answerable, found.others) == (24, 24)
    assert (found.refused, found.answered) == (0.0, 0.0)
    assert threshold_of(workspace, project) == found


def test_too_few_questions_choose_no_threshold(workspace, project, approve, add_pairs):
    add_pairs(approve(project, "Pumps.md", PUMP), [QUESTION])
    with pytest.raises(InputError, match="1 questions that its documents answer and 0"):
        calibrate(workspace, project, embed=embed)
