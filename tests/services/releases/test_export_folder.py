"""A release folder as the export job writes it: whole, or not there."""

import errno
import json
from pathlib import Path

import pytest

from core.carry.signature import make_key
from core.errors import GarrisonError, InputError, SetupError
from core.files import sha256_file
from core.jobs.context import JobContext
from core.models.releases.folder import verify
from core.records import Job, Release, Run, new_id, now
from core.services.training import export
from core.storage import Workspace, find, insert
from tests.learned import PASSAGES


def exported(workspace: Workspace, run: Run, target: Path, **given: object) -> export.Result:
    job = Job(id=new_id("job"), kind="export", project_id=run.project_id, created_at=now())
    insert(workspace.db, job)
    return export.run(JobContext(workspace, job), params(run, target, **given))


def params(run: Run, target: Path, **given: object) -> export.Params:
    values = {"run_id": run.id, "format": "adapter", "quantization": "f16", "target": str(target)}
    return export.Params.from_values(values | given)


def test_the_folder_is_whole_signed_and_holds_no_text_of_a_document(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    make_key(tmp_path / "site.pem")
    result = exported(workspace, run, tmp_path / "out", sign=str(tmp_path / "site.pem"))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"model-card.md", "model-card.json", "lineage.json", "SHA256SUMS", "SHA256SUMS.sig", "README.md"} <= names
    assert verify(tmp_path / "out", tmp_path / "site.pub.pem").is_whole
    (stored,) = find(workspace.db, Release)
    assert stored.signer == result.signer and stored.sums_sha256 == sha256_file(tmp_path / "out" / "SHA256SUMS")
    assert stored.card == json.loads((tmp_path / "out" / "model-card.json").read_text(encoding="utf-8"))
    papers = "".join(
        (tmp_path / "out" / name).read_text(encoding="utf-8") for name in names if name.endswith((".md", ".json"))
    )
    assert not [text for text in (*PASSAGES, "tonnes", "Winch.md", "How much does") if text in papers]
    card = (tmp_path / "out" / "model-card.md").read_text(encoding="utf-8")
    assert "Ada approved 1 document" in card and "3 question pairs to train on, 0 held out" in card


def test_names_of_documents_stand_in_it_only_if_asked_for(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    exported(workspace, run, tmp_path / "out", has_names=True)
    assert "- Winch.md\n" in (tmp_path / "out" / "model-card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), OSError(errno.EDQUOT, "full"), OSError(errno.EROFS, "ro")])
def test_a_full_or_read_only_disk_leaves_nothing(
    workspace: Workspace, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(export, "seal", fail)
    with pytest.raises(SetupError):
        exported(workspace, run, tmp_path / "out")
    assert not [path for path in tmp_path.iterdir() if "out" in path.name] and not find(workspace.db, Release)


def test_a_run_deleted_meanwhile_does_not_leave(
    workspace: Workspace, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete(*_: object, **__: object) -> str:
        workspace.db.execute("delete from runs")
        return ""

    monkeypatch.setattr(export, "check_tokens", delete)
    with pytest.raises(InputError, match="no run"):
        exported(workspace, run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_tokens_than_those_of_training_leave_nothing(
    workspace: Workspace, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(*_: object, **__: object) -> str:
        raise InputError("llama.cpp reads a conversation otherwise.", "Export the adapter.")

    monkeypatch.setattr(export, "check_tokens", differ)
    with pytest.raises(InputError, match="otherwise"):
        exported(workspace, run, tmp_path / "out")
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


@pytest.mark.parametrize("place", ["projects/x", "models", "."])
def test_a_target_among_what_garrison_stores_is_refused(workspace: Workspace, run: Run, place: str) -> None:
    with pytest.raises(InputError, match="in the workspace"):
        export.check(workspace, run.project_id, params(run, workspace.home / place))
    export.check(workspace, run.project_id, params(run, workspace.home / "exports" / "a"))


@pytest.mark.parametrize("content", [None, b"", b"no key"])
def test_a_key_that_cannot_sign_is_told_before_the_work(
    workspace: Workspace, run: Run, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(SetupError, match="private key"):
        export.check(workspace, run.project_id, params(run, tmp_path / "out", sign=str(tmp_path / "key.pem")))


def test_what_an_earlier_attempt_completed_is_stored_and_not_written_again(
    workspace: Workspace, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(id=new_id("job"), kind="export", project_id=run.project_id, created_at=now())
    insert(workspace.db, job)

    def die(*_: object) -> None:
        raise GarrisonError("killed")

    with monkeypatch.context() as patched, pytest.raises(GarrisonError):
        patched.setattr(export, "_store", die)
        export.run(JobContext(workspace, job), params(run, tmp_path / "out"))
    before = (tmp_path / "out" / "SHA256SUMS").stat().st_mtime_ns
    result = export.run(JobContext(workspace, job), params(run, tmp_path / "out"))
    assert (tmp_path / "out" / "SHA256SUMS").stat().st_mtime_ns == before
    assert [release.id for release in find(workspace.db, Release)] == [result.release_id]
