"""The sample project: fictitious documents, processed up to the questions so that every page has something to show."""

import time
from collections.abc import Callable

from core import jobs
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.records import Person, Project, Review
from core.sample import sample_documents
from core.services import review
from core.services.documents import reading
from core.services.privacy import anonymization
from core.services.questions import generation
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find

SAMPLE_NAME = "Sample workshop"
SAMPLE_REVIEWER = Person(id="", name="Garrison sample (no person)")  # an empty id refers to nobody
FACTS = 3  # asked for in each passage: enough to see what a model learns, in a few minutes
SLICE_DOCUMENTS = 2


class Params(JobParams):
    """Nothing is to be chosen."""

    kind = "sample"


class Result(JobResult):
    """What each stage made."""

    kind = "sample"
    read: reading.Result
    found: anonymization.Result
    questions: generation.Result


def ensure_sample(workspace: Workspace) -> None:
    """Create the sample project and start the job that fills it, if there is no project yet (on the first start)."""
    if find(workspace.db, Project):
        return
    project = workspace.create_project(SAMPLE_NAME, policy="all-at-once", is_sample=True)
    jobs.submit(workspace, Params(), project_id=project.id)


def approve_sample(workspace: Workspace, project: Project) -> list[Review]:
    """Approve the sample documents, which nobody has read; everything made from them says so.

    Raises:
        InputError: the project's policy requires each document to be approved individually.
    """
    unread = review.unread_in(workspace, project, by=SAMPLE_REVIEWER)
    return review.approve_all(workspace, project, by=SAMPLE_REVIEWER, unread=review.unread_phrase(unread))


def run(context: JobContext, _: Params) -> Result:
    """Run the sample job."""
    return prepare(context, context.project(), share_percent=100)


def prepare(
    context: JobContext,
    project: Project,
    *,
    share_percent: float,
    is_slice: bool = False,
    timed: Callable[[str, float, str], None] = lambda name, seconds, amount: None,
) -> Result:
    """Read and search the sample documents, approve them, and write questions.

    This makes up the first `share_percent` of the job's progress; `timed` is called with the name, seconds and amount of
    each stage. A slice is the first two documents with one question per passage: enough to see that every stage works on
    this machine.
    """
    paths = sample_documents()[: SLICE_DOCUMENTS if is_slice else None]
    settings = GenerationSettings(per_passage=1 if is_slice else FACTS)
    started_s = time.monotonic()
    with context.part("Reading documents", 0, 0.05 * share_percent):
        read = reading.read_files(context, project, [(path, path.name) for path in paths])
    timed("Read", time.monotonic() - started_s, f"{len(read.documents)} documents")
    started_s = time.monotonic()
    with context.part("Finding personal data", 0.05 * share_percent, 0.15 * share_percent):
        searched = anonymization.find_personal_data(context, project)
    timed("Find personal data", time.monotonic() - started_s, f"{searched.spans} pieces")
    approve_sample(context.workspace, project)
    started_s = time.monotonic()
    with context.part("Writing questions", 0.15 * share_percent, share_percent):
        questions = generation.write_questions(context, project, settings=settings, filters=FilterSettings())
    timed("Write questions", time.monotonic() - started_s, f"{questions.kept} pairs kept")
    return Result(read=read, found=searched, questions=questions)
