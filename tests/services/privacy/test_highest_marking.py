"""What a project permits: refused at reading without a trace of the text, and not approved once it was lowered."""

import zipfile
from pathlib import Path

import docx
import pytest

from core.errors import InputError
from core.identity import declared
from core.jobs.context import JobContext
from core.records import Document, Job, Project, QuestionPair, Review, new_id, now
from core.services import review
from core.services.documents.reading import Result, read_files
from core.services.privacy.highest_marking import REASON, documents_above, set_default_marking, set_highest_marking
from core.services.questions import pair_import
from core.storage import Workspace, audit, count, find, insert, update
from tests.unread import approve_unread

VALE = declared("R. Vale")
MARKED = "SECRET//NOFORN\nThe kestrel pump stands at the north gate.\nIt is filled every day."


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Pumps", policy="all-at-once")


def read(workspace: Workspace, project: Project, *paths: Path) -> Result:
    job = Job(id=new_id("job"), kind="read", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    return read_files(JobContext(workspace, job), project, [(path, path.name) for path in paths])


def everything_stored(workspace: Workspace) -> bytes:
    return b"".join(path.read_bytes() for path in workspace.home.rglob("*") if path.is_file())


def test_document_above_is_refused_in_words_and_nothing_of_it_is_kept(
    workspace: Workspace, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "pump.txt").write_text(MARKED, encoding="utf-8")
    (tmp_path / "oil.txt").write_text("The oil is changed every 250 hours.\nIt is warm then.", encoding="utf-8")
    result = read(workspace, project, tmp_path / "pump.txt", tmp_path / "oil.txt")
    assert (result.read, result.unreadable) == (1, 1)
    [refused] = find(workspace.db, Document, state="unreadable")
    assert refused.problem == (
        "Refused: marked SECRET; this project permits up to UNCLASSIFIED or OFFICIAL. Nothing of its text was kept here."
    )
    assert (refused.marking, refused.marking_level, refused.text_sha256) == ("SECRET", 3, None)
    assert not workspace.document_folder(refused).exists()
    assert b"kestrel" not in everything_stored(workspace)
    [entry] = [entry for entry, _ in audit.entries(workspace.db, about="document refused")]
    assert entry.subjects == {"project": project.id, "document": refused.id}
    assert entry.counts == {"level": 3, "permitted": 0}
    assert entry.hashes == {}


def test_refused_file_is_listed_once_and_read_once_it_is_permitted(
    workspace: Workspace, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "pump.txt").write_text(MARKED, encoding="utf-8")
    read(workspace, project, tmp_path / "pump.txt")
    read(workspace, project, tmp_path / "pump.txt")
    assert count(workspace.db, Document) == 1
    set_highest_marking(workspace, project, "secret", actor=VALE)
    read(workspace, project, tmp_path / "pump.txt")
    [document] = find(workspace.db, Document)
    assert (document.state, document.marking, document.marking_level) == ("read", "SECRET//NOFORN", 3)


def test_member_of_an_archive_and_header_of_a_word_file_are_looked_at(
    workspace: Workspace, project: Project, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("pump.txt", MARKED)
        archive.writestr("oil.txt", "The oil is changed every 250 hours.")
    word = docx.Document()
    word.add_paragraph("The kestrel pump stands at the north gate.")
    word.sections[0].header.paragraphs[0].text = "OFFICIAL-SENSITIVE"
    word.save(str(tmp_path / "pump.docx"))
    read(workspace, project, tmp_path / "both.zip", tmp_path / "pump.docx")
    levels = {document.name.rpartition("/")[2]: document.marking_level for document in find(workspace.db, Document)}
    assert sorted(levels.values()) == [0, 1, 3]
    assert levels["pump.docx"] == 1
    assert count(workspace.db, Document, state="read") == 1


def test_marked_question_pairs_are_refused(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        '{"input": "SECRET\\nWhere does the pump stand?", "output": "At the kestrel gate in the north."}\n', encoding="utf-8"
    )
    job = Job(id=new_id("job"), kind="import", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    with pytest.raises(InputError, match="marked SECRET"):
        pair_import.run(JobContext(workspace, job), pair_import.Params(path=str(path), name="pairs.jsonl"))
    assert count(workspace.db, QuestionPair) == 0
    assert [document.state for document in find(workspace.db, Document)] == ["unreadable"]
    assert b"kestrel" not in everything_stored(workspace)


def approved(workspace: Workspace, project: Project, path: Path) -> Document:
    path.write_text("OFFICIAL-SENSITIVE\nThe oil is changed every 250 hours.", encoding="utf-8")
    read(workspace, project, path)
    [document] = find(workspace.db, Document)
    update(workspace.db, Document, document.id, analyzed_sha256=document.text_sha256)
    approve_unread(workspace, project, document, by=declared("R. Vale"))
    return document


def test_lowering_withdraws_approvals_of_what_lies_above_and_lets_none_be_given(
    workspace: Workspace, tmp_path: Path
) -> None:
    project = workspace.create_project("Oil", highest_marking="restricted", policy="all-at-once")
    document = approved(workspace, project, tmp_path / "oil.txt")
    assert [one.id for one in set_highest_marking(workspace, project, "unclassified", actor=VALE)] == [document.id]
    [withdrawn] = find(workspace.db, Review)
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", REASON)
    with pytest.raises(InputError, match="marked OFFICIAL-SENSITIVE; this project permits up to UNCLASSIFIED"):
        review.approve(workspace, project, document, by=declared("R. Vale"))
    [entry] = [entry for entry, _ in audit.entries(workspace.db, about="highest marking set")]
    assert (entry.actor, entry.counts) == ("R. Vale", {"level": 0, "before": 1, "above": 1})


def test_document_read_before_markings_were_looked_for_is_looked_at_when_it_is_approved(
    workspace: Workspace, tmp_path: Path
) -> None:
    project = workspace.create_project("Oil", highest_marking="restricted", policy="all-at-once")
    document = approved(workspace, project, tmp_path / "oil.txt")
    update(workspace.db, Document, document.id, marking=None, marking_level=None)
    update(workspace.db, Project, project.id, highest_marking="unclassified")
    with pytest.raises(InputError, match="marked OFFICIAL-SENSITIVE"):
        review.approve(workspace, project, document, by=declared("R. Vale"))


def test_new_projects_take_the_default_that_somebody_decided(workspace: Workspace, project: Project) -> None:
    set_default_marking(workspace, "restricted", actor=VALE)
    assert workspace.create_project("Oil").highest_marking == "restricted"
    assert workspace.project("Pumps").highest_marking == "unclassified"
    with pytest.raises(InputError, match="no marking"):
        workspace.create_project("Gates", highest_marking="hush")
    assert documents_above(workspace, project) == []
