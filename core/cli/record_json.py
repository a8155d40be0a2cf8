"""Records as JSON: a field that is not known (None) keeps the value that scripts have always read for it."""

from dataclasses import fields
from typing import Any

from core.installation import Installation
from core.records import Document, Evaluation, Job, QuestionPair, Review, Run, Span

# What stands for None, by record and field. A field that is missing here is null.
NOT_KNOWN: dict[type, dict[str, str | float]] = {
    Document: {
        "text_sha256": "",
        "language": "",
        "analyzed_sha256": "",
        "search_version": 0,
        "marking": "",
        "marking_level": -1,
    },
    Span: {"reviewer": ""},
    Review: {
        "reviewer": "",
        "reviewer_id": "",
        "proposer": "",
        "proposer_id": "",
        "unread_count": -1,
        "second_found": -1,
        "second_detector": "",
    },
    QuestionPair: {
        "review_id": "",
        "passage_id": "",
        "writer": "",
        "kind": "",
        "wording": "",
        "fact": "",
        "changed_by": "",
        "changed_at": "",
        "edited_by": "",
    },
    Run: {"adapter_sha256": ""},
    Evaluation: {"adapter_sha256": ""},
    Job: {
        "project_id": "",
        "person_id": "",
        "total": 0.0,
        "pid": 0,
        "pid_started": 0.0,
        "started_at": "",
        "finished_at": "",
        "progress_at": "",
        "launched_s": 0.0,
    },
    Installation: {"signed_by": "", "tested_at": "", "test_network": ""},
}


def json_fields(record: Any) -> dict[str, Any]:
    """Return the fields of a record by name, as they are printed as JSON; records within it stay as they are."""
    stands_for = NOT_KNOWN.get(type(record), {})
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: stands_for.get(name) if value is None else value for name, value in values.items()}
