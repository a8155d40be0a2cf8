"""What a hostile or unlucky user does to the command line ends in one line, the right exit code and nothing lost."""

import io
import json
import os
import socket
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.cli import app as command_line
from core.cli.app import main
from core.models import registry

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def garrison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; gives exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(tmp_path / "home"), *arguments])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


def test_a_file_name_that_is_no_utf_8_and_one_with_a_line_break_are_read(garrison: Run, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in (b"bad\xff.txt", b"two\nlines\x1b[31m.txt"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(f"The pump is checked {name!r}.", encoding="utf-8")
    garrison("project", "create", "a")
    code, out, err = garrison("documents", "add", "a", str(folder))
    assert code == 0, err
    assert len(out.splitlines()) == 3 and "bad_.txt" in out and "two_lines_[31m.txt" in out


def test_a_defect_is_logged_in_the_chosen_workspace(
    garrison: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(command_line, "default_home", lambda: tmp_path / "elsewhere")
    monkeypatch.setattr(registry, "list_models", lambda folders: 1 // 0)
    code, out, err = garrison("--json", "models", "list")
    assert code == 1 and str(tmp_path / "home" / "defects.log") in err and not (tmp_path / "elsewhere").exists()
    assert set(json.loads(out)) == {"error", "hint"}
    assert "ZeroDivisionError" in caplog.text


def test_a_model_that_was_changed_is_reported_in_one_document(garrison: Run, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "m.gguf").write_bytes(b"GGUF changed")
    manifest = {"name": "mine", "file": "m.gguf", "format": "gguf", "sha256": "0" * 64}
    (folder / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    code, out, err = garrison("--json", "models", "verify")
    health = {verdict["model"]["name"]: verdict["health"] for verdict in json.loads(out)}
    assert (code, health["mine"]) == (3, "changed") and "mine" in err
    (folder / "m.gguf").unlink()
    code, _, err = garrison("models", "verify")
    assert code == 3 and "missing" in err


def test_ctrl_c_is_one_line_and_one_document(garrison: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_folders: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(registry, "list_models", interrupted)
    code, out, err = garrison("--json", "models", "list")
    assert code == 130 and json.loads(out)["error"] and err.count("\n") == 1


def test_rows_nested_without_end_are_refused_with_their_line(garrison: Run, tmp_path: Path) -> None:
    file = tmp_path / "deep.jsonl"
    good = '{"input": "What is it?", "output": "A pump."}\n'
    file.write_text(good * 6 + "[" * 100_000 + "]" * 100_000 + "\n" + good, encoding="utf-8")
    garrison("project", "create", "a")
    code, _, err = garrison("questions", "import", "a", str(file))
    assert code == 2 and "line 7" in err


def test_a_taken_or_impossible_port_is_said_before_anything_starts(garrison: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = garrison("serve", "--port", str(taken.getsockname()[1]))
    assert code == 3 and "--port" in err
    assert garrison("serve", "--port", "99999999")[0] == 2


def test_an_unknown_run_is_not_called_a_model(garrison: Run) -> None:
    code, _, err = garrison("chat", "--run", "run-0", "--prompt", "Hello")
    assert code == 2 and "no run" in err


@pytest.mark.model
def test_chat_with_json_and_nothing_asked_is_one_document(garrison: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, out, _ = garrison("--json", "chat", "--model", "smollm2-135m-instruct")
    assert code == 2 and "--prompt" in json.loads(out)["hint"]


@pytest.mark.model
def test_output_below_a_file_is_a_setup_error(garrison: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    rows = tmp_path / "rows.jsonl"
    rows.write_text("", encoding="utf-8")
    code, _, err = garrison("detect", str(rows), str(tmp_path / "file" / "out.jsonl"))
    assert code == 3 and err.count("\n") == 1


@pytest.mark.slow
def test_an_archive_resumed_after_a_kill_doubles_nothing(garrison: Run, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("empty.txt", "")
        members.writestr("sub/empty.txt", "")
        members.writestr("good.txt", "The pump is checked every day.")
        members.writestr("same.txt", "The pump is checked every day.")
    garrison("project", "create", "a")
    code, out, _ = garrison("--json", "documents", "add", "a", str(archive))
    assert code == 0 and len(json.loads(out)["documents"]) == 3 and json.loads(out)["skipped"] == 1
    home = tmp_path / "home"
    project = next((home / "projects").iterdir())
    left = project / "documents" / "document-left"
    left.mkdir()
    with sqlite3.connect(home / "garrison.sqlite3") as db:  # as if the worker was killed before the end
        (job,) = db.execute("select id from jobs").fetchone()
        db.execute("update jobs set state = 'failed'")
        db.execute("delete from job_items where item = 'file 0'")
        db.execute("insert into job_items values (?, 'storing:document-left')", [job])
    code, out, _ = garrison("--json", "jobs", "resume", job)
    result = json.loads(out)["result"]
    assert (code, len(result["documents"]), result["skipped"], result["unreadable"]) == (0, 3, 1, 2)
    assert len(json.loads(garrison("--json", "documents", "list", "a")[1])) == 3
    assert not left.exists()


def test_json_alone_does_not_confirm_a_deletion(garrison: Run) -> None:
    garrison("project", "create", "a")
    code, out, _ = garrison("--json", "project", "delete", "a")
    assert code == 2 and "--yes" in json.loads(out)["hint"]
    assert garrison("--json", "project", "delete", "a", "--yes")[0] == 0
