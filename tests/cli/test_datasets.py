"""`garrison dataset …`: list, show, compare and freeze dataset versions."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli.app import main
from core.records import DatasetVersion, QuestionPair
from core.storage import Workspace, find, insert, update
from tests.learned import LearnedProject, learned  # noqa: F401 - a fixture


@pytest.fixture
def garrison(workspace: Workspace, learned: LearnedProject, capsys: pytest.CaptureFixture[str]):  # noqa: F811
    """Run a command about dataset versions; gives exit code, stdout and stderr. The project's only version has no card."""
    others = [replace(learned.pairs[0], id=f"more-{n}", input=f"What is {n}?", passage_id=f"p{n}") for n in range(20)]
    insert(workspace.db, *others)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), "dataset", *arguments])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


def test_a_version_is_frozen_once_and_told_in_words(garrison, workspace: Workspace, learned: LearnedProject) -> None:  # noqa: F811
    code, out, _ = garrison("freeze", learned.project.name)
    assert code == 0 and out.startswith("Version 2\n") and "garrison train" in out
    assert garrison("freeze", learned.project.name)[1] == out
    version = find(workspace.db, DatasetVersion, number=2)[0]
    code, out, _ = garrison("show", learned.project.name, "--json")
    assert code == 0
    shown = json.loads(out)
    assert shown["version"]["parents"] == ["dataset-1"] and shown["version"]["sha256"] == version.sha256
    assert shown["version"]["card"]["train"] == version.train_count
    assert "held out and never trained on" in " ".join(shown["words"])
    assert garrison("show", learned.project.name)[1].startswith(
        f"Version 2 · {version.sha256}\n23 question pairs from 1 document"
    )


def test_versions_are_listed_and_older_ones_shown_without_a_card(garrison, learned: LearnedProject) -> None:  # noqa: F811
    garrison("freeze", learned.project.name)
    code, out, _ = garrison("list", learned.project.name)
    assert code == 0 and [line.split()[0] for line in out.splitlines()] == ["version", "2", "1"]
    assert [version["number"] for version in json.loads(garrison("list", learned.project.name, "--json")[1])] == [2, 1]
    assert "2 pairs to train on, 1 pair held out." in garrison("show", learned.project.name, "1")[1]


def test_two_versions_are_compared(garrison, workspace: Workspace, learned: LearnedProject) -> None:  # noqa: F811
    name = learned.project.name
    garrison("freeze", name)
    update(workspace.db, QuestionPair, "more-3", state="dropped")
    update(workspace.db, QuestionPair, "more-4", input="What is four?")
    code, planned, _ = garrison("diff", name, "--planned")
    assert code == 0 and "- What is 3?" in planned and "~ What is 4? → What is four?" in planned
    garrison("freeze", name)
    assert garrison("diff", name)[1].splitlines()[1:] == planned.splitlines()[1:]
    found = json.loads(garrison("diff", name, "3", "--against", "2", "--json")[1])
    assert [row["pair_id"] for row in found["removed"]] == ["more-3"] and len(found["changed"]) == 1
    assert "Nothing differs" in garrison("diff", name, "3", "--against", "3")[1]


def test_long_lists_are_cut_and_say_so(garrison, workspace: Workspace, learned: LearnedProject) -> None:  # noqa: F811
    garrison("freeze", learned.project.name)
    workspace.db.execute("update pairs set state = 'dropped' where id like 'more-%'")
    lines = garrison("diff", learned.project.name, "--planned")[1].splitlines()
    assert "20 pairs no longer there." in lines and lines[-1] == "- and 10 more"


def test_a_version_is_written_to_a_zip(garrison, learned: LearnedProject, tmp_path: Path) -> None:  # noqa: F811
    garrison("freeze", learned.project.name)
    target = tmp_path / "out.zip"
    code, out, _ = garrison("export", learned.project.name, str(target), "--number", "2")
    assert code == 0 and out.startswith("Version 2 written to")
    with zipfile.ZipFile(target) as archive:
        assert "card.txt" in archive.namelist()
    assert garrison("export", learned.project.name, str(target))[0] == 2
    assert garrison("export", learned.project.name, str(target), "--force")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "Field manuals", "9"], "no dataset version 9"),
        (["diff", "Field manuals", "1"], "there is none before it"),
        (["freeze", "Field manuals", "--set", "heldout_share=2"], "heldout_share"),
        (["freeze", "Field manuals", "--set", "split=page"], "split"),
    ],
)
def test_what_cannot_be_done_is_told(garrison, arguments: list[str], words: str) -> None:
    code, _, err = garrison(*arguments)
    assert code == 2 and words in err
