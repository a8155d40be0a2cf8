"""A dataset version and a goal's settings → trials of other settings, each a short training, and the best of them."""

import logging
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from core.errors import GarrisonError, InputError, JobCancelled, ModelError
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import DatasetVersion, Model, Project
from core.run_folder import RunFolder
from core.services.questions.datasets import HELDOUT, TEXTS, TRAIN, read_rows
from core.services.questions.freezing.version import Stage, freeze
from core.services.questions.trainable import check_reviewed, trainable_amount
from core.services.training.fit import settings_here
from core.services.training.reading import texts_to_read
from core.services.training.runs import check_approvals, find_trainable, version_of
from core.services.training.search.measuring import Parted, parted
from core.services.training.search.progress import STUDY_FILE, SearchProgress
from core.settings import TrainingSettings
from core.storage import Workspace, get
from core.training import Progress, train
from core.training.search import Search, Space, Trial
from core.training.speeds import measured_once

log = logging.getLogger(__name__)
# Whatever the settings are for: nobody reads the sample answers of a trial, and its adapter is thrown away.
IN_TRIALS: Mapping[str, Any] = {"sample_questions": 0, "canaries": 0, "keep": "last"}


class Params(JobParams):
    """What to train in each trial, and how long the search may take; it ends with whichever of both comes first.

    `settings` are those that the goal derives for the time of one trial. `full_epochs` are those of the training that the
    settings are looked for; where trials are shorter, repetitions are not varied.
    """

    kind = "search"
    model: str
    settings: TrainingSettings
    full_epochs: float = Field(gt=0, le=100)
    minutes: float = Field(default=30, gt=0)
    trials: int = Field(default=10, ge=2, le=500)
    seed: int = 0
    dataset_id: str = ""


class Result(JobResult):
    """How many trials there were, and what the best of them chose; `best` is {} if none came to its end."""

    kind = "search"
    trials: int
    best: dict[str, Any]
    loss: float | None


class _EndTrial(Exception):
    """Ends the training of a trial; the search goes on."""


