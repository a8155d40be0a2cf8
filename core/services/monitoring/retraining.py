"""Build the next dataset version and train on it as before: the jobs are queued at once, and each goes on after a crash.

The settings are those of the model in use (of the newest run, if none is), the questions those of its last evaluation. The
new run takes its place if it is not worse (`replacing`). An attempt that was killed after it had queued everything tells of
that.
"""

from dataclasses import dataclass
from typing import Literal

from core import jobs
from core.errors import Hint, InputError
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import DatasetVersion, Evaluation, Job, Project, Run
from core.services.monitoring import replacing
from core.services.monitoring.in_use import model_in_use
from core.services.questions.freezing.version import Stage, freeze
from core.services.questions.trainable import check_reviewed
from core.services.training import evaluation, runs
from core.settings import TrainingSettings
from core.storage import Workspace, count, find, get, rights, transaction

State = Literal["freezing", "waiting", "training", "comparing", "done", "failed", "cancelled"]
STATE_WORDS: dict[State, str] = {
    "freezing": "building the next version",
    "waiting": "waiting for its turn",
    "training": "training",
    "comparing": "being compared",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")


class Params(JobParams):
    """Nothing is to be chosen."""

    kind = "retrain"


class Result(JobResult):
    """The dataset version that was frozen, and the jobs that are queued."""

    kind = "retrain"
    dataset_id: str
    number: int
    train_job_id: str
    evaluate_job_id: str
    replace_job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """How far the last retraining of a project is; `run` and `outcome` are None until there are any."""

    job: Job  # the one that it began with
    state: State
    error: str = ""
    run: Run | None = None
    outcome: replacing.Result | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether it has not ended."""
        return self.state not in ENDED


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there is a run to repeat, and that there are pairs to train on."""
    project = get(workspace.db, Project, project_id)
    before = repeated_run(workspace, project)
    check_reviewed(workspace, project)
    if not _is_evaluated(workspace, before):
        evaluation.check(workspace, project.id, evaluation.Params(run_id=before.id))


def repeated_run(workspace: Workspace, project: Project) -> Run:
    """Return the run whose settings the next training has: the model in use, else the newest finished run.

    Raises:
        InputError: no run has finished yet.
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    if used := model_in_use(workspace, project):
        return get(workspace.db, Run, used.run_id)
    finished = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
    if not finished:
        raise InputError(
            f"No run of {project.name} has finished yet.",
            Hint("Train a model first.", command=f"garrison train {project.name}"),
        )
    return finished[0]


def run(context: JobContext, params: Params) -> Result:
    """Run a retraining job."""
    if stored := context.finished_ids("queued"):
        dataset_id, *queued = stored[0].split()
        version = get(context.workspace.db, DatasetVersion, dataset_id)
    else:
        version, queued = _queued(context, repeated_run(context.workspace, context.project()))
    return Result(
        dataset_id=version.id,
        number=version.number,
        train_job_id=queued[0],
        evaluate_job_id=queued[1],
        replace_job_id=queued[2],
    )


def _queued(context: JobContext, before: Run) -> tuple[DatasetVersion, list[str]]:
    """Freeze the next version and queue what follows, all or nothing.

    Raises:
        InputError: the pairs are those that the run to repeat was trained on.
    """
    workspace, project = context.workspace, context.project()

    def report(stage: Stage, done: int, total: int) -> None:
        context.progress(stage.percent(done, total), 100, unit="%", message=stage.words)

    version = freeze(workspace, project, report=report)
    if version.id == before.dataset_id:
        raise InputError(
            f"The question pairs are still those that run {before.number} was trained on.",
            "Write or mend question pairs first, or train with other settings on the page Train.",
        )
    context.progress(100, 100, unit="%", message="Queueing the training")
    with transaction(workspace.db):
        if not _is_evaluated(workspace, before):  # so that there is something to compare with
            jobs.enqueue(workspace, evaluation.Params(run_id=before.id), project_id=project.id)
        settings = TrainingSettings.from_values(before.settings).in_full()
        training = runs.Params(model=before.model, settings=settings, dataset_id=version.id)
        train = jobs.enqueue(workspace, training, project_id=project.id)
        comparing = evaluation.Params(train_job_id=train.id, asks_like=before.id)
        evaluate = jobs.enqueue(workspace, comparing, project_id=project.id)
        replace = jobs.enqueue(workspace, replacing.Params(evaluate_job_id=evaluate.id), project_id=project.id)
        queued = [train.id, evaluate.id, replace.id]
        context.finish_item(f"queued:{' '.join([version.id, *queued])}")
    return version, queued


def _is_evaluated(workspace: Workspace, run: Run) -> bool:
    return count(workspace.db, Evaluation, run_id=run.id) > 0


def last_retraining(workspace: Workspace, project: Project) -> Retraining | None:
    """Return how far the last retraining of a project is; None if there was none.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    found = find(workspace.db, Job, project_id=project.id, kind="retrain", order="created_at desc, rowid desc")
    if not found:
        return None
    job = found[0]
    result = Result.find(job)
    if job.state != "done" or result is None:
        states: dict[str, State] = {"failed": "failed", "cancelled": "cancelled"}
        return Retraining(job=job, state=states.get(job.state, "freezing"), error=job.error)
    train, evaluate, replace = (get(workspace.db, Job, each) for each in _jobs_of(result))
    trained = runs.Result.find(train)
    return Retraining(
        job=job,
        state=_state(train, evaluate, replace),
        error=train.error or evaluate.error or replace.error,
        run=get(workspace.db, Run, trained.run_id) if trained else None,
        outcome=replacing.Result.find(replace),
    )


def resume_retraining(workspace: Workspace, project: Project) -> int:
    """Queue again what failed or was canceled of the last retraining, each from where it stopped; return how many jobs.

    Raises:
        InputError: there is nothing to resume.
        AccessError: the actor's role does not allow it.
    """
    rights.check(workspace.db, "train", project.id)
    jobs.advance(workspace)
    last = last_retraining(workspace, project)
    result = Result.find(last.job) if last else None
    ids = [last.job.id] if last else []
    ended = [job for job in _stored(workspace, [*ids, *(_jobs_of(result) if result else ())]) if _is_broken(job)]
    if not ended:
        raise InputError("Nothing of the last retraining failed or was cancelled.", "Nothing is to be done.")
    for job in ended:
        jobs.resume(workspace, job.id)
    return len(ended)


def _stored(workspace: Workspace, job_ids: list[str]) -> list[Job]:
    return [get(workspace.db, Job, job_id) for job_id in job_ids]


def _is_broken(job: Job) -> bool:
    return job.state in ("failed", "cancelled")


def _jobs_of(result: Result) -> tuple[str, str, str]:
    return result.train_job_id, result.evaluate_job_id, result.replace_job_id


def _state(train: Job, evaluate: Job, replace: Job) -> State:
    job = next((each for each in (train, evaluate) if each.state != "done"), replace)
    match job.state:
        case "done" | "failed" | "cancelled":
            return job.state
        case "running":
            return "training" if job is train else "comparing"
        case "queued":
            return "waiting" if job is train else "comparing"
