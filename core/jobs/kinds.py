"""The kinds of jobs: what each is called, who may start it, and the module of `core.services` that does its work."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from core.access import Action
from core.errors import InputError

if TYPE_CHECKING:
    from core.jobs.context import JobContext
    from core.jobs.typed import JobParams, JobResult
    from core.storage import Workspace


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job, shown as `title` on the pages and implemented by `module`, which is imported when it is needed.

    The module's `Params` are what such a job is started with, and its `Result` is what it makes. Its `run(context, params)`
    does the work; its `check(workspace, project_id, params)`, if it has one, raises if the job must not start.
    """

    title: str
    module: str
    needs_accelerator: bool = False
    action: Action = "manage machine"  # required of whoever starts it, when it is queued and when it begins

    @property
    def params(self) -> "type[JobParams]":
        """Return the record of what a job is started with."""
        params: type[JobParams] = self._stage().Params
        return params

    @property
    def result(self) -> "type[JobResult]":
        """Return the record of what a job makes."""
        result: type[JobResult] = self._stage().Result
        return result

    def run(self, context: "JobContext") -> "JobResult":
        """Do the work and return the job's result.

        Raises:
            InputError: the job was stored by another version, with parameters that this one cannot use.
        """
        result: JobResult = self._stage().run(context, self.params.from_values(context.job.params))
        return result

    def check(self, workspace: "Workspace", project_id: str | None, params: "JobParams") -> None:
        """Raise InputError if the work must not or cannot start, such as work in a project without one."""
        check = getattr(self._stage(), "check", None)
        if check is None:
            return
        if project_id is None:
            raise InputError(f"A job of the kind {params.kind} works in a project.", "Choose one.")
        check(workspace, project_id, params)

    def _stage(self) -> ModuleType:
        return import_module(f"core.services.{self.module}")


KINDS = {
    "read": Kind("Read documents", "documents.reading", action="add documents"),
    "anonymize": Kind("Find personal data", "privacy.anonymization", action="find personal data"),
    "search again": Kind("Search the anonymized text again", "privacy.second_search", action="find personal data"),
    "import": Kind("Import question pairs", "questions.pair_import", action="work on questions"),
    "generate": Kind("Write question pairs", "questions.generation", needs_accelerator=True, action="work on questions"),
    "try": Kind(
        "Try to write about one passage", "questions.writing.trying", needs_accelerator=True, action="work on questions"
    ),
    "probe": Kind(
        "Try how well a model writes", "questions.writing.probing", needs_accelerator=True, action="work on questions"
    ),
    "filter": Kind("Filter question pairs", "questions.refiltering", needs_accelerator=True, action="work on questions"),
    "freeze": Kind("Freeze question pairs", "questions.freezing.job", action="train"),
    "train": Kind("Train a model", "training.runs", needs_accelerator=True, action="train"),
    "probe training": Kind("Try three steps", "training.probe.job", needs_accelerator=True, action="train"),
    "evaluate": Kind("Compare base and tuned model", "training.evaluation", needs_accelerator=True, action="train"),
    "experiment": Kind("Prepare several trainings", "training.experiments.job", action="train"),
    "search": Kind("Search for the best settings", "training.search.job", needs_accelerator=True, action="train"),
    "judge": Kind("Let a model judge two runs", "evaluation.judging", needs_accelerator=True, action="train"),
    "leaktest": Kind("Test for leaks", "training.leaks.job", needs_accelerator=True, action="test leaks"),
    "retrain": Kind("Build the next version and train", "monitoring.retraining", action="train"),
    # It has no model to load, but waits with those that do, so that the comparison queued before it has ended.
    "replace": Kind("Use the new model if it is not worse", "monitoring.replacing", needs_accelerator=True, action="train"),
    "compare questions": Kind("Compare the questions that were asked", "monitoring.questions", action="see project"),
    "compare": Kind("Compare over a question file", "chat.series.job", needs_accelerator=True, action="chat"),
    "export": Kind("Export a model", "training.export", needs_accelerator=True, action="export"),
    "sample": Kind("Prepare the sample project", "sample", needs_accelerator=True, action="create project"),
    "demo": Kind("The whole path on the sample documents", "demo", needs_accelerator=True, action="create project"),
}

# Modules of `core.services` that queue what is due at some time; their `queue_due(workspace)` is asked by `advance`.
SCHEDULES = ("monitoring.scheduling",)


def queue_due(workspace: "Workspace") -> None:
    """Queue the jobs whose time has come."""
    for module in SCHEDULES:
        import_module(f"core.services.{module}").queue_due(workspace)
