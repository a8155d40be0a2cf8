"""No pair leaves that rests on text nobody approved, whichever way it is asked for."""

import json
import zipfile
from pathlib import Path

import pytest

from core.errors import InputError
from core.identity import declared
from core.jobs.context import JobContext
from core.records import Document, Job, Project, QuestionPair, Span, new_id, now
from core.services.questions import pair_import
from core.services.questions.pair_export import export_pairs, exportable_pairs
from core.storage import Workspace, find, insert, update
from tests.unread import approve_all_unread

pytestmark = pytest.mark.model

NAME = "Anna Whitfield"
ROWS = [
    {"input": "Who checks the pump?", "output": f"Sergeant {NAME} checks the pump every morning."},
    {"input": "What does the winch hold?", "output": "The winch holds twelve tonnes on its first layer."},
]


@pytest.fixture
def project(workspace: Workspace, tmp_path: Path) -> Project:
    """A project with two imported pairs that nobody approved."""
    project = workspace.create_project("a", policy="all-at-once")
    bring(workspace, project, tmp_path / "pairs.jsonl", ROWS)
    return project


def bring(workspace: Workspace, project: Project, file: Path, rows: list[dict[str, str]]) -> None:
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    job = Job(id=new_id("job"), kind="import", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    pair_import.run(JobContext(workspace, job), pair_import.Params(path=str(file), name=file.name))


def test_imported_pairs_stay_until_they_are_approved(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with pytest.raises(InputError, match="approval stands") as caught:
        export_pairs(workspace, project, target)
    assert "approve" in caught.value.hint.command and not target.exists()


def test_approved_pairs_leave_anonymized_with_their_source(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    approve_all_unread(workspace, project, by=declared("Ada"))
    assert [span for span in find(workspace.db, Span) if span.entity == "PERSON"]
    target = tmp_path / "out.jsonl"
    export_pairs(workspace, project, target, with_source=True)
    text = target.read_text(encoding="utf-8")
    assert "Whitfield" not in text and "first layer" in text
    (document,) = find(workspace.db, Document)
    approval = workspace.active_review(document.id)
    assert approval is not None
    anonymized = workspace.anonymized_text(project.id, approval)
    for row in map(json.loads, text.splitlines()):
        assert anonymized[row["start"] : row["end"]] == row["quote"] == row["output"]


def test_what_is_left_out_is_counted_with_its_reason(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    approve_all_unread(workspace, project, by=declared("Ada"))
    more = [{"input": f"What is part {n} for?", "output": f"Part {n} holds the pump in place."} for n in range(3)]
    bring(workspace, project, tmp_path / "more.jsonl", more)
    assert exportable_pairs(workspace, project).note == "3 left out: their document is not approved"
    first = find(workspace.db, QuestionPair, order="created_at, rowid")[0]
    update(workspace.db, QuestionPair, first.id, origin="generated", review_id="review-earlier")
    export = export_pairs(workspace, project, tmp_path / "out.jsonl")
    assert (len(export.pairs), export.unapproved, export.outdated, export.left_out) == (1, 3, 1, 4)
    assert export.note.endswith("1 left out: their text changed when it was approved again; write question pairs once more")


def test_a_file_is_replaced_when_forced_alone_and_no_folder_is_made(
    workspace: Workspace, project: Project, tmp_path: Path
) -> None:
    approve_all_unread(workspace, project, by=declared("Ada"))
    target = tmp_path / "out.jsonl"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="exists already") as caught:
        export_pairs(workspace, project, target)
    assert "--force" in caught.value.hint.command and target.read_text(encoding="utf-8") == "mine"
    export_pairs(workspace, project, target, is_forced=True)
    assert len(target.read_text(encoding="utf-8").splitlines()) == 2
    with pytest.raises(InputError, match="no folder"):
        export_pairs(workspace, project, tmp_path / "new" / "out.jsonl", is_forced=True)
    assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="is a folder"):
        export_pairs(workspace, project, tmp_path, is_forced=True)


def test_a_format_of_several_files_becomes_a_folder_or_a_zip(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    approve_all_unread(workspace, project, by=declared("Ada"))
    export_pairs(workspace, project, tmp_path / "out", format="llama-factory")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"README.md", "dataset_info.json", "garrison.json"}
    with pytest.raises(InputError, match="not empty"):  # however much it is forced: a folder may hold anything
        export_pairs(workspace, project, tmp_path / "out", format="llama-factory", is_forced=True)
    with pytest.raises(InputError, match="no folder"):
        export_pairs(workspace, project, tmp_path / "new" / "out", format="llama-factory")
    export_pairs(workspace, project, tmp_path / "out.zip", format="datasets")
    assert zipfile.ZipFile(tmp_path / "out.zip").namelist() == ["README.md", "data/train.jsonl"]
    with pytest.raises(InputError, match="exists already"):
        export_pairs(workspace, project, tmp_path / "out.zip", format="datasets")


def test_what_a_format_cannot_hold_is_said(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    talk = [{"input": "What is it?", "output": "A pump that is checked.", "system": "Be brief."}]
    bring(workspace, project, tmp_path / "talk.jsonl", talk)
    approve_all_unread(workspace, project, by=declared("Ada"))
    assert export_pairs(workspace, project, tmp_path / "out.csv", format="kiln").lost.startswith("1 instruction before")
    assert export_pairs(workspace, project, tmp_path / "out.jsonl").lost == ""
