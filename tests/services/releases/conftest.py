"""A run whose dataset version, adapter and documents all lie where they should."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.files import sha256_folder, write_atomic
from core.records import Project, Run, now
from core.services.questions.freezing.version import freeze
from core.services.training.runs import find_trainable
from core.storage import Workspace, insert
from tests.learned import LearnedProject


@pytest.fixture
def run(workspace: Workspace, learned: LearnedProject) -> Run:
    """A finished run on a dataset version that was frozen from the pairs of the project."""
    project = learned.project
    workspace.db.execute("delete from runs")
    workspace.db.execute("delete from datasets")
    write_atomic(original(workspace), "\n\n".join(("The winch",)))
    workspace.db.execute("update documents set sha256 = ?", [hash_of(original(workspace))])
    version = freeze(workspace, project)
    base = find_trainable(workspace, "smollm2-135m-instruct")
    folder = workspace.run_folder(project.id, "run-9")
    for name in ("adapter/adapter_config.json", "adapter/adapter_model.safetensors", "template.jinja"):
        write_atomic(folder / name, name)
    made = replace(
        learned.run, id="run-9", dataset_id=version.id, dataset_sha256=version.sha256, model_sha256=base.sha256,
        adapter_sha256=sha256_folder(folder / "adapter"), risk=version.risk, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, made)
    return made


@pytest.fixture
def project(learned: LearnedProject) -> Project:
    return learned.project


def original(workspace: Workspace) -> Path:
    """The file of the one document."""
    return next((workspace.home / "projects").glob("*")) / "documents" / "document-1" / "original"


def hash_of(path: Path) -> str:
    from core.files import sha256_file

    return sha256_file(path)
