"""Dataset versions: which there are, what they hold and how they differ, and their files. `freezing` makes them."""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from core.errors import Hint, InputError, SetupError
from core.files import check_target, file_atomic, hash_file
from core.questions.dataset import (
    Card,
    Difference,
    Frozen,
    difference,
    split_dataset,
)
from core.questions.exchange.conversations import training_row
from core.records import AuditAction, DatasetVersion, Project, QuestionPair
from core.services.questions.trainable import reviewed_pairs
from core.services.review import approval_words, unread_risk
from core.settings import DatasetSettings
from core.storage import Workspace, audit, find, rights
from core.words import counted

TRAIN, HELDOUT = "train.jsonl", "heldout.jsonl"
TEXTS = "texts.jsonl"  # for continued training; only there if there are any
PREFERENCES = "preferences.jsonl"  # answers that reviewers preferred to others; only there if there are any
CARD_TEXT = "card.txt"  # in the zip of a version
ASKED = ("kind", "wording", "fact")  # of a pair, in its row as far as they are known


def versions_of(workspace: Workspace, project: Project) -> list[DatasetVersion]:
    """Return a project's dataset versions, the newest first."""
    return find(workspace.db, DatasetVersion, project_id=project.id, order="number desc")


def version_of(workspace: Workspace, project: Project, number: int | None = None) -> DatasetVersion:
    """Return a dataset version of a project by its number; the newest one without.

    Raises:
        InputError: there is none.
    """
    versions = versions_of(workspace, project)
    found = [version for version in versions if number in (None, version.number)]
    if not found:
        what = f"no dataset version {number}" if versions else "no dataset version"
        raise InputError(
            f"{project.name} has {what}.",
            Hint("Freeze one on the page Train.", command=f"garrison dataset freeze {project.name}")
            if not versions
            else f"They are numbered 1 to {versions[0].number}.",
        )
    return found[0]


def card_words(version: DatasetVersion) -> list[str]:
    """Return what a dataset version holds in words, with the approvals that it rests on."""
    card = Card.of(version.card)
    counts = f"{counted(version.train_count, 'pair')} to train on, {counted(version.heldout_count, 'pair')} held out."
    return [*(card.sentences() if card else [counts]), *approval_words(version.risk)]


def difference_of(workspace: Workspace, project: Project, before: DatasetVersion, after: DatasetVersion) -> Difference:
    """Compare the rows of two dataset versions of a project.

    Raises:
        SetupError: a file is gone.
    """
    rights.check(workspace.db, "read documents", project.id)
    return difference(*(_frozen(workspace, project, version) for version in (before, after)))


def planned_difference(workspace: Workspace, project: Project, before: DatasetVersion) -> Difference:
    """Compare a dataset version with what would be frozen now.

    Raises:
        InputError: there are no reviewed pairs, and why.
        SetupError: a file is gone.
    """
    rights.check(workspace.db, "read documents", project.id)
    split = split_dataset(reviewed_pairs(workspace, project), settings_of([before]))
    now_ = Frozen([row_of(pair) for pair in split.train], [row_of(pair) for pair in split.heldout])
    return difference(_frozen(workspace, project, before), now_)


def _frozen(workspace: Workspace, project: Project, version: DatasetVersion) -> Frozen:
    folder = workspace.dataset_folder(project.id, version.id)
    return Frozen(read_rows(folder / TRAIN), read_rows(folder / HELDOUT))


def settings_of(versions: Sequence[DatasetVersion]) -> DatasetSettings:
    """Return the settings of the first of these versions, or the defaults."""
    card = Card.of(versions[0].card) if versions else None
    return DatasetSettings(**card.settings) if card else DatasetSettings()


def row_of(pair: QuestionPair) -> dict[str, Any]:
    """Return a pair as a row: what is trained on, where it comes from, and what it asks for as far as that is known."""
    asked = {name: value for name in ASKED if (value := getattr(pair, name)) is not None}
    return training_row(pair) | {"pair_id": pair.id, "review_id": pair.review_id} | asked


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a frozen dataset file.

    Raises:
        SetupError: the file is gone.
    """
    with rows_file(path) as file:
        return [json.loads(line) for line in file]


def rows_file(path: Path) -> TextIO:
    """Open a frozen dataset file, a row of JSON on each line.

    Raises:
        SetupError: the file is gone.
    """
    if not path.exists():
        raise SetupError(f"The dataset file {path} is gone.", "Restore it from a backup, or train again from the pairs.")
    return path.open(encoding="utf-8")


def content_sha256(folder: Path) -> str:
    """Return the SHA-256 over the files of a dataset version, which tells versions apart.

    It covers the rows of both sides and the texts, with a zero byte between them, and then, if there are any, preferences.

    Raises:
        OSError: a file cannot be read.
    """
    digest = hashlib.sha256()
    hash_file(folder / TRAIN, digest.update)
    for name in (HELDOUT, TEXTS) if (folder / TEXTS).exists() else (HELDOUT,):
        digest.update(b"\0")
        hash_file(folder / name, digest.update)
    if (folder / PREFERENCES).exists():
        digest = hashlib.sha256(digest.hexdigest().encode() + b"\0")
        hash_file(folder / PREFERENCES, digest.update)
    return digest.hexdigest()


def export_version(
    workspace: Workspace, project: Project, version: DatasetVersion, target: Path, *, is_forced: bool = False
) -> None:
    """Write a dataset version to `target`, a zip. Its card begins with what was approved unread, if anything was.

    Raises:
        AccessError: the actor may not take question pairs out of the project.
        InputError: `target` exists and `is_forced` is not set, or its folder does not exist.
        SetupError: a file of the version is gone, or the disk is full.
    """
    rights.check(workspace.db, "export", project.id)
    check_target(target, is_forced=is_forced)
    folder = workspace.dataset_folder(project.id, version.id)
    files = [folder / name for name in (TRAIN, HELDOUT, TEXTS, PREFERENCES) if (folder / name).exists()]
    if not {TRAIN, HELDOUT} <= {path.name for path in files}:
        raise SetupError(
            f"A file of version {version.number} is gone.", "Restore it from a backup, or freeze the pairs again."
        )
    log_version(workspace, "dataset version exported", version)
    with file_atomic(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CARD_TEXT, card_text(project, version))
        for path in files:
            archive.write(path, path.name)


def log_version(workspace: Workspace, action: AuditAction, version: DatasetVersion) -> None:
    """Append to the audit log what was done with a version."""
    audit.append(
        workspace.db,
        action,
        subjects={"project": version.project_id, "dataset": version.id},
        hashes={"dataset": version.sha256},
        counts={"training": version.train_count, "held out": version.heldout_count},
    )


def card_text(project: Project, version: DatasetVersion) -> str:
    """Return the card of a version as a text file holds it."""
    unread = unread_risk(version.risk)
    words = [each for each in card_words(version) if each != unread]
    title = f"{project.name}: dataset version {version.number}, frozen {version.created_at}"
    return "\n".join([*filter(None, (unread,)), title, f"SHA-256 {version.sha256}", "", *words]) + "\n"