def params_here(
    workspace: Workspace,
    project: Project,
    model: Model,
    *,
    goal: str,
    minutes: float,
    trials: int,
    seed: int = 0,
    changes: Mapping[str, Any] | None = None,
) -> Params:
    """Return what to start a search for a goal with: trials that fit the time together.

    Raises:
        AccessError: the acting person may not see the project.
        InputError: the goal or a changed setting is unknown, a value is out of range, or there are no reviewed pairs.
    """
    check_reviewed(workspace, project)
    amount = trainable_amount(workspace, project)
    each = minutes / max(1, trials)
    full, short = (
        settings_here(workspace, project, model, amount=amount, goal=goal, minutes=allowed, changes=changes).settings
        for allowed in (None, each)
    )
    values = {"model": model.name, "settings": short.model_dump(), "full_epochs": full.epochs}
    return Params.from_values({**values, "minutes": minutes, "trials": trials, "seed": seed})


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there are reviewed pairs, and that the model can be trained."""
    project = get(workspace.db, Project, project_id)
    find_trainable(workspace, params.model)
    settings = params.settings
    if settings.start_run or settings.method == "full" or settings.objective != "answers":
        raise InputError(
            "A search tries adapters that begin with the model and learn answers.",
            "Leave start_run, method full and objective dpo out.",
        )
    if params.dataset_id:
        version_of(workspace, project, params.dataset_id)
    else:
        check_reviewed(workspace, project)


def run(context: JobContext, params: Params) -> Result:
    """Run a search job; one that was killed goes on with the trial that it was at."""
    work = _Work(context, params)
    try:
        while work.may_try():
            work.take_trial()
        progress = work.finished()
    finally:
        work.search.close()
    best = progress.best
    failed = next((trial for trial in progress.trials if trial.state == "failed"), None)
    if best is None and failed is not None:
        raise ModelError(f"No trial could be trained: {failed.error}", "Choose a smaller model, or another goal.")
    return Result(trials=len(progress.trials), best=dict(best.chosen) if best else {}, loss=best.loss if best else None)


class _Work:
    """A search at work: its rows, its file, and the time that is left."""

    def __init__(self, context: JobContext, params: Params) -> None:
        workspace, project = context.workspace, context.project()
        self.context, self.params, self.workspace, self.project = context, params, workspace, project
        self.model = find_trainable(workspace, params.model)
        self.folder = workspace.search_folder(project.id, context.job.id)
        self.dataset = workspace.dataset_folder(project.id, _dataset(context, params.dataset_id).id)
        self.rows = self._rows()
        self.passages = texts_to_read(workspace, project.id, self.dataset, self.rows.learned)
        self.approvals = _approvals(self.dataset)
        check_approvals(workspace, project.id, self.approvals)
        measured_once(workspace.speeds_path)
        space = Space(
            base=params.settings,
            has_texts=bool(self.passages),
            varies_epochs=params.settings.epochs >= params.full_epochs and not params.settings.max_steps,
        )
        self.search = Search(self.folder / STUDY_FILE, space, seed=params.seed)

    def _rows(self) -> Parted:
        train_rows, heldout = read_rows(self.dataset / TRAIN), read_rows(self.dataset / HELDOUT)
        return parted(train_rows, heldout, is_style=self.params.settings.goal == "style", seed=self.params.seed)

    def told(self) -> SearchProgress:
        """Return what was found so far."""
        return SearchProgress(
            model=self.model.name,
            base=self.params.settings,
            full_epochs=self.params.full_epochs,
            by=self.rows.by,
            trials=tuple(self.search.trials()),
        )

    def finished(self) -> SearchProgress:
        """Store and return what was found, and remove what killed attempts left of trials."""
        progress = self.told()
        progress.write(self.folder)
        for left in self.folder.glob("trial-*"):
            shutil.rmtree(left, ignore_errors=True)
        return progress

    def spent_s(self) -> float:
        """Return how long the trials took that have ended."""
        return sum(trial.seconds for trial in self.search.trials())

    def may_try(self) -> bool:
        """Return whether a trial was interrupted, or another may begin: one of usual length must fit into the time."""
        trials = self.search.trials()
        ended = [trial.seconds for trial in trials if trial.state != "running"]
        if len(ended) < len(trials) or not ended:
            return True
        usual_s = sum(ended) / len(ended)
        return len(ended) < self.params.trials and self.spent_s() + usual_s <= 60 * self.params.minutes

    def take_trial(self) -> None:
        """Train with the next settings, and store what came of it."""
        trial = self.search.next()
        self.told().write(self.folder)
        started_s = time.monotonic()
        folder = self.folder / f"trial-{trial.number}"
        try:
            loss = self._loss(trial, folder, spent_s=self.spent_s())
            trial.finish(loss, seconds=time.monotonic() - started_s)
        except _EndTrial:
            trial.end_early(seconds=time.monotonic() - started_s)
        except JobCancelled:
            raise
        except GarrisonError as error:
            check_approvals(self.workspace, self.project.id, self.approvals)  # else every other trial ends so, too
            log.warning("Trial %d ended with %s.", trial.number, type(error).__name__)
            trial.fail(error.message, seconds=time.monotonic() - started_s)
        self.told().write(self.folder)
        shutil.rmtree(folder, ignore_errors=True)

    def _loss(self, trial: Trial, folder: Path, *, spent_s: float) -> float:
        """Train in `folder`, going on with an interrupted training in it; return the error that it ends with.

        Raises:
            _EndTrial: it is behind the others, or time is over; never the first, so that there is a result.
            ModelError: no row could be measured.
        """
        started_s, budget_s = time.monotonic(), 60 * self.params.minutes
        settings = trial.settings.model_copy(update=IN_TRIALS)
        kept = RunFolder(folder).settings
        if kept.exists() and kept.read_text(encoding="utf-8") != settings.model_dump_json(indent=1):
            shutil.rmtree(folder)  # interrupted in a version with other settings, so it cannot be gone on with

        def report(progress: Progress) -> None:
            check_approvals(self.workspace, self.project.id, self.approvals)
            share = progress.step / progress.steps
            used_s = spent_s + time.monotonic() - started_s
            done = max(used_s / budget_s, (trial.number - 1 + share) / self.params.trials)
            message = f"Trial {trial.number} of at most {self.params.trials}"
            self.context.progress(min(99.0, 100 * done), 100, unit="%", message=message)
            is_late = trial.number > 1 and used_s > budget_s
            loss = progress.validation_loss
            if is_late or (loss is not None and trial.is_behind(loss, step=progress.step, steps=progress.steps)):
                raise _EndTrial

        result = train(
            Path(self.model.path),
            self.model.format,
            train_rows=self.rows.learned,
            validation_rows=self.rows.measured,
            passages=self.passages if trial.settings.passage_share else (),
            settings=settings,
            folder=folder,
            cache=self.workspace.unpacked_folder,
            report=report,
        )
        loss = result.metrics["validation_loss"]
        if loss is None:
            raise ModelError("No question to measure by fits the model.", "Choose a model that reads more.")
        return float(loss)


def _approvals(dataset: Path) -> set[str]:
    """Return the ids of the reviews that rest behind a dataset version, and behind its texts, which some trials read."""
    files = [dataset / name for name in (TRAIN, HELDOUT, TEXTS) if (dataset / name).exists()]
    return {row.get("review_id", "") for file in files for row in read_rows(file)}


def _dataset(context: JobContext, dataset_id: str) -> DatasetVersion:
    """Return the dataset version of this search, the same in every attempt."""
    workspace, project = context.workspace, context.project()

    def report(stage: Stage, _done: int, _total: int) -> None:  # how much of the search that is cannot be told yet
        context.progress(0, 1, message=stage.words)

    begun = context.finished_ids("dataset")
    if begun or dataset_id:
        return version_of(workspace, project, begun[0] if begun else dataset_id)
    version = freeze(workspace, project, report=report)
    context.finish_item(f"dataset:{version.id}")
    return version
