"""Approved, anonymized passages → question pairs → filters."""

from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import islice

from core.errors import Hint, InputError, JobCancelled, ModelError
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.questions import find_writer
from core.questions.writers.registry import AUTO
from core.records import Document, Project
from core.services.questions.filtering import Filtered, filter_again
from core.services.questions.measures import Meter
from core.services.questions.writing.batch import BatchWriter, Counts, WrittenBatch
from core.services.questions.writing.excerpts import Surroundings
from core.services.questions.writing.missing import Amount, amount, missing, settings_key
from core.services.questions.writing.models import WritingModel, find_writing_model, opened
from core.services.questions.writing.pace import Pace
from core.services.questions.writing.probing import prepared
from core.services.questions.writing.reapproval import renew_pairs
from core.services.questions.writing.texts import TextJudge, trainable_texts
from core.services.questions.writing.unanswered import Invention, invented, put_invented
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find, get, transaction
from core.storage.written_passages import each_waiting, forget_others, put_in_place, store_written
from core.storage.written_texts import forget_other_texts, store_texts, texts_in_place
from core.words import counted

PASSAGES_AT_ONCE = 8
COUNTS = "counts"  # items of a job: what came of the model's replies, a batch each


class Params(JobParams):
    """How to write question pairs, and which to keep.

    Passages that were written from the same text with the same settings are skipped, unless `anew`. `forget_decisions`
    replaces also the pairs that a person decided on or edited, so it writes all passages. With `passage_ids`, only these
    passages are written, and anew, whatever else is set; the pairs of all others stay as they are.
    """

    kind = "generate"
    settings: GenerationSettings = GenerationSettings()
    filters: FilterSettings = FilterSettings()
    anew: bool = False
    forget_decisions: bool = False
    passage_ids: tuple[str, ...] = ()


class Result(JobResult):
    """How many pairs of the project are `kept` and, by reason, `dropped`; and how many `passages` are approved.

    Of these, `skipped` were up to date: written before from the same text with the same settings. `writer` says in which
    way the others were written. Where the model writes by itself, it was `asked` so many times, of which `malformed` replies
    could not be used and `refused` ones said no; `ungrounded` pairs had no evidence in the passage, and `cut` passages were
    longer than the model reads and were cut at sentences. `texts` for continued training are kept.
    """

    kind = "generate"
    kept: int
    dropped: dict[str, int]
    passages: int
    skipped: int = 0
    writer: str = ""
    asked: int = 0
    malformed: int = 0
    refused: int = 0
    ungrounded: int = 0
    cut: int = 0
    texts: int = 0


