"""Filters applied to all pairs of a project as a job, after a model has answered their questions if that is wanted."""

from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import Project
from core.services.questions.answerable import measure_answerable
from core.services.questions.filtering import choose_filters
from core.services.questions.generation import find_generator
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, get


class Params(JobParams):
    """Which filters, and the name of the model that is to answer the questions; "" if none is."""

    kind = "filter"
    filters: FilterSettings = FilterSettings()
    answered_by: str = ""


class Result(JobResult):
    """How many pairs of the project are `kept` and, by reason, `dropped`; and how many questions the model answered."""

    kind = "filter"
    kept: int
    dropped: dict[str, int]
    answered: int = 0


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the project exists, and that the model can answer."""
    get(workspace.db, Project, project_id)
    if params.answered_by:
        find_generator(workspace, GenerationSettings(model=params.answered_by))


def run(context: JobContext, params: Params) -> Result:
    """Run a filter job."""
    project = context.project()
    answered = measure_answerable(context, project, model=params.answered_by) if params.answered_by else 0

    def report(done: int, total: int) -> None:
        context.progress(done, total, unit="pairs", message="Examining pairs")

    filtered = choose_filters(context.workspace, project, params.filters, report=report)
    return Result(kept=filtered.kept, dropped=filtered.dropped, answered=answered)
