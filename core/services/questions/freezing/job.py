"""Question pairs frozen as a dataset version by a job: with hundreds of thousands of pairs it takes a minute."""

from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import DatasetVersion, Project
from core.services.questions.freezing.version import Stage, freeze
from core.services.questions.trainable import check_reviewed
from core.settings import DatasetSettings
from core.storage import Workspace, get


class Params(JobParams):
    """How the pairs are split; without it, as in the newest version."""

    kind = "freeze"
    settings: DatasetSettings | None = None


class Result(JobResult):
    """The version that holds the pairs, and whether it `is_new`: the same pairs give the newest version once more."""

    kind = "freeze"
    dataset_id: str
    number: int
    is_new: bool


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the project exists and has pairs to freeze."""
    check_reviewed(workspace, get(workspace.db, Project, project_id))


def run(context: JobContext, params: Params) -> Result:
    """Run a freeze job; an attempt that was killed after it had stored its version tells of that one."""

    def report(stage: Stage, done: int, total: int) -> None:
        context.progress(stage.percent(done, total), 100, unit="%", message=stage.words)

    def note(version: DatasetVersion) -> None:
        context.finish_item(f"dataset:{version.id}")

    if stored := context.finished_ids("dataset"):
        version = get(context.workspace.db, DatasetVersion, stored[0])
    else:
        version = freeze(context.workspace, context.project(), params.settings, report=report, note=note)
    is_new = version.id in context.finished_ids("dataset")
    return Result(dataset_id=version.id, number=version.number, is_new=is_new)
