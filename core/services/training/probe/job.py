"""Three real steps before a training: whether it fits this machine as it is now, and how long it takes."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import psutil

from core.errors import InputError
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.models.intake.facts import facts_of
from core.records import Job, Project
from core.services.questions.datasets import row_of
from core.services.questions.trainable import check_reviewed, longest_reviewed, trainable_amount
from core.services.training.runs import find_trainable
from core.settings import TrainingSettings
from core.storage import Workspace, find, get, rights
from core.training.fit import UNSURE, fitting_changes
from core.training.goals import Situation
from core.training.probe import STEPS, Probe, probe
from core.words import size

Answer = Literal["fits", "fits with changes", "does not fit"]
LONGER = 4  # times as many pairs as a step takes: the longest by characters hold the longest by tokens
FREE_SHARE = 0.95  # of the free memory that a training may take


class Params(JobParams):
    """The model to start from, and the settings of the training."""

    kind = "probe training"
    model: str
    settings: TrainingSettings


class Result(JobResult):
    """Whether it fits, what the steps took, and the settings to change so that it does.

    Memory is the most that was held or, where the steps were not taken or broke off for lack of it, the estimate.
    """

    kind = "probe training"
    answer: Answer
    memory_bytes: float
    free_memory_bytes: float
    changes: dict[str, Any]
    seconds_per_step: float | None = None  # None if the steps were not taken
    tokens_per_s: float | None = None

    @property
    def verdict(self) -> str:
        """What was found, in words."""
        needs = f"{size(self.memory_bytes)} of {size(self.free_memory_bytes)} free memory"
        if self.answer == "fits":
            return f"It fits: three steps with the longest pairs took {needs} and {self.seconds_per_step:.1f} seconds each."
        if self.answer == "fits with changes":
            return f"It fits with changes: as it is, it needs {needs}."
        return f"It does not fit: it needs {needs}. Choose a smaller model, or close other programs."


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there are reviewed pairs, and that the model can be trained."""
    check_reviewed(workspace, get(workspace.db, Project, project_id))
    find_trainable(workspace, params.model)
    if params.settings.weights == "divided":
        raise InputError(
            "Three steps cannot be tried with weights that are divided.",
            "Start the training: it tries its longest step first, and says at once if memory is short.",
        )


def run(context: JobContext, params: Params) -> Result:
    """Take the steps, unless the estimate says that they would take far more memory than there is."""
    from core.models.torch_setup import OutOfMemory

    workspace, project = context.workspace, context.project()
    model, settings = find_trainable(workspace, params.model), params.settings
    facts = facts_of(model)
    free_bytes = psutil.virtual_memory().available + psutil.Process().memory_info().rss  # what this process holds, too
    situation = Situation(
        model=model,
        amount=trainable_amount(workspace, project),
        expert_weights=facts.expert_parameters if facts else 0,
        tokens_per_s=0.0,  # only memory is asked for
        free_memory_bytes=free_bytes,
        free_disk_bytes=shutil.disk_usage(workspace.home).free,
    )
    if situation.fit(settings).memory_bytes > (1 + UNSURE) * free_bytes:
        return _without_steps(situation, settings)
    context.progress(0, STEPS, unit="steps", message="Loading the model")
    count = LONGER * settings.batch_size * settings.gradient_accumulation
    try:
        taken = probe(
            Path(model.path),
            model.format,
            rows=[row_of(pair) for pair in longest_reviewed(workspace, project, count)],
            settings=settings,
            cache=workspace.unpacked_folder,
            report=lambda step: context.progress(
                step, STEPS, unit="steps", message="Taking the steps with the longest pairs"
            ),
        )
    except OutOfMemory:
        return _without_steps(situation, settings)
    return _measured(taken, situation, settings)


def _measured(taken: Probe, situation: Situation, settings: TrainingSettings) -> Result:
    """Return what the steps say: they ran, so it fits, but for a margin that other programs may need."""
    is_enough = taken.peak_memory_bytes <= FREE_SHARE * situation.free_memory_bytes
    changes = {} if is_enough else fitting_changes(settings, situation.fit) or {}
    return Result(
        answer="fits" if is_enough else "fits with changes" if changes else "does not fit",
        memory_bytes=taken.peak_memory_bytes,
        free_memory_bytes=situation.free_memory_bytes,
        changes=changes,
        seconds_per_step=taken.seconds_per_step,
        tokens_per_s=taken.tokens_per_s,
    )


def _without_steps(situation: Situation, settings: TrainingSettings) -> Result:
    changes = fitting_changes(settings, situation.fit)
    return Result(
        answer="fits with changes" if changes else "does not fit",
        memory_bytes=situation.fit(settings).memory_bytes,
        free_memory_bytes=situation.free_memory_bytes,
        changes=changes or {},
    )


def last_probe(workspace: Workspace, project: Project, model: str, settings: TrainingSettings) -> Result | None:
    """Return what the newest probe of this model found with these settings; None if there was none.

    How long a training is makes no difference to a step, so that `goal` and `epochs` need not be the same.
    """
    rights.check(workspace.db, "see project", project.id)
    for job, params in _probes(workspace, project, model):
        if _of_a_step(params.settings) == _of_a_step(settings):
            return Result.find(job)
    return None


def probed_speed(workspace: Workspace, project: Project, model: str) -> tuple[str, float]:
    """Return when a probe of this model last measured its speed, and the tokens per second; `("", 0.0)` if none did."""
    rights.check(workspace.db, "see project", project.id)
    for job, _ in _probes(workspace, project, model):
        result = Result.find(job)
        if result and result.tokens_per_s:
            return job.created_at, result.tokens_per_s
    return "", 0.0


def _probes(workspace: Workspace, project: Project, model: str) -> Iterator[tuple[Job, Params]]:
    """Yield the finished probes of a model, the newest first."""
    for job in find(workspace.db, Job, project_id=project.id, kind=Params.kind, state="done", order="created_at desc"):
        params = Params.from_values(job.params)
        if params.model == model:
            yield job, params


def _of_a_step(settings: TrainingSettings) -> dict[str, Any]:
    return settings.model_dump(exclude={"goal", "epochs", "max_steps", "learning_rate", "checkpoint_steps", "seed"})
