"""`garrison audit show`, `verify` and `export`: what they print and their exit codes."""

import csv
import hashlib
import json
from collections.abc import Callable

import pytest

from core.cli.app import main
from core.storage import Workspace, audit

from .conftest import Tamper, new_document

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def garrison(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, in a workspace with four entries; gives exit code, stdout, stderr."""
    project = workspace.create_project("Pumps")
    for actor in ("Ada", "=cmd()"):
        document = new_document(project)
        workspace.store_document(document)
        if actor != "Ada":
            audit.append_for(workspace.db, document.id, "review approved", actor=actor)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), *arguments])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


def test_show_lists_the_newest_entries(garrison: Run) -> None:
    code, out, _ = garrison("audit", "show", "--last", "2")
    lines = out.splitlines()
    assert code == 0 and len(lines) == 3 and lines[0].split()[:2] == ["number", "time"]
    assert "document added" in lines[1] and "review approved" in lines[2] and "=cmd() (account" in lines[2]
    assert [entry["sequence"] for entry in json.loads(garrison("audit", "show", "--json", "--last", "0")[1])] == [1, 2, 3, 4]


def test_show_finds_what_names_a_project_a_person_or_an_action(garrison: Run) -> None:
    for about, numbers in (("pumps", [2, 3, 4]), ("=cmd()", [4]), ("document added", [2, 3]), ("document-0", [])):
        code, out, _ = garrison("audit", "show", "--about", about, "--json")
        assert (code, [entry["sequence"] for entry in json.loads(out)]) == (0, numbers)


def test_verify_prints_the_head_to_note_and_finds_it_again(garrison: Run) -> None:
    code, out, _ = garrison("audit", "verify")
    assert code == 0 and out.startswith("The audit log is whole: 4 entries.\nHead: 4:")
    head = out.split()[-1]
    assert garrison("audit", "verify", "--noted", head)[0] == 0
    assert garrison("audit", "verify", "--noted", "4")[0] == 2
    code, out, err = garrison("audit", "verify", "--noted", f"4:{'0' * 64}")
    assert code == 3 and "not the one that was noted" in out and "not whole" in err


def test_verify_of_a_changed_log_ends_with_3_and_one_json_document(garrison: Run, tamper: Tamper) -> None:
    tamper("update audit set entry = replace(entry, 'Ada', 'Eve') || ' ' where sequence = 2")
    code, out, err = garrison("audit", "verify", "--json")
    verdict = json.loads(out)
    assert code == 3 and not verdict["is_whole"] and verdict["findings"] == ["Entry 2 was changed."]
    assert err.count("\n") == 1


def test_an_entry_that_cannot_be_read_is_named(garrison: Run, tamper: Tamper) -> None:
    tamper("update audit set entry = '{' where sequence = 2")
    code, out, err = garrison("audit", "show")
    assert code == 3 and "Entry 2" in err and "verify" in err and out == ""


def test_export_writes_a_table_that_proves_itself(garrison: Run, tmp_path) -> None:
    target = tmp_path / "log.csv"
    code, out, _ = garrison("audit", "export", "--csv", str(target), "--json")
    assert code == 0 and json.loads(out) == {"entries": 4, "path": str(target)}
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    previous = "0" * 64
    for row in rows:
        assert row["previous_sha256"] == previous == json.loads(row["entry"])["previous_sha256"]
        previous = hashlib.sha256(row["entry"].encode()).hexdigest()
        assert row["sha256"] == previous
    assert rows[3]["actor"] == "'=cmd()"  # no formula in a spreadsheet
    assert rows[3]["subjects"].startswith("document document-")


def test_export_replaces_a_file_only_when_told_to(garrison: Run, tmp_path) -> None:
    target = tmp_path / "log.csv"
    target.write_text("mine", encoding="utf-8")
    assert garrison("audit", "export", "--csv", str(target))[0] == 2
    assert garrison("audit", "export", "--csv", str(tmp_path / "no" / "log.csv"))[0] == 2
    assert garrison("audit", "export", "--csv", str(tmp_path))[0] == 2
    assert garrison("audit", "export")[0] == 2
    assert target.read_text(encoding="utf-8") == "mine"
    assert garrison("audit", "export", "--csv", str(target), "--force", "--about", "Pumps")[0] == 0
    assert len(target.read_text(encoding="utf-8").splitlines()) == 4


def test_export_of_a_changed_log_leaves_no_half_file(garrison: Run, tamper: Tamper, tmp_path) -> None:
    tamper("update audit set entry = '[]' where sequence = 3")
    assert garrison("audit", "export", "--csv", str(tmp_path / "log.csv"))[0] == 3
    assert [path.name for path in tmp_path.glob("*log*")] == []
