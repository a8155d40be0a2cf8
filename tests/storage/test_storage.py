"""What is stored comes back, whole or not at all."""

import sqlite3
from pathlib import Path

import pytest

from core.errors import InputError, SetupError
from core.files import folder_atomic, sha256_folder, write_atomic
from core.records import Document, Job, Passage, Project, Review, Run, new_id, now
from core.storage import Workspace, connect, find, find_each, get, insert, transaction, update
from core.storage.migrations import MIGRATIONS


def make_document(project: Project, **changes: object) -> Document:
    values = {
        "id": new_id("document"), "project_id": project.id, "name": "a.txt", "kind": "txt", "size_bytes": 5,
        "sha256": "s", "text_sha256": "t", "state": "read", "created_at": now(),
    }  # fmt: skip
    return Document(**{**values, **changes})  # type: ignore[arg-type]


def test_every_record_comes_back_as_it_was_stored(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    job = Job(id=new_id("job"), kind="read", params={"files": [1, "ä"]}, needs_accelerator=True, created_at=now())
    insert(workspace.db, job)
    assert get(workspace.db, Job, job.id) == job
    assert get(workspace.db, Project, project.id) == project


def test_a_project_name_is_taken_only_once_whatever_its_case(workspace: Workspace) -> None:
    workspace.create_project("Pumps")
    with pytest.raises(InputError, match="already"):
        workspace.create_project("pumps")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\nb"])
def test_a_project_needs_a_plain_name(workspace: Workspace, name: str) -> None:
    with pytest.raises(InputError):
        workspace.create_project(name)


def test_a_failed_transaction_leaves_nothing(workspace: Workspace) -> None:
    with pytest.raises(RuntimeError), transaction(workspace.db):
        workspace.create_project("Pumps")
        raise RuntimeError
    assert find(workspace.db, Project) == []


def test_offsets_count_characters_of_the_stored_text_even_with_carriage_returns(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    document = make_document(project)
    text = "Zeile 1\r\nÄ 😀 end.\rlast"
    workspace.store_text(document, text, pages=())
    insert(workspace.db, document)
    insert(workspace.db, Passage(id="passage-1", document_id=document.id, index=0, start=9, end=17, heading="", page="",
                                 token_count=1, text=""))  # fmt: skip
    assert workspace.text(document) == text
    assert workspace.passages(document)[0].text == text[9:17]


def test_deleting_a_project_deletes_what_belongs_to_it(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    insert(workspace.db, make_document(project))
    workspace.db.execute("delete from projects where id = ?", [project.id])
    assert find(workspace.db, Document) == []


def test_a_newer_approval_withdraws_the_one_before(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    document = make_document(project)
    insert(workspace.db, document)
    for number in (1, 2):
        review = Review(id=f"review-{number}", document_id=document.id, reviewer="Ada", text_sha256="t",
                        anonymized_sha256="a", span_count=0, created_at=now())  # fmt: skip
        workspace.store_approval(document, review, text="text", passages=[])
    active = workspace.active_review(document.id)
    assert active is not None and active.id == "review-2"
    assert get(workspace.db, Review, "review-1").state == "withdrawn"


def test_a_workspace_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    db = connect(tmp_path / "garrison.sqlite3")
    db.execute(f"pragma user_version = {len(MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(SetupError, match="newer"):
        connect(tmp_path / "garrison.sqlite3")


def test_a_file_that_is_no_database_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "garrison.sqlite3").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(SetupError, match="cannot be opened"):
        connect(tmp_path / "garrison.sqlite3")


def test_an_interrupted_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, "old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(SetupError, match="full"):
        write_atomic(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), folder_atomic(tmp_path / "out") as folder:
        (folder / "half").write_text("x", encoding="utf-8")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with folder_atomic(tmp_path / "out") as folder:
        (folder / "whole").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"), folder_atomic(tmp_path / "out"):
        pass
    assert (tmp_path / "out" / "whole").exists()


def test_the_hash_of_a_folder_changes_with_names_and_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1", encoding="utf-8")
    first = sha256_folder(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    second = sha256_folder(tmp_path)
    (tmp_path / "b").write_text("2", encoding="utf-8")
    assert len({first, second, sha256_folder(tmp_path)}) == 3


def test_an_unknown_id_is_the_users_error(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="run-0"):
        get(workspace.db, Run, "run-0")


def test_a_change_by_another_connection_is_seen(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    other = Workspace(workspace.home)
    update(other.db, Project, project.id, name="Valves")
    assert workspace.project("valves").id == project.id
    assert isinstance(other.db, sqlite3.Connection)


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(SetupError, match="file cannot be used as a folder"):
        write_atomic(tmp_path / "file" / "out.jsonl", "text")


def test_all_records_come_a_few_at_a_time_in_order_while_others_are_stored(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.storage.rows.AT_ONCE", 2)
    project, other = workspace.create_project("Pumps"), workspace.create_project("Cranes")
    names = ["e.txt", "a.txt", "d.txt", "b.txt", "c.txt"]
    insert(workspace.db, *(make_document(project, name=name, sha256=name) for name in names), make_document(other))
    expected = find(workspace.db, Document, project_id=project.id, order="name")
    found = []
    for document in find_each(workspace.db, Document, project_id=project.id, order="name"):
        found.append(document)
        update(workspace.db, Document, document.id, size_bytes=9)
        insert(workspace.db, make_document(project, name="0.txt", sha256=f"new {document.name}"))
    assert found == expected and [document.name for document in found] == sorted(names)