@dataclass(frozen=True, slots=True)
class _Course:
    """What goes along with the writing: the examination of its pairs, and how far all of it is."""

    meter: Meter
    pace: Pace

    def report(self, context: JobContext, message: str) -> None:
        """Report how far the job is."""
        context.progress(self.pace.percent(), 100, unit="%", message=message)


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there is approved text, and that the model can write questions."""
    project = get(workspace.db, Project, project_id)
    if params.settings.writer != AUTO:
        find_writer(params.settings.writer)
    find_generator(workspace, params.settings)
    if only := frozenset(params.passage_ids):
        if amount(workspace, project, only=only).total < len(only):
            raise InputError("This passage is not approved.", "Choose a passage of a document whose approval stands.")
    elif not amount(workspace, project).total:
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
    if params.passage_ids:
        return write_about(context, context.project(), params)
    return write_questions(
        context,
        context.project(),
        settings=params.settings,
        filters=params.filters,
        is_anew=params.anew,
        is_forgetting=params.forget_decisions,
    )


def write_questions(
    context: JobContext,
    project: Project,
    *,
    settings: GenerationSettings,
    filters: FilterSettings,
    is_anew: bool = False,
    is_forgetting: bool = False,
) -> Result:
    """Write pairs for every approved passage that is not up to date, then filter all pairs.

    New pairs replace previously generated ones only when all are written and filtered; if the process is killed before
    that, the project's pairs remain unchanged. If the job is canceled, the passages finished so far replace their
    previous pairs. Pairs that were imported stay, and so do those that a person decided on, edited or added.

    Args:
        context: the job's.
        project: the project whose passages to write about.
        settings: how to write.
        filters: which pairs to keep.
        is_anew: write all passages, also those that are up to date.
        is_forgetting: write all passages, and replace also the pairs that a person decided on or edited.
    """
    course = _Course(Meter(context.workspace, project), Pace())
    _renew(context.workspace, project)
    settings = prepared(context, settings)
    try:
        found, counts = _write_missing(context, project, settings, course, is_anew=is_anew or is_forgetting)
    except JobCancelled:
        if context.cancel_requested.is_set() and context.is_held():
            with suppress(ModelError):
                _count_in_part(context, project, filters, is_forgetting=is_forgetting)
        raise
    course.report(context, "Adding questions that the documents do not answer")
    invention = invented(context.workspace, project, context.job.id, settings)
    _measure(context, project, course, invention)
    course.report(context, "Filtering")
    with _told_with(counts):
        filtered = _count_in_all(context, project, filters, invention, is_forgetting=is_forgetting)
    return _result(context.workspace, project, filtered, found, counts, settings)


def write_about(context: JobContext, project: Project, params: Params) -> Result:
    """Write pairs for the passages that `params` names and for no other, then filter all pairs.

    Their generated pairs are replaced as by `write_questions`. No questions that the documents do not answer are added.
    """
    workspace = context.workspace
    course = _Course(Meter(workspace, project), Pace())
    settings = prepared(context, params.settings)
    only = frozenset(params.passage_ids)
    found, counts = _write_missing(context, project, settings, course, is_anew=True, only=only)
    _measure(context, project, course, Invention([], []))
    course.report(context, "Filtering")
    with _told_with(counts), transaction(workspace.db):
        texts_in_place(workspace, project.id, context.job.id)
        put_in_place(workspace, project.id, context.job.id)
        filtered = filter_again(workspace, project, params.filters)
    return _result(workspace, project, filtered, found, counts, settings)


def _result(
    workspace: Workspace,
    project: Project,
    filtered: Filtered,
    found: Amount,
    counts: Counts,
    settings: GenerationSettings,
) -> Result:
    return Result(
        kept=filtered.kept,
        dropped=filtered.dropped,
        passages=found.total,
        skipped=found.skipped,
        writer=settings.writer,
        texts=len(trainable_texts(workspace, project)),
        **asdict(counts),
    )


def _renew(workspace: Workspace, project: Project) -> None:
    """Carry pairs over to approvals that were given before this was done with the approval itself."""
    permitted = workspace.allowed("work on questions", project.id)
    for document in find(workspace.db, Document, project_id=project.id, state="read"):
        renew_pairs(permitted, document)


def _write_missing(
    context: JobContext,
    project: Project,
    settings: GenerationSettings,
    course: _Course,
    *,
    is_anew: bool,
    only: Set[str] = frozenset(),
) -> tuple[Amount, Counts]:
    """Write, store and examine pairs for the missing passages, or for those of `only`, a few at a time.

    Returns what there was to do before, and the counts of all attempts.
    """
    workspace, job = context.workspace, context.job
    model, writer = find_generator(workspace, settings), find_writer(settings.writer)
    key = settings_key(settings, model)
    wanted = "" if is_anew else key
    found = amount(workspace, project, job_id=job.id, key=wanted, only=only)
    counts = Counts.of_texts(item.rpartition(":")[2] for item in context.finished_ids(COUNTS))  # of earlier attempts
    if found.is_complete:
        return found, counts
    passages = missing(workspace, project, job_id=job.id, key=wanted, only=only)
    judge = TextJudge(workspace, project, job.id)
    batches = BatchWriter(project, Surroundings(workspace), judge, settings)
    with opened(workspace, model, writer, settings, passage_tokens=found.longest_tokens, check=context.check) as loaded:
        course.pace.begin(found.total - found.skipped - found.done)
        while batch := list(islice(passages, PASSAGES_AT_ONCE)):
            course.report(context, _message(counts, course.pace, found))
            written = batches.write(batch, loaded.generator, loaded.room)
            _store(context, project, written, key=key)
            pairs = [pair for passage in written.passages for pair in passage.pairs]
            course.meter.add(pairs)
            course.pace.wrote(passages=len(batch), pairs=len(pairs))
            counts += written.counts
    return found, counts


def _store(context: JobContext, project: Project, batch: WrittenBatch, *, key: str) -> None:
    """Store what was written about a few passages with its counts, so that neither is there without the other."""
    workspace, first = context.workspace, batch.passages[0]
    with transaction(workspace.db):
        store_written(workspace, project.id, context.job.id, batch.passages, settings_sha256=key)
        store_texts(workspace, project.id, batch.texts)
        if batch.counts:
            context.finish_item(f"{COUNTS}:{first.review_id}:{first.passage_id}:{batch.counts.as_text()}")


def _message(counts: Counts, pace: Pace, found: Amount) -> str:
    """Say what is being done, and what to know of it so far."""
    words = f"Reading passage {pace.written + 1:,} of {pace.passages:,} and examining what was written"
    if before := found.skipped + found.done:
        words += f" · {counted(before, 'passage')} done before"
    if counts.malformed + counts.refused:
        words += f" · {counted(counts.malformed + counts.refused, 'reply', 'replies')} of {counts.asked} could not be used"
    if counts.cut:
        words += f" · {counted(counts.cut, 'passage')} longer than the model reads, cut at sentences"
    return words


def _measure(context: JobContext, project: Project, course: _Course, invention: Invention) -> None:
    """Measure what filters need to know of the last new pairs, and of those that an earlier attempt left.

    It takes long, so it is done before the pairs count.
    """
    course.meter.add(invention.added)
    for pairs in each_waiting(context.workspace, project.id, context.job.id):
        course.report(context, "Examining the last pairs")
        course.meter.add(pairs)
    course.meter.measure_rest()


@contextmanager
def _told_with(counts: Counts) -> Iterator[None]:
    """Add what came of the replies of a model that writes by itself to the error that nothing was kept."""
    try:
        yield
    except ModelError as error:
        if not counts.malformed + counts.refused:
            raise
        replies = counted(counts.asked, "reply", "replies")
        raise ModelError(
            f"{error.message} Of {replies} of the model, {counts.malformed} could not be used and {counts.refused} refused.",
            "Choose another model, or the way of writing for small models.",
        ) from error


def _count_in_all(
    context: JobContext, project: Project, filters: FilterSettings, invention: Invention, *, is_forgetting: bool
) -> Filtered:
    """Replace previously generated pairs and texts by the new ones and filter all pairs, in one transaction.

    Raises:
        ModelError: no pairs would be left, and why; nothing is changed then.
    """
    workspace = context.workspace
    with transaction(workspace.db):
        texts_in_place(workspace, project.id, context.job.id)
        put_in_place(workspace, project.id, context.job.id, is_forgetting=is_forgetting)
        forget_others(workspace, project.id, context.job.id)
        forget_other_texts(workspace, project.id, context.job.id)
        put_invented(workspace, project, invention)
        return filter_again(workspace, project, filters)


def _count_in_part(context: JobContext, project: Project, filters: FilterSettings, *, is_forgetting: bool) -> None:
    """Do the same for the passages finished so far, if there are any; the others keep their previous pairs."""
    workspace = context.workspace
    with transaction(workspace.db):
        texts_in_place(workspace, project.id, context.job.id)
        if put_in_place(workspace, project.id, context.job.id, is_forgetting=is_forgetting):
            filter_again(workspace, project, filters)
