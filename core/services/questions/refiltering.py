"""Filters applied to all pairs of a project as a job, after a model has answered their questions if that is wanted."""

from core.identity import declared
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import Person, Project
from core.services.questions.filtering import choose_filters
from core.services.questions.generation import find_generator
from core.services.questions.opinions import measure_answerable, measure_judged
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, get


class Params(JobParams):
    """Which filters, and the names of the models that are to answer the questions and to judge the pairs first; "": none.

    `applied_by` is the name of who applies them where nobody signs in; "" for the account of the operating system.
    """

    kind = "filter"
    filters: FilterSettings = FilterSettings()
    answered_by: str = ""
    judged_by: str = ""
    applied_by: str = ""


class Result(JobResult):
    """How many pairs of the project are `kept` and, by reason, `dropped`; and how many the models answered and judged."""

    kind = "filter"
    kept: int
    dropped: dict[str, int]
    answered: int = 0
    judged: int = 0


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the project exists, that the name can be somebody's, and that the models can write."""
    get(workspace.db, Project, project_id)
    _person(workspace, params)
    for model in filter(None, (params.answered_by, params.judged_by)):
        find_generator(workspace, GenerationSettings(model=model))


def run(context: JobContext, params: Params) -> Result:
    """Run a filter job."""
    project = context.project()
    answered = measure_answerable(context, project, model=params.answered_by) if params.answered_by else 0
    judged = measure_judged(context, project, model=params.judged_by) if params.judged_by else 0

    def report(done: int, total: int) -> None:
        context.progress(done, total, unit="pairs", message="Examining pairs")

    by = _person(context.workspace, params)
    filtered = choose_filters(context.workspace, project, params.filters, by=by, report=report)
    return Result(kept=filtered.kept, dropped=filtered.dropped, answered=answered, judged=judged)


def _person(workspace: Workspace, params: Params) -> Person | None:
    """Return in whose name the filters are applied; None: whoever started the job, or the operating system's account.

    Raises:
        InputError: the name cannot be anybody's.
    """
    return declared(params.applied_by) if params.applied_by and workspace.actor is None else None
