"""`garrison lists` and `garrison project marking`: what people type, what comes back, and the codes."""

import json
from pathlib import Path

import pytest

from core.cli.app import main
from core.records import CustomPattern, ListEntry, Project
from core.storage import Workspace, find


def garrison(home: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), *words])
    return int(ended.value.code or 0)


@pytest.fixture
def workspace(home: Path) -> Workspace:
    workspace = Workspace(home)
    workspace.create_project("Pumps")
    return workspace


def test_entries_are_added_shown_exported_and_removed(
    workspace: Workspace, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert garrison(home, "lists", "add", "Pumps", "Orla Tarkwell", "=Anvil", "--as", "Ada") == 0
    assert "2 added. Found 0 times in 0 documents." in capsys.readouterr().out
    assert garrison(home, "lists", "add", "--site", "Kestrel", "--kind", "allow", "--as", "Ada") == 0
    assert garrison(home, "lists", "show", "Pumps", "--json") == 0
    capsys.readouterr()
    table = tmp_path / "lists.csv"
    assert garrison(home, "lists", "export", "Pumps", "--csv", str(table)) == 0
    assert table.read_text(encoding="utf-8").splitlines() == [
        "text,type,kind",
        "Orla Tarkwell,PERSON,deny",
        "'=Anvil,PERSON,deny",
    ]
    assert garrison(home, "lists", "remove", "Pumps", "orla TARKWELL", "=Anvil", "--as", "Ada") == 0
    assert [entry.text for entry in find(workspace.db, ListEntry)] == ["Kestrel"]
    assert garrison(home, "lists", "import", "Pumps", "--csv", str(table), "--as", "Ada") == 0
    assert sorted(entry.text for entry in find(workspace.db, ListEntry)) == ["=Anvil", "Kestrel", "Orla Tarkwell"]


def test_pattern_of_parts_is_added_and_one_that_runs_away_is_refused(
    workspace: Workspace, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = ["--part", "letters 2", "--part", "text -", "--part", "digits 5", "--fits", "AB-12345"]
    assert garrison(home, "lists", "pattern", "add", "Pumps", "Badge", *parts, "--as", "Ada") == 0
    assert [rule.name for rule in find(workspace.db, CustomPattern)] == ["Badge"]
    capsys.readouterr()
    assert garrison(home, "lists", "pattern", "add", "Pumps", "Bad", "--regex", "(a+)+$", "--as", "Ada", "--json") == 2
    assert "could run away" in json.loads(capsys.readouterr().out)["error"]
    assert garrison(home, "lists", "pattern", "try", "Pumps", *parts[:-2]) == 0
    assert garrison(home, "lists", "pattern", "remove", "Pumps", "Badge", "--as", "Ada") == 0
    assert find(workspace.db, CustomPattern) == []


@pytest.mark.parametrize(
    "words",
    [
        ("lists", "add", "Pumps", "Orla"),
        ("lists", "add", "Pumps", "--as", "Ada"),
        ("lists", "show"),
        ("lists", "remove", "Pumps", "Nobody", "--as", "Ada"),
        ("lists", "import", "Pumps", "--csv", "/nowhere.csv", "--as", "Ada"),
        ("lists", "pattern", "remove", "Pumps", "Nothing", "--as", "Ada"),
        ("project", "create", "Hush", "--highest-marking", "hush"),
        ("project", "marking", "Pumps", "SECRET"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    workspace: Workspace, home: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert garrison(home, *words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_highest_marking_is_chosen_shown_and_changed_by_name(
    workspace: Workspace, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert garrison(home, "project", "create", "Gates", "--highest-marking", "OFFICIAL-SENSITIVE") == 0
    assert garrison(home, "project", "show", "Gates") == 0
    assert "permitted up to the marking: restricted" in capsys.readouterr().out
    assert garrison(home, "project", "marking", "Gates", "NATO SECRET", "--as", "Ada") == 0
    assert garrison(home, "project", "marking", "--default", "restricted", "--as", "Ada") == 0
    assert garrison(home, "project", "create", "Oil") == 0
    assert {project.name: project.highest_marking for project in find(workspace.db, Project)} == {
        "Pumps": "unclassified",
        "Gates": "secret",
        "Oil": "restricted",
    }
