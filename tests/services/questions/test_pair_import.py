"""Conversations brought in: what was said before a question is anonymized and approved like the question itself."""

import json
from pathlib import Path

import pytest

from core.errors import InputError
from core.identity import declared
from core.jobs.context import JobContext
from core.questions import inspect_file
from core.questions.exchange.columns import Columns
from core.records import Document, Job, Passage, Project, QuestionPair, Span, Turn, new_id, now
from core.services.questions import pair_import
from core.services.questions.datasets import read_rows
from core.services.questions.freezing.version import freeze
from core.services.questions.trainable import reviewed_pairs
from core.storage import Workspace, find, insert, update
from tests.unread import approve_all_unread

NAME, SURROGATE = "Anna Whitfield", "Bo Ek"
TURNS = [
    ("system", f"You answer for {NAME}."),
    ("user", f"Who are you, {NAME}? Question: or\nAnswer: ?"),
    ("assistant", f"{NAME}.\nAnswer: I keep the winch."),
    ("user", "And what does it hold?"),
    ("assistant", f"Twelve tonnes, says {NAME}."),
]
TALK = {"messages": [{"role": role, "content": text} for role, text in TURNS]}
SINGLE = {"input": "What holds it?", "output": "The rope."}


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("a", policy="all-at-once")


def bring(workspace: Workspace, project: Project, file: Path, rows: list[object], **given: object) -> Document:
    """Store a file of pairs as an import job does, without looking for personal data."""
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    job = Job(id=new_id("job"), kind="import", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    params = pair_import.Params(path=str(file), name=file.name, **given)
    pair_import.check(workspace, project.id, params)
    brought = inspect_file(file, choices=params.choices)
    document_id = pair_import._store(JobContext(workspace, job), project, params, brought)
    (document,) = find(workspace.db, Document, id=document_id)
    return document


def anonymize(workspace: Workspace, project: Project, document: Document) -> None:
    """Find the name wherever it stands, and approve."""
    text = workspace.text(document)
    starts = [at for at in range(len(text)) if text.startswith(NAME, at)]
    for at in starts:
        span = Span(
            id=new_id("span"), document_id=document.id, start=at, end=at + len(NAME), entity="PERSON", score=1,
            detector="rules", surrogate=SURROGATE,
        )  # fmt: skip
        insert(workspace.db, span)
    update(workspace.db, Document, document.id, analyzed_sha256=document.text_sha256)
    approve_all_unread(workspace, project, by=declared("Ada"))


def test_nothing_of_a_conversation_is_trained_on_before_it_is_approved(workspace, project, tmp_path):
    bring(workspace, project, tmp_path / "a.jsonl", [TALK])
    with pytest.raises(InputError, match="approval stands"):
        reviewed_pairs(workspace, project)


def test_what_was_said_before_is_taken_from_the_approved_text(workspace, project, tmp_path):
    document = bring(workspace, project, tmp_path / "a.jsonl", [SINGLE, TALK, SINGLE])
    anonymize(workspace, project, document)
    first, one, two, last = reviewed_pairs(workspace, project)
    assert (first.input, last.output) == (SINGLE["input"], SINGLE["output"])
    assert one.input == TURNS[1][1].replace(NAME, SURROGATE) and one.output == TURNS[2][1].replace(NAME, SURROGATE)
    assert two.history == (Turn(input=one.input, output=one.output),) and two.system == f"You answer for {SURROGATE}."
    assert two.output == f"Twelve tonnes, says {SURROGATE}."
    assert NAME not in repr([one.input, one.output, one.quote, two.system, two.history, two.quote])
    review = workspace.active_review(document.id)
    text = workspace.anonymized_text(project.id, review)
    for pair in (first, one, two, last):
        assert text[pair.quote_start : pair.quote_end] == pair.quote == pair.output


def test_pairs_of_one_conversation_share_their_passage(workspace, project, tmp_path):
    bring(workspace, project, tmp_path / "a.jsonl", [TALK, SINGLE])
    passages = [pair.passage_id for pair in find(workspace.db, QuestionPair)]
    assert passages[0] == passages[1] != passages[2]


def test_a_turn_that_is_only_read_gives_no_pair(workspace, project, tmp_path):
    row = {"instruction": "And then?", "output": "Close it.", "history": [["How does it begin?", "Open it."]]}
    document = bring(workspace, project, tmp_path / "a.jsonl", [row])
    anonymize(workspace, project, document)
    (pair,) = reviewed_pairs(workspace, project)
    assert (pair.input, pair.history) == ("And then?", (Turn(input="How does it begin?", output="Open it."),))


def test_columns_and_rows_to_leave_out_are_taken_as_chosen(workspace, project, tmp_path):
    rows = [{"q": "A?", "a": "1."}, {"q": "B?", "a": ""}, {"q": "C?", "a": "3."}]
    chosen = Columns(question="q", answer="a").used
    with pytest.raises(InputError, match="line 2 has an empty answer"):
        bring(workspace, project, tmp_path / "a.jsonl", rows, columns=chosen)
    bring(workspace, project, tmp_path / "a.jsonl", rows, columns=chosen, skips_wrong=True)
    assert [pair.input for pair in find(workspace.db, QuestionPair)] == ["A?", "C?"]


def test_a_choice_that_no_column_holds_is_refused_before_anything_is_stored(workspace, project, tmp_path):
    with pytest.raises(InputError, match="No column holds 'title'"):
        bring(workspace, project, tmp_path / "a.jsonl", [SINGLE], columns={"title": "input"})
    assert find(workspace.db, Document) == []


def test_an_approval_of_before_parts_were_stored_still_gives_its_pairs(workspace, project, tmp_path):
    document = bring(workspace, project, tmp_path / "a.jsonl", [SINGLE, TALK])
    anonymize(workspace, project, document)
    expected = reviewed_pairs(workspace, project)
    workspace.db.execute("update approved_passages set parts = '[]'")
    assert reviewed_pairs(workspace, project) == expected
    workspace.db.execute("update spans set surrogate = 'Somebody Else'")  # not what was approved
    with pytest.raises(InputError, match="approval stands"):
        reviewed_pairs(workspace, project)


def test_passages_know_where_their_messages_lie(workspace, project, tmp_path):
    document = bring(workspace, project, tmp_path / "a.jsonl", [SINGLE, TALK])
    passages: list[Passage] = workspace.passages(document)
    text = workspace.text(document)
    assert [text[part.start : part.end] for part in passages[1].parts] == [words for _, words in TURNS]
    assert [part.role for part in passages[1].parts] == ["system", "question", "answer", "question", "answer"]


def test_a_row_of_a_dataset_has_what_was_said_before_only_where_there_is_some(workspace, project, tmp_path):
    anonymize(workspace, project, bring(workspace, project, tmp_path / "a.jsonl", [SINGLE, TALK]))
    version = freeze(workspace, project)
    rows = read_rows(workspace.dataset_folder(project.id, version.id) / "train.jsonl")
    assert [set(row) for row in rows] == [
        {"input", "output", "pair_id", "review_id"},
        {"input", "output", "system", "pair_id", "review_id"},
        {"input", "output", "system", "history", "pair_id", "review_id"},
    ]
    assert rows[2]["history"] == [{"input": rows[1]["input"], "output": rows[1]["output"]}]
    assert NAME not in repr(rows)
