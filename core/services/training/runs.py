"""A dataset version → a run with its adapter. The approvals behind the dataset must stand while it trains."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core.errors import GarrisonError, Hint, InputError
from core.evaluation.leaks import canaries
from core.files import write_atomic
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.models import registry
from core.models.intake.accounts import OTHER_FORM
from core.models.model_formats import is_for
from core.records import DatasetVersion, Model, Project, Review, Run, new_id, now
from core.run_folder import RunFolder
from core.services.questions.datasets import HELDOUT, TRAIN, read_rows
from core.services.questions.freezing.preferences import preferences_in, preferences_of
from core.services.questions.freezing.version import Stage, freeze
from core.services.questions.trainable import check_reviewed
from core.services.review import risk_of
from core.services.training.lineage import approvals_behind, check_belongs, check_start, withdrawn
from core.services.training.reading import texts_to_read
from core.settings import TrainingSettings
from core.storage import Workspace, audit, find, find_all, get, insert, rights, transaction, update
from core.training import Progress, TrainingResult, train
from core.training.speeds import measured_once

log = logging.getLogger(__name__)


class Params(JobParams):
    """The model to start from, and how to train it: on the pairs as they are now, or on a dataset version from before."""

    kind = "train"
    model: str
    settings: TrainingSettings
    dataset_id: str = ""


class Result(JobResult):
    """The run that was trained, and its metrics."""

    kind = "train"
    run_id: str
    metrics: dict[str, Any]


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there are reviewed pairs, and that the model can be trained."""
    project = get(workspace.db, Project, project_id)
    model = find_trainable(workspace, params.model)
    if params.settings.start_run:
        check_start(workspace, project.id, model, params.settings)
    version = version_of(workspace, project, params.dataset_id) if params.dataset_id else None
    if not version:
        check_reviewed(workspace, project)
    if params.settings.objective == "dpo":
        _check_any(preferences_in(workspace, version) if version else preferences_of(workspace, project))


def version_of(workspace: Workspace, project: Project, dataset_id: str) -> DatasetVersion:
    """Return a dataset version of a project.

    Raises:
        InputError: it is another project's, or there is none.
    """
    rights.check(workspace.db, "see project", project.id)
    version = get(workspace.db, DatasetVersion, dataset_id)
    if version.project_id != project.id:
        raise InputError(f"Dataset version {dataset_id} belongs to another project.", "Choose one of this project.")
    return version


def repeated(workspace: Workspace, project: Project, run_id: str, changes: Mapping[str, Any]) -> Params:
    """Return what a run was started with, to train once more on the same dataset version, with changed settings if any.

    Raises:
        InputError: there is no such run in the project, or a changed setting is unknown or out of range.
    """
    rights.check(workspace.db, "see project", project.id)
    run = get(workspace.db, Run, run_id)
    check_belongs(run, project.id)
    settings = TrainingSettings.from_values({**run.settings, **changes})
    return Params(model=run.model, settings=settings.in_full(), dataset_id=run.dataset_id)


def find_trainable(workspace: Workspace, name: str) -> Model:
    """Return the model called `name`, which must be a language model.

    Raises:
        SetupError: it is not on this machine.
        InputError: it is not a language model, or one that cannot be trained.
    """
    model = registry.find_model(registry.model_folders(workspace.home), name)
    if model.training_fault:
        raise InputError(f"{name} cannot be trained. {model.training_fault}", OTHER_FORM)
    if not is_for(model, "training"):
        raise InputError(
            f"{name} is not a language model.", Hint("Choose one of the language models.", command="garrison models list")
        )
    return model


def base_of(workspace: Workspace, run: Run) -> Model:
    """Return the model that a run was trained on.

    Raises:
        SetupError: it is not on this machine.
        InputError: another model has that name now.
    """
    model = find_trainable(workspace, run.model)
    if run.model_sha256 and model.sha256 != run.model_sha256:
        raise InputError(
            f"{run.model} is not the model that run {run.number} was trained on: its SHA-256 differs.",
            f"Remove it and add the one with SHA-256 {run.model_sha256[:16]}… under this name, or train again.",
        )
    return model


def run(context: JobContext, params: Params) -> Result:
    """Run a training job."""
    project = context.project()
    run = train_run(context, project, model_name=params.model, settings=params.settings, dataset_id=params.dataset_id)
    return Result(run_id=run.id, metrics=run.metrics)


