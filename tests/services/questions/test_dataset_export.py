"""A dataset version as a zip: its rows as they were frozen, and its card."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from core.errors import InputError, SetupError
from core.records import DatasetVersion, QuestionPair
from core.services.questions import datasets
from core.services.questions.datasets import export_version
from core.services.questions.freezing.version import freeze
from core.storage import Workspace, audit, get, update
from tests.learned import LearnedProject


@pytest.fixture
def version(workspace: Workspace, learned: LearnedProject) -> DatasetVersion:
    workspace.db.execute("delete from datasets")
    return freeze(workspace, learned.project)


def test_version_is_written_as_it_was_frozen_with_its_card(
    workspace: Workspace, learned: LearnedProject, version: DatasetVersion, tmp_path: Path
) -> None:
    update(workspace.db, QuestionPair, "pair-0", input="Edited since?")
    export_version(workspace, learned.project, version, target := tmp_path / "out.zip")
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["card.txt", "train.jsonl", "heldout.jsonl"]
        files = [archive.read(name) for name in ("train.jsonl", "heldout.jsonl")]
        card = archive.read("card.txt").decode()
    assert hashlib.sha256(b"\0".join(files)).hexdigest() == version.sha256
    assert b"Edited since?" not in files[0] + files[1]
    assert version.sha256 in card and all(words in card for words in datasets.card_words(version))
    entry = [entry for entry, _ in audit.entries(workspace.db)][-1]
    assert (entry.action, entry.hashes["dataset"]) == ("dataset version exported", version.sha256)


def test_card_of_what_nobody_read_says_so_in_its_first_line(
    workspace: Workspace, learned: LearnedProject, version: DatasetVersion, tmp_path: Path
) -> None:
    left = {"undecided": 3, "unsampled": 0, "unsearched": 0, "documents": 1, "by": ["Ada"]}
    update(workspace.db, DatasetVersion, version.id, risk=version.risk | {"unread": left, "documents": 1})
    unread = get(workspace.db, DatasetVersion, version.id)
    export_version(workspace, learned.project, unread, target := tmp_path / "out.zip")
    with zipfile.ZipFile(target) as archive:
        assert archive.read("card.txt").decode().startswith("Approved unread by Ada")


def test_a_file_that_is_there_is_not_replaced_and_one_that_is_gone_is_told(
    workspace: Workspace, learned: LearnedProject, version: DatasetVersion, tmp_path: Path
) -> None:
    (tmp_path / "out.zip").touch()
    with pytest.raises(InputError, match="exists already"):
        export_version(workspace, learned.project, version, tmp_path / "out.zip")
    (workspace.dataset_folder(learned.project.id, version.id) / "train.jsonl").unlink()
    with pytest.raises(SetupError, match="gone"):
        export_version(workspace, learned.project, version, tmp_path / "other.zip")


@pytest.mark.parametrize("gone", ["train.jsonl", "heldout.jsonl"])
def test_texts_beside_the_rows_do_not_stand_in_for_a_file_that_is_gone(
    workspace: Workspace, learned: LearnedProject, version: DatasetVersion, tmp_path: Path, gone: str
) -> None:
    folder = workspace.dataset_folder(learned.project.id, version.id)
    (folder / datasets.TEXTS).write_text("", encoding="utf-8")
    (folder / gone).unlink()
    with pytest.raises(SetupError, match="gone"):
        export_version(workspace, learned.project, version, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()
