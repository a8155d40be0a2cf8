"""Question pairs → a frozen dataset version → a run with its adapter.

This module enforces that only reviewed text is trained on: every row comes from a document with a valid approval.
"""

import hashlib
import json
import logging
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import GarrisonError, InputError, SetupError
from core.files import write_atomic
from core.jobs.context import JobContext
from core.models import registry
from core.privacy.review import risk_of
from core.questions import split_pairs
from core.records import DatasetVersion, Document, Model, Passage, Project, QuestionPair, Review, Run, new_id, now
from core.run_folder import RunFolder
from core.services.pair_import import reviewed_pair
from core.settings import TrainingSettings
from core.storage import Workspace, audit, find, get, insert, rights, transaction, update
from core.training import Progress, TrainingResult, train

log = logging.getLogger(__name__)


def check(workspace: Workspace, project_id: str, params: dict[str, Any]) -> None:
    """Check that there are reviewed pairs, that the model can be trained, and that the settings are valid."""
    project = get(workspace.db, Project, project_id)
    find_trainable(workspace, params.get("model", ""))
    TrainingSettings.from_values(params.get("settings", {}))
    reviewed_pairs(workspace, project)


def find_trainable(workspace: Workspace, name: str) -> Model:
    """Return the model called `name`, which must be a language model.

    Raises:
        SetupError: it is not on this machine.
        InputError: it is not a language model.
    """
    model = registry.find_model(registry.model_folders(workspace.home), name)
    if model.format in registry.DETECTION_FORMATS:
        raise InputError(f"{name} is not a language model.", "See: garrison models list")
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


def run(context: JobContext) -> dict[str, Any]:
    """Run a training job. Params: `model`, `settings`. Result: `run_id` and the run's `metrics`."""
    project = get(context.workspace.db, Project, context.job.project_id)
    settings = TrainingSettings.from_values(context.job.params["settings"])
    run = train_run(context, project, model_name=context.job.params["model"], settings=settings)
    return {"run_id": run.id, "metrics": run.metrics}


def train_run(context: JobContext, project: Project, *, model_name: str, settings: TrainingSettings) -> Run:
    """Freeze the pairs and create a run, or continue this job's run, then train it.

    Raises:
        InputError: an approval that the run rests on was withdrawn.
    """
    workspace = context.workspace
    model = find_trainable(workspace, model_name)
    run = _run_of_job(context) or _new_run(context, project, model=model, settings=settings)
    if run.is_finished:
        return run
    folder = workspace.run_folder(project.id, run.id)
    if not RunFolder(folder).record.exists():
        write_atomic(RunFolder(folder).record, json.dumps(asdict(run), indent=1))
    dataset = workspace.dataset_folder(project.id, run.dataset_id)
    approvals = _approvals(dataset)
    _check_approvals(workspace, approvals)

    def report(progress: Progress) -> None:
        _check_approvals(workspace, approvals)
        context.progress(progress.step, progress.steps, unit="steps", message=f"Training run {run.number}")

    result = train(
        Path(model.path),
        model.format,
        train_rows=read_rows(dataset / "train.jsonl"),
        validation_rows=read_rows(dataset / "heldout.jsonl"),
        settings=settings,
        folder=folder,
        cache=workspace.unpacked_folder,
        report=report,
    )
    run = store_trained(workspace, run, result)
    context.progress(1, 1, unit="steps", message=f"Making run {run.number} ready to answer")
    _make_ready(model, run, folder)
    return run


def _make_ready(model: Model, run: Run, folder: Path) -> None:
    """Convert the adapter for the engine now, so that the first question to the run need not wait for it.

    A safetensors base is only converted when it is asked: that is slow and doubles the disk space.
    """
    from core.models.engine.tuned import tuned

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


def _approvals(dataset: Path) -> set[str]:
    """Return the ids of the reviews that the rows of a frozen dataset version rest on."""
    rows = read_rows(dataset / "train.jsonl") + read_rows(dataset / "heldout.jsonl")
    return {row.get("review_id", "") for row in rows}


def _check_approvals(workspace: Workspace, approvals: set[str]) -> None:
    """Raise unless every approval that the frozen rows rest on is still valid; called at the start and after each step.

    Raises:
        InputError: an approval was withdrawn, or its document removed.
    """
    withdrawn = approvals - {review.id for review in find(workspace.db, Review, state="approved")}
    if withdrawn:
        raise InputError(
            f"{len(withdrawn)} of the approvals that this run's question pairs rest on were withdrawn since it began.",
            "Review and approve again, write the questions again, then start a new run.",
        )


def _run_of_job(context: JobContext) -> Run | None:
    """Return the run that an earlier attempt of this job began; None if there is none."""
    ids = context.finished_ids("run")
    return get(context.workspace.db, Run, ids[0]) if ids else None


def _new_run(context: JobContext, project: Project, *, model: Model, settings: TrainingSettings) -> Run:
    workspace = context.workspace
    dataset = freeze(workspace, project)
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
        insert(workspace.db, run)
        context.finish_item(f"run:{run.id}")
    return run


def reviewed_pairs(workspace: Workspace, project: Project) -> list[QuestionPair]:
    """Return the kept pairs from text with a valid approval; imported ones in their approved, anonymized form.

    Raises:
        InputError: there are none, and why.
    """
    kept = find(workspace.db, QuestionPair, project_id=project.id, state="kept", order="created_at, rowid")
    if not kept:
        raise InputError(f"{project.name} has no question pairs.", f"Make some: garrison questions generate {project.name}")
    approved: dict[str, tuple[Review | None, dict[str, Passage]]] = {}
    for document_id in {pair.document_id for pair in kept}:
        review, passages = workspace.approved_passages(get(workspace.db, Document, document_id))
        approved[document_id] = review, {passage.id: passage for passage in passages}
    usable = [pair for given in kept if (pair := reviewed_pair(given, *approved[given.document_id]))]
    if not usable:
        is_approved_again = any(review and pair.review_id for pair in kept for review, _ in [approved[pair.document_id]])
        raise InputError(
            f"None of the {len(kept)} pairs of {project.name} comes from a document whose approval stands.",
            f"It was approved again since they were written; write them again: garrison questions generate {project.name}"
            if is_approved_again
            else f"Review it, then approve: garrison review {project.name} approve DOCUMENT --as NAME",
        )
    return usable


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
            risk=risk_of(get(workspace.db, Review, review_id) for review_id in {pair.review_id for pair in pairs}),
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
        json.dumps(
            {"input": pair.input, "output": pair.output, "pair_id": pair.id, "review_id": pair.review_id}, ensure_ascii=False
        )
        + "\n"
        for pair in pairs
    )


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of a frozen dataset file.

    Raises:
        SetupError: the file is gone.
    """
    if not path.exists():
        raise SetupError(f"The dataset file {path} is gone.", "Restore it from a backup, or train again from the pairs.")
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
