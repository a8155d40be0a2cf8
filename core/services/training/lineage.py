"""Runs that begin with what an earlier run has learned: whether they may, and all that such a run was trained on."""

from collections.abc import Mapping
from typing import Any

from core.errors import Hint, InputError, SetupError
from core.files import sha256_folder
from core.records import Model, Project, Review, Run
from core.run_folder import RunFolder
from core.services.questions.datasets import TEXTS, TRAIN, read_rows
from core.settings import TrainingSettings
from core.storage import Workspace, find, get, rights

INHERITED = ("method", "layers", "lora_rank", "lora_alpha")  # settings that an adapter keeps as long as it is trained
FROM_MODEL = "Begin with the model."


def check_belongs(run: Run, project_id: str) -> None:
    """Raise unless a run is one of this project.

    Raises:
        InputError: it is another project's.
    """
    if run.project_id != project_id:
        raise InputError(
            f"Run {run.id} belongs to another project.",
            Hint("Choose a run of this project.", command="garrison runs PROJECT"),
        )


def lineage(workspace: Workspace, run: Run) -> list[Run]:
    """Return a run, the run that it began with, the one that this began with, and so on.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", run.project_id)
    found = [run]
    while start := found[-1].settings.get("start_run"):
        found.append(get(workspace.db, Run, start))
    return found


def trained_rows(workspace: Workspace, run: Run) -> list[dict[str, Any]]:
    """Return the rows of all dataset versions that a run and those before it were trained on.

    Raises:
        AccessError: the acting person may not read the project's documents.
        SetupError: the rows are gone.
    """
    rights.check(workspace.db, "read documents", run.project_id)
    versions = dict.fromkeys(each.dataset_id for each in lineage(workspace, run))
    return [row for version in versions for row in read_rows(workspace.dataset_folder(run.project_id, version) / TRAIN)]


def approvals_behind(workspace: Workspace, run: Run) -> set[str]:
    """Return the ids of the reviews that rest behind a run: of all rows it and those before it learned, and texts they read.

    Raises:
        AccessError: the acting person may not see the project.
    """
    return {row.get("review_id", "") for each in lineage(workspace, run) for row in _rows_behind(workspace, each)}


def _rows_behind(workspace: Workspace, run: Run) -> list[dict[str, Any]]:
    folder = workspace.dataset_folder(run.project_id, run.dataset_id)
    rows = read_rows(folder / TRAIN)
    if run.settings.get("passage_share") and (folder / TEXTS).exists():
        rows += read_rows(folder / TEXTS)
    return rows


def withdrawn(workspace: Workspace, project_id: str, approvals: set[str]) -> set[str]:
    """Return which of these approvals, of a project, do not stand any more.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project_id)
    return approvals - {review.id for review in find(workspace.db, Review, state="approved")}


def inherited(run: Run) -> dict[str, Any]:
    """Return the settings of a run that begins with `run`: the adapter it takes over keeps its kind, size and layers."""
    defaults = TrainingSettings().model_dump()
    return {"start_run": run.id, **{name: run.settings.get(name, defaults[name]) for name in INHERITED}}


def startable(workspace: Workspace, project: Project, model: Model) -> list[Run]:
    """Return the runs that a training of `model` may begin with, as far as their records tell; the newest first.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
    return [run for run in runs if not _hindrance(run, model)]


def check_start(workspace: Workspace, project_id: str, model: Model, settings: TrainingSettings) -> Run:
    """Return the run that a training of `model` with `settings` begins with, its adapter checked by its hash.

    Raises:
        InputError: it is another project's or has not finished, is not one to begin with, its adapter has other settings, or
            an approval behind it was withdrawn.
        SetupError: its adapter is missing or damaged.
    """
    rights.check(workspace.db, "see project", project_id)
    run = workspace.finished_run(settings.start_run)
    check_belongs(run, project_id)
    if hindrance := _hindrance(run, model):
        raise InputError(hindrance, FROM_MODEL)
    _check_same(run, settings.model_dump())
    if withdrawn(workspace, project_id, approvals_behind(workspace, run)):
        raise InputError(f"Approvals that run {run.number} rests on were withdrawn since it was trained.", FROM_MODEL)
    adapter = RunFolder(workspace.run_folder(project_id, run.id)).adapter
    if not adapter.is_dir() or (run.adapter_sha256 and sha256_folder(adapter) != run.adapter_sha256):
        fault = "is damaged" if adapter.is_dir() else "is gone"
        raise SetupError(f"The adapter of run {run.number} {fault}.", "Restore it from a backup, or begin with the model.")
    return run


def _hindrance(run: Run, model: Model) -> str:
    """Return why no training of `model` can begin with a run, in a sentence; "" if its record tells of nothing."""
    is_same = model.sha256 == run.model_sha256 if run.model_sha256 else model.name == run.model
    if not is_same:
        return f"Run {run.number} was trained on {run.model}, and this is {model.name}: their bytes differ."
    if run.settings.get("method") == "full":
        return f"Run {run.number} has no adapter to go on with: all weights of its model were trained."
    if run.settings.get("canaries"):
        return f"Run {run.number} has learned planted sentences, which a new run would know as well."
    return ""


def _check_same(run: Run, settings: Mapping[str, Any]) -> None:
    differing = [name for name, value in inherited(run).items() if settings[name] != value]
    if differing:
        told = ", ".join(f"{name}={inherited(run)[name]}" for name in differing)
        raise InputError(
            f"An adapter keeps its kind, size and layers, and that of run {run.number} has others.",
            Hint("Leave these settings as they are in that run.", command=f"--set {told.replace(', ', ' --set ')}"),
        )
