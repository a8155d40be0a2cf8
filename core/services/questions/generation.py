"""Approved, anonymized passages → question pairs → filters."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import Hint, InputError, JobCancelled, ModelError
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.models import registry
from core.models.model_formats import is_for
from core.models.text import TextGenerator
from core.questions import Excerpt, find_writer
from core.records import Document, Model, Passage, Project, QuestionPair, Review, new_id, now
from core.services.questions.filtering import Filtered, filter_again
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find, get, transaction
from core.storage.written_passages import WrittenPassage, forget_others, put_in_place, store_written, written_keys

PASSAGES_AT_ONCE = 8
Approved = tuple[Document, Review, Passage]


class Params(JobParams):
    """How to write question pairs, and which to keep."""

    kind = "generate"
    settings: GenerationSettings = GenerationSettings()
    filters: FilterSettings = FilterSettings()


class Result(JobResult):
    """How many pairs of the project are `kept` and, by reason, `dropped`; and how many `passages` are approved."""

    kind = "generate"
    kept: int
    dropped: dict[str, int]
    passages: int


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there is approved text, and that the model can write questions."""
    project = get(workspace.db, Project, project_id)
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


def find_generator(workspace: Workspace, settings: GenerationSettings) -> Model:
    """Return the GGUF model that writes the questions.

    Raises:
        SetupError: it is not on this machine.
        InputError: it is not a GGUF file.
    """
    model = registry.find_model(registry.model_folders(workspace.home), settings.model)
    if not is_for(model, "questions"):
        raise InputError(f"{model.name} cannot write questions: it is not a GGUF file.", "Choose a GGUF model.")
    return model


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
    approved = _approved(context.workspace, project)
    try:
        _write_missing(context, project, approved, settings)
    except JobCancelled:
        if context.cancel_requested.is_set() and context.is_held():
            with suppress(ModelError):
                _count_in_part(context, project, filters)
        raise
    context.progress(len(approved), len(approved), unit="passages", message="Filtering")
    filtered = _count_in_all(context, project, filters)
    return Result(kept=filtered.kept, dropped=filtered.dropped, passages=len(approved))


def _write_missing(
    context: JobContext, project: Project, approved: Sequence[Approved], settings: GenerationSettings
) -> None:
    """Write and store pairs for the passages this job has not finished yet, a few passages at a time."""
    from core.models.engine.apart import WriterApart
    from core.models.unpacked import batch_gguf

    workspace = context.workspace
    written = written_keys(workspace, project.id, context.job.id)
    todo = [entry for entry in approved if (entry[1].id, entry[2].id) not in written]
    given = Path(find_generator(workspace, settings).path)
    model = batch_gguf(given, workspace.unpacked_folder, report=lambda _: context.check())
    with WriterApart(model, sequences=settings.batch_sequences) as generator:
        for start in range(0, len(todo), PASSAGES_AT_ONCE):
            batch = todo[start : start + PASSAGES_AT_ONCE]
            done = len(approved) - len(todo) + start
            context.progress(done, len(approved), unit="passages", message=f"Reading passage {done + 1} of {len(approved)}")
            store_written(workspace, project.id, context.job.id, _written(project, batch, generator, settings))


def _count_in_all(context: JobContext, project: Project, filters: FilterSettings) -> Filtered:
    """Replace previously generated pairs by the new ones and filter all pairs, in one transaction.

    Raises:
        ModelError: no pairs would be left, and why; nothing is changed then.
    """
    workspace = context.workspace
    with transaction(workspace.db):
        put_in_place(workspace, project.id, context.job.id)
        forget_others(workspace, project.id, context.job.id)
        return filter_again(workspace, project, filters)


def _count_in_part(context: JobContext, project: Project, filters: FilterSettings) -> None:
    """Do the same for the passages finished so far, if there are any; the others keep their previous pairs."""
    workspace = context.workspace
    with transaction(workspace.db):
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


def _written(
    project: Project, batch: Sequence[Approved], generator: TextGenerator, settings: GenerationSettings
) -> list[WrittenPassage]:
    """Write the pairs of a few passages; all get the same timestamp, so that they stay in the order of the passages."""
    sources = {passage.id: (document, review, passage) for document, review, passage in batch}
    created_at = now()
    pairs: defaultdict[str, list[QuestionPair]] = defaultdict(list)
    excerpts = [Excerpt(passage=passage, title=document.name, language=document.language) for document, _, passage in batch]
    for candidate in find_writer(settings.writer).write(excerpts, generator, settings):
        document, review, passage = sources[candidate.passage_id]
        pair = QuestionPair(
            id=new_id("pair"),
            project_id=project.id,
            input=candidate.question,
            output=candidate.answer,
            origin="generated",
            document_id=document.id,
            document_name=document.name,
            review_id=review.id,
            passage_id=passage.id,
            page=passage.page,
            quote=candidate.quote,
            quote_start=candidate.start,
            quote_end=candidate.end,
            writer=settings.writer,
            kind=candidate.kind,
            wording=candidate.wording,
            fact=f"{review.id}:{candidate.fact}",
            created_at=created_at,
        )
        pairs[passage.id].append(pair)
    return [
        WrittenPassage(document_id=document.id, review_id=review.id, passage_id=passage.id, pairs=tuple(pairs[passage.id]))
        for document, review, passage in batch
    ]
