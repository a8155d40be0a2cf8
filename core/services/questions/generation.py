"""Approved, anonymized passages → question pairs → filters."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from core.errors import Hint, InputError, JobCancelled, ModelError
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.questions import find_writer
from core.questions.writers.registry import AUTO
from core.records import Document, Project
from core.services.questions.filtering import Filtered, filter_again
from core.services.questions.measures import measure_pairs
from core.services.questions.writing.batch import Approved, BatchWriter, Counts, WrittenBatch
from core.services.questions.writing.excerpts import Surroundings
from core.services.questions.writing.models import WritingModel, find_writing_model, opened
from core.services.questions.writing.probing import prepared
from core.services.questions.writing.texts import TextJudge, trainable_texts
from core.services.questions.writing.unanswered import Invention, invented, put_invented
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find, get, transaction
from core.storage.written_passages import forget_others, put_in_place, store_written, waiting_pairs, written_keys
from core.storage.written_texts import forget_other_texts, store_texts, texts_in_place
from core.words import counted

PASSAGES_AT_ONCE = 8
COUNTS = "counts"  # items of a job: what came of the model's replies, a batch each


class Params(JobParams):
    """How to write question pairs, and which to keep."""

    kind = "generate"
    settings: GenerationSettings = GenerationSettings()
    filters: FilterSettings = FilterSettings()


class Result(JobResult):
    """How many pairs of the project are `kept` and, by reason, `dropped`; and how many `passages` are approved.

    `writer` says in which way they were written. Where the model writes by itself, it was `asked` so many times, of which
    `malformed` replies could not be used and `refused` ones said no; `ungrounded` pairs had no evidence in the passage, and
    `cut` passages were longer than the model reads and were cut at sentences. `texts` for continued training are kept.
    """

    kind = "generate"
    kept: int
    dropped: dict[str, int]
    passages: int
    writer: str = ""
    asked: int = 0
    malformed: int = 0
    refused: int = 0
    ungrounded: int = 0
    cut: int = 0
    texts: int = 0


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there is approved text, and that the model can write questions."""
    project = get(workspace.db, Project, project_id)
    if params.settings.writer != AUTO:
        find_writer(params.settings.writer)
    find_generator(workspace, params.settings)
    if not _approved(workspace, project):
        raise InputError(
            f"No document of {project.name} is approved.",
            Hint(
                "Review one on the page Review, then approve it.",
                command=f"garrison review {project.name} approve DOCUMENT --as NAME",
            ),
        )


def find_generator(workspace: Workspace, settings: GenerationSettings) -> WritingModel:
    """Return the model that writes the questions: a GGUF model, or one on an allowed host.

    Raises:
        SetupError: it is not on this machine.
        InputError: it is not a GGUF file.
    """
    return find_writing_model(workspace, settings.model)


def run(context: JobContext, params: Params) -> Result:
    """Run a generation job."""
    project = context.project()
    return write_questions(context, project, settings=params.settings, filters=params.filters)


def write_questions(
    context: JobContext, project: Project, *, settings: GenerationSettings, filters: FilterSettings
) -> Result:
    """Write pairs for every approved passage that an earlier attempt did not finish, then filter all pairs.

    New pairs replace previously generated ones only when all are written and filtered; if the process is killed before
    that, the project's pairs remain unchanged. If the job is canceled, the passages finished so far replace their
    previous pairs. Imported pairs are kept.
    """
    settings = prepared(context, settings)
    approved = _approved(context.workspace, project)
    try:
        counts = _write_missing(context, project, approved, settings)
    except JobCancelled:
        if context.cancel_requested.is_set() and context.is_held():
            with suppress(ModelError):
                _count_in_part(context, project, filters)
        raise
    context.progress(len(approved), len(approved), unit="passages", message="Filtering")
    invention = invented(context.workspace, project, context.job.id, settings)
    _measure(context, project, invention)
    try:
        filtered = _count_in_all(context, project, filters, invention)
    except ModelError as error:
        raise _with_counts(error, counts) from error
    return Result(
        kept=filtered.kept,
        dropped=filtered.dropped,
        passages=len(approved),
        writer=settings.writer,
        texts=len(trainable_texts(context.workspace, project)),
        **asdict(counts),
    )


