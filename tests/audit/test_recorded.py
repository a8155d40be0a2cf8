"""What people and jobs do is in the log, in one entry each, with ids, hashes and counts and no word of a document."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.files import sha256_folder, sha256_text, write_atomic
from core.identity import declared
from core.jobs.context import JobContext
from core.records import AuditEntry, Document, Job, Project, Review, Run, Span, new_id, now
from core.services import review
from core.services.documents import reading
from core.services.questions import pair_import
from core.services.questions.pair_export import export_pairs
from core.services.training import export
from core.services.training import runs as training
from core.settings import TrainingSettings
from core.storage import Workspace, audit, find, insert, update
from core.storage.audit_check import verify
from core.storage.removal import remove_document, remove_project
from core.training import TrainingResult
from tests.unread import approve_all_unread, approve_unread

from .conftest import new_document

NAME = "Anna Whitfield"
MODEL = "smollm2-135m-instruct"


def log(workspace: Workspace, about: str = "") -> list[AuditEntry]:
    return [entry for entry, _ in audit.entries(workspace.db, about=about)]


def actions(workspace: Workspace, about: str = "") -> list[str]:
    return [entry.action for entry in log(workspace, about)]


def context_of(workspace: Workspace, project: Project, kind: str) -> JobContext:
    job = Job(id=new_id("job"), kind=kind, project_id=project.id, created_at=now())
    insert(workspace.db, job)
    return JobContext(workspace, job)


def reviewable(workspace: Workspace, project: Project, text: str, **changes: object) -> Document:
    """A document with this text in which personal data was looked for."""
    sha256 = sha256_text(text)
    document = new_document(project, text_sha256=sha256, **changes)
    workspace.store_text(document, text, pages=())
    workspace.store_document(document)
    update(workspace.db, Document, document.id, analyzed_sha256=sha256)
    return document


def trained(workspace: Workspace, project: Project) -> Run:
    """A run as it is stored once it was trained, without the training."""
    context, model = context_of(workspace, project, "train"), training.find_trainable(workspace, MODEL)
    run = training._new_run(context, project, model=model, settings=TrainingSettings())
    folder = workspace.run_folder(project.id, run.id)
    for name in ("adapter/adapter_config.json", "adapter/adapter_model.safetensors", "template.jinja"):
        write_atomic(folder / name, name)
    result = TrainingResult(adapter_sha256=sha256_folder(folder / "adapter"), metrics={})
    return training.store_trained(workspace, run, result)


def test_a_review_is_recorded_with_who_and_which_version(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps", policy="all-at-once")
    review.set_two_person(workspace, project, "off", by=declared("Ada"))
    document = reviewable(workspace, project, f"{NAME} checks the pump. {NAME} signs.")
    first = review.add(workspace, document, start=0, end=len(NAME), entity="PERSON", by=declared("Ada"))
    second = review.add(workspace, document, start=34, end=39, entity="PERSON", by=declared("Ada"))
    approval = approve_unread(workspace, project, document, by=declared("Ada"))
    decision = review.reject(workspace, [second], by=declared("Bob"))
    review.undo(workspace, decision, by=declared("Bob"))
    review.accept(workspace, [first], by=declared("Ada"))  # it is: nothing is done
    again = approve_unread(workspace, project, document, by=declared("Ada"))
    review.withdraw(workspace, document, by=declared("Cy"), reason=f"{NAME} was missed")
    review.withdraw(workspace, document, by=declared("Cy"), reason="again")  # none stands: nothing is done
    found = log(workspace, document.id)
    assert [(entry.action, entry.actor) for entry in found[1:]] == [
        ("span added", "Ada"),
        ("span added", "Ada"),
        ("review proposed", "Ada"),
        ("review approved", "Ada"),
        ("spans rejected", "Bob"),
        ("review withdrawn", "Bob"),
        ("decision undone", "Bob"),
        ("review proposed", "Ada"),
        ("review approved", "Ada"),
        ("review withdrawn", "Cy"),
    ]
    approved = found[4]
    ada = declared("Ada").id
    assert approved.subjects == {
        "project": project.id, "document": document.id, "review": approval.id, "proposer": ada, "reviewer": ada
    }  # fmt: skip
    assert approved.hashes == {
        "file": document.sha256, "text": document.text_sha256, "anonymized": approval.anonymized_sha256
    }  # fmt: skip
    assert approved.counts == {
        "masked": 2, "sampled": 0, "missed": 0, "second search": -1, "accepted": 2, "rejected": 0, "detected": 0,
        "unread: undecided": 0, "unread: unsampled": 0, "unread: unsearched": 1,
    }  # fmt: skip
    assert (found[5].counts, found[6].counts["rejected"], found[6].subjects["review"]) == ({"spans": 1}, 1, approval.id)
    assert found[10].subjects["review"] == again.id
    assert log(workspace, "Cy") == found[10:]


@pytest.mark.model
def test_the_way_from_a_file_to_a_release_is_recorded_by_whoever_runs_it(workspace: Workspace, tmp_path: Path) -> None:
    project = workspace.create_project("Pumps", policy="all-at-once")
    file = tmp_path / "whitfield-pairs.jsonl"
    rows = [{"input": f"What is part {n} for?", "output": f"{NAME} looks after part {n} of the pump."} for n in range(8)]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    pair_import.run(context_of(workspace, project, "import"), pair_import.Params(path=str(file), name=file.name))
    review.decide_undecided(workspace, project, state="accepted", by=declared("Ada"))
    approve_all_unread(workspace, project, by=declared("Ada"))
    export_pairs(workspace, project, tmp_path / "out.jsonl")
    run = trained(workspace, project)
    target = tmp_path / "whitfield-release"
    params = export.Params(run_id=run.id, format="adapter", quantization="q8_0", target=str(target))
    made = export.run(context_of(workspace, project, "export"), params)

    assert actions(workspace)[1:] == [
        "document added",
        "detection run",
        "spans accepted",
        "review proposed",
        "review approved",
        "question pairs exported",
        "dataset version built",
        "run trained",
        "release made",
    ]
    entries = {entry.action: entry for entry in log(workspace)}
    searched = entries["detection run"].counts
    assert searched["found"] == searched["detected"] >= 8
    assert entries["spans accepted"].counts["spans"] == searched["found"]
    assert entries["question pairs exported"].counts == {"pairs": 8, "left out": 0}
    assert sum(entries["dataset version built"].counts.values()) == 8
    learned = entries["run trained"]
    assert learned.hashes["dataset"] == run.dataset_sha256 == entries["dataset version built"].hashes["dataset"]
    assert (learned.subjects["run"], learned.hashes["adapter"]) == (run.id, run.adapter_sha256)
    assert entries["release made"].subjects["release"] == made.release_id
    assert entries["release made"].hashes["release"] == made.sha256
    text = "".join(text for _, text in audit.entries(workspace.db)).lower()
    assert not any(word in text for word in ("whitfield", "anna", "pump", str(tmp_path)))
    assert verify(workspace.db).is_whole


def test_files_read_and_refused_are_recorded_and_removed_ones_too(workspace: Workspace, tmp_path: Path) -> None:
    project = workspace.create_project("Pumps")
    (tmp_path / "whitfield.txt").write_text("The winch holds twelve tonnes.", encoding="utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    names = ("whitfield.txt", "broken.pdf", "whitfield.txt")
    files = tuple(reading.File(path=str(tmp_path / name), name=name) for name in names)
    reading.run(context_of(workspace, project, "read"), reading.Params(files=files))
    read, broken = find(workspace.db, Document)
    assert [entry.subjects["document"] for entry in log(workspace, "document added")] == [read.id, broken.id]
    assert [bool(entry.hashes["text"]) for entry in log(workspace, "document added")] == [True, False]
    remove_document(workspace, read, actor="Ada")
    remove_document(workspace, read, actor="Ada")  # it is gone: nothing is done
    assert [(entry.action, entry.actor) for entry in log(workspace, read.id)][1:] == [("document removed", "Ada")]
    remove_project(workspace, project)
    assert actions(workspace, project.id)[-2:] == ["document removed", "project deleted"]
    assert log(workspace)[-1].counts["documents"] == 1
    assert find(workspace.db, Project) == find(workspace.db, Document) == find(workspace.db, Job) == []
    assert not any(word in text for _, text in audit.entries(workspace.db) for word in ("whitfield", "broken", "Pumps"))


def test_what_is_not_known_stands_in_an_entry_as_ever(workspace: Workspace) -> None:
    """The log is written once and compared for years: "" for a hash and -1 for a second search that was not made."""
    project = workspace.create_project("Pumps")
    document = new_document(project, text_sha256=None, state="unreadable")
    workspace.store_document(document)
    proposed = Review(
        id="review-1", document_id=document.id, reviewer=None, text_sha256="7" * 64, anonymized_sha256="9" * 64,
        span_count=0, state="proposed", created_at=now(),
    )  # fmt: skip
    workspace.store_proposal(proposed)
    workspace.store_proposal(replace(proposed, id="review-2", proposer="Ada", proposer_id="ada", second_found=0))
    added, first, withdrawn, second = log(workspace, document.id)
    assert added.hashes["text"] == "" and withdrawn.hashes["text"] == "7" * 64
    assert [entry.counts["second search"] for entry in (first, withdrawn, second)] == [-1, -1, 0]
    assert first.actor == added.actor == first.account and second.actor == "Ada"
    assert "proposer" not in first.subjects and second.subjects["proposer"] == "ada"
    assert all("null" not in text for _, text in audit.entries(workspace.db)) and verify(workspace.db).is_whole


WORDS = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(name=WORDS, before=WORDS, value=WORDS.filter(lambda text: any(c.isalnum() for c in text)), reason=WORDS)
def test_no_text_name_or_reason_gets_into_the_log(name: str, before: str, value: str, reason: str) -> None:
    mark = "Zyx-"  # so that a short text is not found by chance
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "home")
        project = workspace.create_project(f"{mark}project", policy="all-at-once")
        text = f"{mark}{before} {mark}{value}"
        document = reviewable(workspace, project, text, name=f"{mark}{name}.txt")
        start = len(f"{mark}{before} ")
        span = review.add(workspace, document, start=start, end=len(text), entity="PERSON", by=declared("Ada"))
        approve_unread(workspace, project, document, by=declared("Ada"))
        review.withdraw(workspace, document, by=declared("Ada"), reason=f"{mark}{reason}")
        review.reject(workspace, [span], by=declared("Ada"))
        remove_document(workspace, document)
        lines = [text for _, text in audit.entries(workspace.db)]
        assert len(lines) == 8 and verify(workspace.db).is_whole
        assert find(workspace.db, Span) == []
        assert not any(mark in line for line in lines)
        assert mark not in (workspace.home / audit.HEADS_NAME).read_text(encoding="ascii")
        workspace.close()
