"""What became of the trainings of an experiment so far, and which of them to take."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from core.errors import InputError
from core.evaluation import Interval
from core.evaluation.recommendation import Contender, Recommendation, recommend
from core.evaluation.verdict import Change, outcome
from core.records import Evaluation, Experiment, Job, Project, Run, Variant
from core.run_folder import RunFolder
from core.services.training import evaluation, runs
from core.storage import Workspace, find, get, rights

State = Literal["waiting", "training", "comparing", "done", "failed", "cancelled"]
STATE_WORDS: dict[State, str] = {
    "waiting": "waiting",
    "training": "training",
    "comparing": "being compared",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantResult:
    """A variant, how far it is, and what it took and reached; None where that is not known yet."""

    number: int  # in its experiment, from 1
    variant: Variant
    state: State
    error: str = ""  # why it failed
    run: Run | None = None
    score: Interval | None = None  # token F1 of the run, without the passage
    change: Change = "unclear"  # against the base model
    question_count: int = 0
    adapter_bytes: int | None = None

    @property
    def seconds(self) -> float | None:
        """How long the training took."""
        return self.run.metrics.get("seconds") if self.run else None

    @property
    def memory_bytes(self) -> int | None:
        """The most memory that it held."""
        return self.run.metrics.get("peak_memory_bytes") if self.run else None


def experiments_of(workspace: Workspace, project: Project) -> list[Experiment]:
    """Return a project's experiments, the newest first."""
    rights.check(workspace.db, "see project", project.id)
    return find(workspace.db, Experiment, project_id=project.id, order="number desc")


def experiment_of(workspace: Workspace, project: Project, number: int | None = None) -> Experiment:
    """Return an experiment of a project by its number; by default the newest.

    Raises:
        InputError: there is none.
    """
    found = [each for each in experiments_of(workspace, project) if number in (None, each.number)]
    if not found:
        raise InputError(
            "There is no such experiment." if number else "There is no experiment yet.",
            "Start one, or look at the list of experiments.",
        )
    return found[0]


def results_of(workspace: Workspace, project: Project, experiment: Experiment) -> list[VariantResult]:
    """Return what became of each variant so far."""
    rights.check(workspace.db, "see project", project.id)
    return [_result(workspace, number, variant) for number, variant in enumerate(experiment.variants, 1)]


def is_at_work(results: list[VariantResult]) -> bool:
    """Tell whether any of the variants waits or is worked on."""
    return any(result.state not in ENDED for result in results)


def recommended(results: list[VariantResult]) -> Recommendation:
    """Return which variant to take, of those that were evaluated, and why in words."""
    return recommend(
        [
            Contender(
                number=result.number,
                score=result.score,
                change=result.change,
                question_count=result.question_count,
                size_bytes=result.run.metrics.get("weights_bytes", 0),
                seconds=result.seconds or 0.0,
            )
            for result in results
            if result.score and result.run
        ]
    )


def _result(workspace: Workspace, number: int, variant: Variant) -> VariantResult:
    train, evaluate = (get(workspace.db, Job, job_id) for job_id in (variant.train_job_id, variant.evaluate_job_id))
    trained, evaluated = runs.Result.find(train), evaluation.Result.find(evaluate)
    run = get(workspace.db, Run, trained.run_id) if trained else None
    result = VariantResult(
        number=number,
        variant=variant,
        state=_state(train, evaluate),
        error=train.error or evaluate.error,
        run=run,
        adapter_bytes=_size(RunFolder(workspace.run_folder(run.project_id, run.id)).adapter) if run else None,
    )
    if evaluated is None:
        return result
    stored = get(workspace.db, Evaluation, evaluated.evaluation_id)
    score, difference = (Interval(**stored.scores["token_f1"][name]) for name in ("tuned", "difference"))
    change = outcome(difference, question_count=stored.question_count)
    return replace(result, score=score, change=change, question_count=stored.question_count)


def _state(train: Job, evaluate: Job) -> State:
    job = evaluate if train.state == "done" else train
    match job.state:
        case "done" | "failed" | "cancelled":
            return job.state
        case "running":
            return "training" if job is train else "comparing"
        case "queued":
            return "waiting" if job is train else "comparing"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
