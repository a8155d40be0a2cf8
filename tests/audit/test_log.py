"""The log grows by the next entry and not otherwise, with what it records or not at all."""

import hashlib
import json
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.records import Document, Project
from core.storage import Workspace, audit, find, transaction
from core.storage.audit_check import verify
from core.storage.migrations import MIGRATIONS

from .conftest import new_document

ADD_DOCUMENTS = """
import sys
from pathlib import Path
from core.records import Document, new_id, now
from core.storage import Workspace
workspace, project_id = Workspace(Path(sys.argv[1])), sys.argv[2]
for number in range(int(sys.argv[3])):
    workspace.store_document(Document(
        id=new_id("document"), project_id=project_id, name="a.txt", kind="txt", size_bytes=number, sha256="5" * 64,
        text_sha256="7" * 64, state="read", created_at=now()))
    print(number, flush=True)
"""


def add_documents(workspace: Workspace, project: Project, number: int) -> subprocess.Popen[bytes]:
    """A process of its own that adds documents, one transaction each, and prints a line for each."""
    command = [sys.executable, "-c", ADD_DOCUMENTS, str(workspace.home), project.id, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_anybody_can_check_the_chain_from_the_stored_lines(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    for _ in range(3):
        workspace.store_document(new_document(project))
    previous = "0" * 64
    rows = workspace.db.execute("select * from audit").fetchall()
    for number, row in enumerate(rows, start=1):
        fields = json.loads(row["entry"])
        assert json.dumps(fields, sort_keys=True, separators=(",", ":")) == row["entry"]
        assert hashlib.sha256(row["entry"].encode()).hexdigest() == row["sha256"]
        assert (fields["sequence"], fields["previous_sha256"]) == (number, previous) == (row["sequence"], previous)
        previous = row["sha256"]
    assert [json.loads(row["entry"])["action"] for row in rows] == ["log begun"] + 3 * ["document added"]
    verdict = verify(workspace.db)
    assert verdict.is_whole and verdict.head == f"4:{previous}"


def test_a_new_document_and_its_entry_are_stored_together_or_not_at_all(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    with pytest.raises(RuntimeError), transaction(workspace.db):
        workspace.store_document(new_document(project))
        raise RuntimeError
    workspace.db.execute("create table other (id)")  # the next thing stored says nothing of the one that failed
    with transaction(workspace.db):
        workspace.db.execute("insert into other values (1)")
    assert find(workspace.db, Document) == []
    assert [entry.action for entry, _ in audit.entries(workspace.db)] == ["log begun"]
    assert len((workspace.home / audit.HEADS_NAME).read_text(encoding="ascii").splitlines()) == 1
    assert verify(workspace.db).is_whole


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set entry = '{}'",
        "update or replace audit set sequence = 9",
        "delete from audit",
        "insert into audit values (9, 'a', '{}')",
        "insert or replace into audit values (1, 'a', '{}')",
        "insert into audit (sha256, entry) values ('a', '{}')",
        "insert into audit values (2, 'a', json_object('previous_sha256', 'b'))",
        "update audit_head set sequence = 0",
        "update audit_head set sha256 = 'a'",
        "delete from audit_head",
        "insert into audit_head values (0, 'a')",
        "insert or replace into audit_head (rowid, sequence, sha256) values (1, 0, 'a')",
    ],
)
def test_the_database_refuses_to_change_the_log(workspace: Workspace, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        workspace.db.execute(statement)
    assert verify(workspace.db).is_whole


@pytest.mark.parametrize("text", ["Anna Whitfield", "plan.pdf", "a" * 65, "ä", "a/b"])
def test_what_is_no_id_and_no_hash_does_not_get_in(workspace: Workspace, text: str) -> None:
    for place in ("subjects", "hashes"):
        with pytest.raises(ValueError, match="ids and hashes only"):
            audit.append(workspace.db, "run trained", **{"subjects": {}, place: {"run": text}})  # type: ignore[arg-type]
    assert verify(workspace.db).count == 1


def test_who_acted_is_asked_of_the_system_and_not_of_the_environment(workspace: Workspace, monkeypatch) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    audit.account.cache_clear()
    entry = audit.append(workspace.db, "run trained", subjects={})
    assert entry.actor == entry.account != "somebody-else"
    named = audit.append(workspace.db, "run trained", actor="Ada", subjects={})
    assert (named.actor, named.account) == ("Ada", entry.account)


def test_processes_that_write_at_once_make_one_chain_which_is_whole_at_any_moment(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    with ExitStack() as ended:
        writers = [ended.enter_context(add_documents(workspace, project, 40)) for _ in range(3)]
        while any(writer.poll() is None for writer in writers):
            assert verify(workspace.db).findings == ()
            time.sleep(0.05)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    verdict = verify(workspace.db)
    assert (verdict.findings, verdict.count) == ((), 1 + 3 * 40)
    assert len(find(workspace.db, Document)) == 3 * 40


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_process_leaves_a_whole_log_with_one_entry_for_each_document(workspace: Workspace, seed: int) -> None:
    project = workspace.create_project("Pumps")
    with add_documents(workspace, project, 100_000) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()  # it is at work
        time.sleep(random.Random(seed).uniform(0, 0.2))
        writer.kill()
    verdict = verify(workspace.db)
    assert verdict.is_whole
    documents = {document.id for document in find(workspace.db, Document)}
    assert {entry.subjects["document"] for entry, _ in audit.entries(workspace.db, about="document added")} == documents
    workspace.store_document(new_document(project))
    assert verify(workspace.db).count == verdict.count + 1


def test_a_line_torn_by_a_power_cut_is_no_alarm(workspace: Workspace) -> None:
    heads = workspace.home / audit.HEADS_NAME
    project = workspace.create_project("Pumps")
    workspace.store_document(new_document(project))
    heads.write_bytes(heads.read_bytes()[:-30])
    assert verify(workspace.db).is_whole
    workspace.store_document(new_document(project))
    assert verify(workspace.db).is_whole
    assert heads.read_text(encoding="ascii").splitlines()[-1] == verify(workspace.db).head.replace(":", " ")


def test_a_list_of_heads_that_cannot_be_written_does_not_undo_what_was_stored(workspace: Workspace) -> None:
    project = workspace.create_project("Pumps")
    heads = workspace.home / audit.HEADS_NAME
    heads.unlink()
    heads.mkdir()
    workspace.store_document(new_document(project))
    assert len(find(workspace.db, Document)) == 1
    assert verify(workspace.db).findings == ("The list of heads, audit-heads.txt, is gone or empty.",)


def test_an_old_workspace_gets_a_log_that_says_what_was_there_before(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with sqlite3.connect(home / "garrison.sqlite3") as db:
        MIGRATIONS[0](db)
        db.execute("insert into projects values ('project-1', 'Pumps', 'each-document', 0, '2026-01-01')")
        db.execute(
            "insert into documents values"
            " ('document-1', 'project-1', 'a.txt', 'txt', 5, '5', '7', 'read', '', 1, 1, '', '', '')"
        )
        db.execute("insert into reviews values ('review-1', 'document-1', 'Ada', '7', '9', 0, 'approved', '', '')")
        db.execute("pragma user_version = 1")
    db.close()
    workspace = Workspace(home)
    (begun,) = [entry for entry, _ in audit.entries(workspace.db)]
    assert begun.action == "log begun"
    assert begun.counts == {"projects": 1, "documents": 1, "datasets": 0, "runs": 0, "releases": 0, "approvals": 1}
    assert verify(workspace.db).is_whole
    assert workspace.project("Pumps").id == "project-1"
    with sqlite3.connect(home / "garrison.sqlite3.schema-1") as kept:  # the way back
        assert kept.execute("pragma user_version").fetchone() == (1,)
    kept.close()
    workspace.close()
    assert verify(Workspace(home).db).count == 1  # opening again begins nothing anew