def _write_missing(
    context: JobContext, project: Project, approved: Sequence[Approved], settings: GenerationSettings
) -> Counts:
    """Write and store pairs for the passages this job has not finished yet, a few at a time; return the counts of all."""
    workspace = context.workspace
    written = written_keys(workspace, project.id, context.job.id)
    todo = [entry for entry in approved if (entry[1].id, entry[2].id) not in written]
    model, writer = find_generator(workspace, settings), find_writer(settings.writer)
    longest = max((passage.token_count for _, _, passage in approved), default=0)
    judge = TextJudge(workspace, project, context.job.id)
    batches = BatchWriter(project, Surroundings(workspace), judge, settings)
    counts = Counts.of_texts(item.rpartition(":")[2] for item in context.finished_ids(COUNTS))  # of earlier attempts
    with opened(workspace, model, writer, settings, passage_tokens=longest, check=context.check) as loaded:
        for start in range(0, len(todo), PASSAGES_AT_ONCE):
            batch = todo[start : start + PASSAGES_AT_ONCE]
            done = len(approved) - len(todo) + start
            context.progress(done, len(approved), unit="passages", message=_message(counts, done, len(approved)))
            found = batches.write(batch, loaded.generator, loaded.room)
            _store(context, project, found)
            counts += found.counts
    return counts


def _store(context: JobContext, project: Project, batch: WrittenBatch) -> None:
    """Store what was written about a few passages with its counts, so that neither is there without the other."""
    workspace, first = context.workspace, batch.passages[0]
    with transaction(workspace.db):
        store_written(workspace, project.id, context.job.id, batch.passages)
        store_texts(workspace, project.id, batch.texts)
        if batch.counts:
            context.finish_item(f"{COUNTS}:{first.review_id}:{first.passage_id}:{batch.counts.as_text()}")


def _message(counts: Counts, done: int, total: int) -> str:
    """Say what is being done, and what to know of it so far."""
    words = f"Reading passage {done + 1} of {total}"
    if counts.malformed + counts.refused:
        words += f" · {counted(counts.malformed + counts.refused, 'reply', 'replies')} of {counts.asked} could not be used"
    if counts.cut:
        words += f" · {counted(counts.cut, 'passage')} longer than the model reads, cut at sentences"
    return words


def _measure(context: JobContext, project: Project, invention: Invention) -> None:
    """Measure what filters need to know of the new pairs. It takes long, so it is done before these count."""

    def report(done: int, total: int) -> None:
        context.progress(done, total, unit="pairs", message="Examining pairs")

    new = [*waiting_pairs(context.workspace, project.id, context.job.id), *invention.added]
    measure_pairs(context.workspace, project, new, report=report)


def _with_counts(error: ModelError, counts: Counts) -> ModelError:
    """Return the error that nothing was kept with what came of the replies of a model that writes by itself."""
    if not counts.malformed + counts.refused:
        return error
    replies = counted(counts.asked, "reply", "replies")
    return ModelError(
        f"{error.message} Of {replies} of the model, {counts.malformed} could not be used and {counts.refused} refused.",
        "Choose another model, or the way of writing for small models.",
    )


def _count_in_all(context: JobContext, project: Project, filters: FilterSettings, invention: Invention) -> Filtered:
    """Replace previously generated pairs and texts by the new ones and filter all pairs, in one transaction.

    Raises:
        ModelError: no pairs would be left, and why; nothing is changed then.
    """
    workspace = context.workspace
    with transaction(workspace.db):
        texts_in_place(workspace, project.id, context.job.id)
        put_in_place(workspace, project.id, context.job.id)
        forget_others(workspace, project.id, context.job.id)
        forget_other_texts(workspace, project.id, context.job.id)
        put_invented(workspace, project, invention)
        return filter_again(workspace, project, filters)


def _count_in_part(context: JobContext, project: Project, filters: FilterSettings) -> None:
    """Do the same for the passages finished so far, if there are any; the others keep their previous pairs."""
    workspace = context.workspace
    with transaction(workspace.db):
        texts_in_place(workspace, project.id, context.job.id)
        if put_in_place(workspace, project.id, context.job.id):
            filter_again(workspace, project, filters)


def _approved(workspace: Workspace, project: Project) -> list[Approved]:
    """Return all passages with a valid approval, except those of imported pairs, which need no questions."""
    approved = []
    for document in find(workspace.db, Document, project_id=project.id, state="read"):
        if document.kind != "pairs":
            review, passages = workspace.approved_passages(document)
            approved += [(document, review, passage) for passage in passages if review]
    return approved
