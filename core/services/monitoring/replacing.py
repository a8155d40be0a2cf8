"""A run that was trained anew takes the place of the model in use if it is not worse; else that stays, and why is told."""

from core.errors import JobCancelled
from core.evaluation.bootstrap import Interval
from core.evaluation.succession import Ruling, Succession, beside_base
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import Evaluation, Job, Project, Run
from core.services.monitoring.in_use import model_in_use, store_use
from core.services.monitoring.succession import beside
from core.services.training import evaluation
from core.services.training.lineage import check_belongs
from core.services.training.results import stored_result
from core.storage import Workspace, get, transaction


class Params(JobParams):
    """The job that evaluates the run, which is queued before this one."""

    kind = "replace"
    evaluate_job_id: str


class Result(JobResult):
    """Whether the run `is_in_use` now, and how it answers beside the run that was (None: beside its base model)."""

    kind = "replace"
    run_id: str
    before_run_id: str | None
    is_in_use: bool
    ruling: Ruling
    question_count: int
    words: tuple[float, float, float] | None  # mean, low and high of the difference
    good: tuple[float, float, float] | None

    @property
    def succession(self) -> Succession:
        """What was compared."""
        return Succession(
            question_count=self.question_count,
            words=Interval(*self.words) if self.words else None,
            good=Interval(*self.good) if self.good else None,
        )


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the job which evaluates works in this project."""
    get(workspace.db, Project, project_id)
    job = get(workspace.db, Job, params.evaluate_job_id)
    evaluation.check_evaluates(job, project_id)


def run(context: JobContext, params: Params) -> Result:
    """Run a job that replaces the model in use; killed after it did so, it tells that once more."""
    workspace, project = context.workspace, context.project()
    evaluated = evaluation.Result.find(get(workspace.db, Job, params.evaluate_job_id))
    if evaluated is None:
        raise JobCancelled("The comparison that this rests on did not come to its end.", "Resume the comparison, then this.")
    stored = get(workspace.db, Evaluation, evaluated.evaluation_id)
    run = get(workspace.db, Run, stored.run_id)
    check_belongs(run, project.id)
    permitted = workspace.allowed("train", project.id)
    with transaction(permitted.db):
        used = model_in_use(permitted, project)
        if used and used.run_id == run.id:  # an earlier attempt of this job, or a person, was faster
            before = next(iter(context.finished_ids("before")), "") or None
        else:
            before = used.run_id if used else None
        found = _compared(permitted, project, run, stored, before)
        is_in_use = bool(used and used.run_id == run.id)
        if not is_in_use and found.ruling == "not worse" and not context.finished_ids("before"):  # else a person went back
            context.finish_item(f"before:{before or ''}")
            store_use(permitted, project, run, way="automatic")
            is_in_use = True
    return Result(
        run_id=run.id,
        before_run_id=before,
        is_in_use=is_in_use,
        ruling=found.ruling,
        question_count=found.question_count,
        words=_ends(found.words),
        good=_ends(found.good),
    )


def _compared(workspace: Workspace, project: Project, run: Run, stored: Evaluation, before_id: str | None) -> Succession:
    """Compare a run with the one in use, or with its base model if none is."""
    if before_id is None:
        return beside_base(stored_result(workspace, stored))
    found = beside(workspace, project, before=get(workspace.db, Run, before_id), after=run)
    return found or Succession(question_count=0)


def _ends(interval: Interval | None) -> tuple[float, float, float] | None:
    return (interval.mean, interval.low, interval.high) if interval else None