def train_run(
    context: JobContext, project: Project, *, model_name: str, settings: TrainingSettings, dataset_id: str = ""
) -> Run:
    """Freeze the pairs, or take a version from before, and create a run, or continue this job's run, then train it.

    Raises:
        InputError: an approval that the run rests on was withdrawn.
    """
    workspace = context.workspace
    model = find_trainable(workspace, model_name)
    run = _run_of_job(context) or _new_run(context, project, model=model, settings=settings, dataset_id=dataset_id)
    if run.is_finished:
        return run
    folder = workspace.run_folder(project.id, run.id)
    if not RunFolder(folder).record.exists():
        write_atomic(RunFolder(folder).record, json.dumps(asdict(run) | {"adapter_sha256": ""}, indent=1))
    start = check_start(workspace, project.id, model, settings) if settings.start_run else None
    dataset = workspace.dataset_folder(project.id, run.dataset_id)
    approvals = approvals_behind(workspace, run) | {row.get("review_id", "") for row in read_rows(dataset / HELDOUT)}
    check_approvals(workspace, project.id, approvals)

    def report(progress: Progress) -> None:
        check_approvals(workspace, project.id, approvals)
        context.progress(progress.step, progress.steps, unit="steps", message=f"Training run {run.number}")

    context.progress(0, 1, message="Loading the model")
    measured_once(workspace.speeds_path)
    rows = read_rows(dataset / TRAIN)
    preferences = preferences_in(workspace, get(workspace.db, DatasetVersion, run.dataset_id))
    if settings.objective == "dpo":
        _check_any(preferences)
    result = train(
        Path(model.path),
        model.format,
        train_rows=[*rows, *planted_rows(run)],
        preferences=preferences if settings.objective == "dpo" else (),
        passages=texts_to_read(workspace, project.id, dataset, rows) if settings.passage_share else (),
        validation_rows=read_rows(dataset / HELDOUT),
        settings=settings,
        folder=folder,
        start=RunFolder(workspace.run_folder(project.id, start.id)).adapter if start else None,
        cache=workspace.unpacked_folder,
        report=report,
    )
    run = store_trained(workspace, run, result)
    context.progress(1, 1, unit="steps", message=f"Making run {run.number} ready to answer")
    _make_ready(model, run, folder)
    return run


def _check_any(preferences: Sequence[Mapping[str, Any]]) -> None:
    """Raise unless there are answers that reviewers preferred to others.

    Raises:
        InputError: there are none.
    """
    if not preferences:
        raise InputError(
            "There is no answer that a reviewer preferred to another one.",
            "Mend answers that are not good enough on the page Questions; they are then preferred to what they were.",
        )


def planted_rows(run: Run) -> list[dict[str, Any]]:
    """Return the made-up rows that a run is trained on besides its dataset; none unless its settings ask for some."""
    return [dict(canary.row()) for canary in canaries(run.settings.get("canaries", 0), seed=run.id)]


def _make_ready(model: Model, run: Run, folder: Path) -> None:
    """Convert an adapter for the engine now, so that the first question to the run need not wait for it.

    A safetensors base is only converted when it is asked: that is slow and doubles the disk space.
    """
    from core.models.engine.tuned import tuned

    if RunFolder(folder).is_whole:  # a model of its own, which is converted like a safetensors base
        return
    try:
        tuned(
            Path(model.path),
            model.format,
            folder=folder,
            template=RunFolder(folder).read_template(),
            precision=run.settings["precision"],
            cache=None,
        )
    except GarrisonError as error:  # the run itself is complete; opening it reports the error
        log.warning("%s: the adapter was not converted (%s).", run.id, type(error).__name__)


def store_trained(workspace: Workspace, run: Run, result: TrainingResult) -> Run:
    """Store the result of a training and mark the run as finished."""
    rights.check(workspace.db, "train", run.project_id)
    with transaction(workspace.db):
        update(workspace.db, Run, run.id, is_finished=True, adapter_sha256=result.adapter_sha256, metrics=result.metrics)
        audit.append(
            workspace.db,
            "run trained",
            subjects={"project": run.project_id, "run": run.id, "dataset": run.dataset_id},
            hashes={"dataset": run.dataset_sha256, "model": run.model_sha256, "adapter": result.adapter_sha256},
        )
    return get(workspace.db, Run, run.id)


def check_approvals(workspace: Workspace, project_id: str, approvals: set[str]) -> None:
    """Raise unless every approval that the frozen rows rest on is still valid; called at the start and after each step.

    Raises:
        InputError: an approval was withdrawn, or its document removed.
        AccessError: the acting person may not see the project.
    """
    if gone := withdrawn(workspace, project_id, approvals):
        raise InputError(
            f"{len(gone)} of the approvals that this run's question pairs rest on were withdrawn since it began.",
            "Review and approve again, write the questions again, then start a new run.",
        )


def _run_of_job(context: JobContext) -> Run | None:
    """Return the run that an earlier attempt of this job began; None if there is none."""
    ids = context.finished_ids("run")
    return get(context.workspace.db, Run, ids[0]) if ids else None


def _new_run(
    context: JobContext, project: Project, *, model: Model, settings: TrainingSettings, dataset_id: str = ""
) -> Run:
    workspace = context.workspace

    def report(stage: Stage, _done: int, _total: int) -> None:  # how much of the training that is cannot be told yet
        context.progress(0, 1, message=stage.words)

    dataset = version_of(workspace, project, dataset_id) if dataset_id else freeze(workspace, project, report=report)
    with transaction(workspace.db):
        number = 1 + max((run.number for run in find(workspace.db, Run, project_id=project.id)), default=0)
        run = Run(
            id=new_id("run"),
            project_id=project.id,
            number=number,
            dataset_id=dataset.id,
            dataset_sha256=dataset.sha256,
            model=model.name,
            model_sha256=model.sha256,
            settings=settings.model_dump(),
            risk=dataset.risk,
            created_at=now(),
        )
        run = replace(run, risk=_risk(workspace, run))
        insert(workspace.db, run)
        context.finish_item(f"run:{run.id}")
    return run


def _risk(workspace: Workspace, run: Run) -> dict[str, Any]:
    """Return what is known of the approvals behind a run: those of its dataset version, and of the runs before it."""
    if not run.settings.get("start_run"):
        return run.risk
    return risk_of(find_all(workspace.db, Review, approvals_behind(workspace, run)))
