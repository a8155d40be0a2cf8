"""What is not known is None in the records; --json prints what it always printed for it."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from core import records
from core.cli.app import main
from core.cli.record_json import NOT_KNOWN, json_fields
from core.cli.shell import plain
from core.installation import Installation
from core.records import Document, Evaluation, Job, Project, QuestionPair, Review, Run, Span
from core.storage import Workspace, insert

THEN = "2026-01-01T00:00:00.000+00:00"
BARE = [  # records in which nothing is known that need not be, and what was printed of them when "", 0 and -1 stood for it
    (
        Document(
            id="document-1", project_id="project-1", name="a.pdf", kind="pdf", size_bytes=5, sha256="5", text_sha256=None,
            state="unreadable", problem="It is damaged.", marking_level=None, created_at=THEN,
        ),
        {
            "text_sha256": "", "language": "", "analyzed_sha256": "", "search_version": 0, "marking": "",
            "marking_level": -1, "problem": "It is damaged.", "page_count": 0,
        },
    ),
    (
        Span(id="span-1", document_id="document-1", start=0, end=4, entity="PERSON", score=0.5, detector="spacy"),
        {"reviewer": "", "state": "detected"},
    ),
    (
        Review(
            id="review-1", document_id="document-1", reviewer=None, text_sha256="7", anonymized_sha256="9", span_count=0,
            state="proposed", created_at=THEN,
        ),
        {
            "reviewer": "", "reviewer_id": "", "proposer": "", "proposer_id": "", "unread_count": -1, "second_found": -1,
            "second_detector": "", "unread": None, "sampled": 0,
        },
    ),
    (
        QuestionPair(
            id="pair-1", project_id="project-1", input="Why?", output="So.", origin="imported", document_id="document-1",
            document_name="a.jsonl", created_at=THEN,
        ),
        {
            "review_id": "", "passage_id": "", "quote": "", "writer": "", "kind": "", "wording": "", "fact": "",
            "changed_by": "", "changed_at": "", "edited_by": "", "decided": None,
        },
    ),
    (
        Run(
            id="run-1", project_id="project-1", number=1, dataset_id="dataset-1", dataset_sha256="1", model="m",
            model_sha256="2", settings={}, created_at=THEN,
        ),
        {"adapter_sha256": "", "metrics": {}},
    ),
    (
        Evaluation(
            id="evaluation-1", project_id="project-1", run_id="run-1", adapter_sha256=None, questions_sha256="3",
            question_count=1, scores={}, verdict="unclear", created_at=THEN,
        ),
        {"adapter_sha256": ""},
    ),
    (
        Installation(folder="/opt", version="1.0", installed_at=THEN, file_count=3, signed_by=None),
        {"signed_by": "", "tested_at": "", "is_test_passed": False, "test_network": ""},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("record", "printed"), BARE, ids=[type(record).__name__ for record, _ in BARE])
def test_what_is_not_known_is_printed_as_before(record: Any, printed: dict[str, Any]) -> None:
    [shown] = plain([record])
    assert {name: shown[name] for name in printed} == printed
    assert list(shown) == [field.name for field in fields(record)]
    assert set(NOT_KNOWN[type(record)]) <= set(printed)


def test_what_is_known_is_printed_as_it_is() -> None:
    review = Review(
        id="review-1", document_id="document-1", reviewer="Ada", text_sha256="7", anonymized_sha256="9", span_count=2,
        unread_count=0, second_found=0, unread=records.Unread(undecided=1), created_at=THEN,
    )  # fmt: skip
    shown = plain(review)
    assert (shown["reviewer"], shown["unread_count"], shown["second_found"]) == ("Ada", 0, 0)
    assert shown["unread"] == {"undecided": 1, "unsampled": 0, "unsearched": 0}


def test_every_field_that_may_be_none_has_its_value() -> None:
    """Somebody who adds such a field decides here what is printed; two were null from their first day."""
    kinds = [kind for kind in vars(records).values() if isinstance(kind, type) and is_dataclass(kind)] + [Installation]
    kinds.remove(records.PairMeasures)  # never printed
    kinds.remove(records.WrittenText)  # likewise
    for kind in (records.Conversation, records.ChatTurn, records.ChatPace, records.Comparison, records.Vote):
        kinds.remove(kind)  # a person's own, of which commands print no record
    kinds.remove(records.SeriesAnswer)  # exported as a file, where what is not known is empty or null
    hints = {kind: get_type_hints(kind) for kind in kinds}
    may_be_none = {(kind, name) for kind in kinds for name, hint in hints[kind].items() if type(None) in get_args(hint)}
    chosen = {(kind, name) for kind, values in NOT_KNOWN.items() for name in values}
    null = {(Review, "unread"), (QuestionPair, "decided"), (Evaluation, "is_good_enough"), (Project, "leak_limit")}
    null |= {(records.Release, "sums_sha256"), (records.Release, "signer")}
    null |= {(records.Series, "person_id"), (records.Series, "words_deleted_at"), (records.SeriesAnswerer, "dataset_number")}
    null |= {(QuestionPair, "feedback_id")}
    null |= {(kind, name) for kind, name in may_be_none if kind in (records.Feedback, records.Preference)}
    null |= {(records.ChatRetention, "days"), (records.ChatRetention, "masked_since")}
    assert may_be_none - null == chosen
    for kind, values in NOT_KNOWN.items():
        assert all(isinstance(value, get_args(hints[kind][name])) for name, value in values.items())


def test_records_within_a_record_are_left_to_the_caller() -> None:
    unread = records.Unread(undecided=1)
    review = Review(
        id="review-1", document_id="document-1", reviewer="Ada", text_sha256="7", anonymized_sha256="9", span_count=2,
        unread=unread, created_at=THEN,
    )  # fmt: skip
    assert json_fields(review)["unread"] is unread


def test_commands_print_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = Workspace(tmp_path / "home")
    project = workspace.create_project("Valves")
    workspace.store_document(replace(BARE[0][0], project_id=project.id))
    workspace.close()
    garrison = command(tmp_path / "home", capsys)
    [listed] = json.loads(garrison("--json", "documents", "list", "Valves"))
    assert (listed["text_sha256"], listed["language"], listed["search_version"], listed["marking_level"]) == ("", "", 0, -1)
    text = garrison("documents", "list", "Valves")
    assert "unreadable" in text and "None" not in text


def test_a_job_is_printed_as_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = Job(id="job-1", kind="demo", state="cancelled", key="k", created_at=THEN)
    wanted = {
        "id": "job-1", "kind": "demo", "project_id": "", "person_id": "", "params": {}, "key": "k",
        "needs_accelerator": False, "state": "cancelled", "done": 0.0, "total": 0.0, "unit": "", "message": "", "result": {},
        "error": "", "hint": "", "is_cancel_requested": False, "pid": 0, "pid_started": 0.0, "created_at": THEN,
        "started_at": "", "finished_at": "", "progress_at": "", "launched_s": 0.0,
    }  # fmt: skip
    with closing(Workspace(tmp_path / "home")) as workspace:
        insert(workspace.db, job)
    garrison = command(tmp_path / "home", capsys)
    listed, shown = garrison("--json", "jobs", "list"), garrison("--json", "jobs", "show", "job-1")
    assert listed == json.dumps([wanted], indent=1) + "\n"  # character by character: 0.0 is not 0, and the order is kept
    assert json.loads(shown) == {"job": wanted, "eta_s": None, "log": []}
    assert "None" not in garrison("jobs", "list") + garrison("jobs", "show", "job-1")


def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return a function that runs a command in this process and gives what it prints."""

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(home), *arguments])
        assert ended.value.code == 0
        return capsys.readouterr().out

    return run
