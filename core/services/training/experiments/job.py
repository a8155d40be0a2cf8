"""A choice of models and settings → one frozen dataset version, and the queued jobs of an experiment.

The trainings and evaluations are ordinary jobs, all queued in one transaction: they run one after the other in whichever
process is there, and the end of one, however it ends, lets the next begin.
"""

from typing import Any

from core import jobs
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import DatasetVersion, Experiment, Project, Variant, new_id, now
from core.services.questions.freezing.version import Stage, freeze
from core.services.training import evaluation, runs
from core.services.training.experiments.plan import Plan, check_distinct
from core.settings import Settings, TrainingSettings
from core.storage import Workspace, find, get, insert, transaction


class VariantParams(Settings):
    """One training: its model, its settings, and those in which it differs from the others."""

    model: str
    settings: TrainingSettings
    varied: dict[str, Any] = {}


class Params(JobParams):
    """The trainings to queue, for which goal, and on which dataset version ("" for the pairs as they are now)."""

    kind = "experiment"
    goal: str
    variants: tuple[VariantParams, ...]
    dataset_id: str = ""


class Result(JobResult):
    """The experiment whose jobs are queued."""

    kind = "experiment"
    experiment_id: str
    number: int


def params_of(plan: Plan, *, dataset_id: str = "") -> Params:
    """Return what to start so that what was planned is done."""
    variants = tuple(
        VariantParams(model=each.model, settings=each.derived.settings.in_full(), varied=dict(each.varied))
        for each in plan.variants
    )
    return Params(goal=plan.goal, variants=variants, dataset_id=dataset_id)


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there are several trainings, each of which could be started, and pairs to train on."""
    get(workspace.db, Project, project_id)
    check_distinct([(each.model, each.settings) for each in params.variants])
    for each in params.variants:
        training = runs.Params(model=each.model, settings=each.settings, dataset_id=params.dataset_id)
        runs.check(workspace, project_id, training)


def run(context: JobContext, params: Params) -> Result:
    """Run an experiment job; an attempt that was killed after it had queued everything tells of that."""
    if stored := context.finished_ids("experiment"):
        experiment = get(context.workspace.db, Experiment, stored[0])
    else:
        experiment = _queued(context, params, _dataset(context, params.dataset_id))
    return Result(experiment_id=experiment.id, number=experiment.number)


def _dataset(context: JobContext, dataset_id: str) -> DatasetVersion:
    workspace, project = context.workspace, context.project()

    def report(stage: Stage, done: int, total: int) -> None:
        context.progress(stage.percent(done, total), 100, unit="%", message=stage.words)

    return runs.version_of(workspace, project, dataset_id) if dataset_id else freeze(workspace, project, report=report)


def _queued(context: JobContext, params: Params, dataset: DatasetVersion) -> Experiment:
    """Queue a training and an evaluation for each variant and store the experiment, all or nothing."""
    workspace, project = context.workspace, context.project()
    with transaction(workspace.db):
        others = find(workspace.db, Experiment, project_id=project.id)
        experiment = Experiment(
            id=new_id("experiment"),
            project_id=project.id,
            number=1 + max((other.number for other in others), default=0),
            dataset_id=dataset.id,
            dataset_sha256=dataset.sha256,
            goal=params.goal,
            variants=tuple(_queued_variant(workspace, project, each, dataset) for each in params.variants),
            created_at=now(),
        )
        insert(workspace.db, experiment)
        context.finish_item(f"experiment:{experiment.id}")
    return experiment


def _queued_variant(workspace: Workspace, project: Project, each: VariantParams, dataset: DatasetVersion) -> Variant:
    training = runs.Params(model=each.model, settings=each.settings, dataset_id=dataset.id)
    train = jobs.enqueue(workspace, training, project_id=project.id)
    evaluate = jobs.enqueue(workspace, evaluation.Params(train_job_id=train.id), project_id=project.id)
    return Variant(
        model=each.model,
        settings=each.settings.model_dump(),
        varied=each.varied,
        train_job_id=train.id,
        evaluate_job_id=evaluate.id,
    )
