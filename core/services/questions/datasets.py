"""Reviewed question pairs → a frozen dataset version: rows to train on, and some held out for the evaluation."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import Hint, InputError, SetupError
from core.files import check_target, file_atomic, write_atomic
from core.questions.dataset import Card, Difference, Frozen, card_of, difference, split_dataset
from core.questions.exchange.conversations import training_row
from core.records import AuditAction, DatasetVersion, Project, QuestionPair, new_id, now
from core.services.questions.trainable import approvals_of, reviewed_pairs
from core.services.questions.writing.texts import trainable_texts
from core.services.review import approval_words, risk_of, unread_risk
from core.settings import DatasetSettings
from core.storage import Workspace, audit, find, insert, rights, transaction
from core.words import counted

TRAIN, HELDOUT = "train.jsonl", "heldout.jsonl"
TEXTS = "texts.jsonl"  # for continued training; only there if there are any
CARD_TEXT = "card.txt"  # in the zip of a version


def freeze(workspace: Workspace, project: Project, settings: DatasetSettings | None = None) -> DatasetVersion:
    """Freeze the reviewed pairs as a new dataset version; return the newest version if nothing changed.

    Without `settings`, those of the newest version hold.

    Raises:
        InputError: there are no reviewed pairs, and why.
    """
    rights.check(workspace.db, "train", project.id)
    pairs = reviewed_pairs(workspace, project)
    versions = versions_of(workspace, project)
    chosen = settings or _settings_of(versions)
    split = split_dataset(pairs, chosen)
    texts = _texts(workspace, project, heldout=split.heldout)
    card = card_of(split, chosen, texts=len(texts))
    files = {TRAIN: _rows(split.train), HELDOUT: _rows(split.heldout)}
    if texts:
        files[TEXTS] = _lines(texts)
    sha256 = hashlib.sha256("\0".join(files.values()).encode()).hexdigest()
    with transaction(workspace.db):  # includes the files, so that no other process is writing a version at the same time
        versions = versions_of(workspace, project)
        if versions and versions[0].sha256 == sha256:
            return versions[0]
        _remove_unnamed(workspace, project, versions)
        version = DatasetVersion(
            id=new_id("dataset"),
            project_id=project.id,
            number=1 + (versions[0].number if versions else 0),
            sha256=sha256,
            train_count=len(split.train),
            heldout_count=len(split.heldout),
            risk=risk_of(approvals_of(workspace, pairs)),
            parents=(versions[0].id,) if versions else (),
            split=split.by,
            card=card.as_json(),
            created_at=now(),
        )
        for name, content in files.items():
            write_atomic(workspace.dataset_folder(project.id, version.id) / name, content)
        insert(workspace.db, version)
        _note(workspace, "dataset version built", version)
    return version


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
    split = split_dataset(reviewed_pairs(workspace, project), _settings_of([before]))
    now_ = Frozen([_row(pair) for pair in split.train], [_row(pair) for pair in split.heldout])
    return difference(_frozen(workspace, project, before), now_)


def _frozen(workspace: Workspace, project: Project, version: DatasetVersion) -> Frozen:
    folder = workspace.dataset_folder(project.id, version.id)
    return Frozen(read_rows(folder / TRAIN), read_rows(folder / HELDOUT))


def _settings_of(versions: Sequence[DatasetVersion]) -> DatasetSettings:
    """Return the settings of the first of these versions, or the defaults."""
    card = Card.of(versions[0].card) if versions else None
    return DatasetSettings(**card.settings) if card else DatasetSettings()


def _remove_unnamed(workspace: Workspace, project: Project, versions: list[DatasetVersion]) -> None:
    """Delete files of versions without a row, left when the process was killed while storing them."""
    named = {version.id for version in versions}
    folder = workspace.dataset_folder(project.id, "")
    for left in list(folder.iterdir()) if folder.is_dir() else ():
        if left.name not in named:
            shutil.rmtree(left, ignore_errors=True)


def _texts(workspace: Workspace, project: Project, *, heldout: Sequence[QuestionPair]) -> list[dict[str, Any]]:
    """Return the texts for continued training as rows, without those about passages that are held out."""
    passages = {pair.passage_id for pair in heldout}
    return [
        {"text": text.text, "way": text.way, "text_id": text.id, "review_id": text.review_id}
        for text in trainable_texts(workspace, project)
        if text.passage_id not in passages
    ]


def _rows(pairs: Sequence[QuestionPair]) -> str:
    return _lines(_row(pair) for pair in pairs)


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _row(pair: QuestionPair) -> dict[str, Any]:
    """Return a pair as a row: what is trained on, where it comes from, and what it asks for as far as that is known."""
    asked = {name: value for name in ("kind", "wording", "fact") if (value := getattr(pair, name)) is not None}
    return training_row(pair) | {"pair_id": pair.id, "review_id": pair.review_id} | asked


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a frozen dataset file.

    Raises:
        SetupError: the file is gone.
    """
    if not path.exists():
        raise SetupError(f"The dataset file {path} is gone.", "Restore it from a backup, or train again from the pairs.")
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


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
    files = [folder / name for name in (TRAIN, HELDOUT, TEXTS) if (folder / name).exists()]
    if not {TRAIN, HELDOUT} <= {path.name for path in files}:
        raise SetupError(
            f"A file of version {version.number} is gone.", "Restore it from a backup, or freeze the pairs again."
        )
    _note(workspace, "dataset version exported", version)
    with file_atomic(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CARD_TEXT, card_text(project, version))
        for path in files:
            archive.write(path, path.name)


def _note(workspace: Workspace, action: AuditAction, version: DatasetVersion) -> None:
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
