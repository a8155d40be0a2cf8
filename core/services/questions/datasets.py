"""Reviewed question pairs → a frozen dataset version: rows to train on, and some held out for the evaluation."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from core.errors import SetupError
from core.files import write_atomic
from core.questions import split_pairs
from core.questions.exchange.conversations import training_row
from core.records import DatasetVersion, Project, QuestionPair, new_id, now
from core.services.questions.trainable import approvals_of, reviewed_pairs
from core.services.review import risk_of
from core.storage import Workspace, audit, find, insert, rights, transaction


def freeze(workspace: Workspace, project: Project) -> DatasetVersion:
    """Freeze the reviewed pairs as a new dataset version; return the newest version if nothing changed.

    Raises:
        InputError: there are no reviewed pairs, and why.
    """
    rights.check(workspace.db, "train", project.id)
    pairs = reviewed_pairs(workspace, project)
    train_pairs, heldout_pairs = split_pairs(pairs, seed=0)
    files = {"train.jsonl": _rows(train_pairs), "heldout.jsonl": _rows(heldout_pairs)}
    sha256 = hashlib.sha256("\0".join(files.values()).encode()).hexdigest()
    with transaction(workspace.db):  # includes the files, so that no other process is writing a version at the same time
        versions = find(workspace.db, DatasetVersion, project_id=project.id, order="number desc")
        if versions and versions[0].sha256 == sha256:
            return versions[0]
        _remove_unnamed(workspace, project, versions)
        version = DatasetVersion(
            id=new_id("dataset"),
            project_id=project.id,
            number=1 + (versions[0].number if versions else 0),
            sha256=sha256,
            train_count=len(train_pairs),
            heldout_count=len(heldout_pairs),
            risk=risk_of(approvals_of(workspace, pairs)),
            created_at=now(),
        )
        for name, content in files.items():
            write_atomic(workspace.dataset_folder(project.id, version.id) / name, content)
        insert(workspace.db, version)
        audit.append(
            workspace.db,
            "dataset version built",
            subjects={"project": project.id, "dataset": version.id},
            hashes={"dataset": version.sha256},
            counts={"training": version.train_count, "held out": version.heldout_count},
        )
    return version


def _remove_unnamed(workspace: Workspace, project: Project, versions: list[DatasetVersion]) -> None:
    """Delete files of versions without a row, left when the process was killed while storing them."""
    named = {version.id for version in versions}
    folder = workspace.dataset_folder(project.id, "")
    for left in list(folder.iterdir()) if folder.is_dir() else ():
        if left.name not in named:
            shutil.rmtree(left, ignore_errors=True)


def _rows(pairs: list[QuestionPair]) -> str:
    return "".join(
        json.dumps(training_row(pair) | {"pair_id": pair.id, "review_id": pair.review_id}, ensure_ascii=False) + "\n"
        for pair in pairs
    )


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a frozen dataset file.

    Raises:
        SetupError: the file is gone.
    """
    if not path.exists():
        raise SetupError(f"The dataset file {path} is gone.", "Restore it from a backup, or train again from the pairs.")
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
