"""Approved, anonymized passages → question pairs → filters."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from core.errors import Hint, InputError, JobCancelled, ModelError
from core.files import sha256_text
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.models import registry
from core.models.model_formats import is_for
from core.models.text import TextGenerator
from core.questions import Excerpt, find_writer
from core.records import Document, Model, Passage, Project, QuestionPair, Review, new_id, now
from core.services.questions.filtering import Filtered, filter_again
from core.services.questions.reapproval import renew_pairs
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find, get, transaction
from core.storage.written_passages import (
    WrittenPassage,
    forget_others,
    passage_count,
    put_in_place,
    store_written,
    up_to_date,
    written_by,
)

PASSAGES_AT_ONCE = 8
Approved = tuple[Document, Review, Passage]


class Params(JobParams):
    """How to write question pairs, and which to keep.

    Passages that were written from the same text with the same settings are skipped, unless `anew`. `forget_decisions`
    replaces also the pairs that a person decided on or edited, so it writes all passages.
    """

    kind = "generate"
    settings: GenerationSettings = GenerationSettings()
    filters: FilterSettings = FilterSettings()
    anew: bool = False
    forget_decisions: bool = False


class Result(JobResult):
    """How many pairs of the project are `kept` and, by reason, `dropped`.

    Of the approved `passages`, `skipped` were up to date: written before from the same text with the same settings.
    """

    kind = "generate"
    kept: int
    dropped: dict[str, int]
    passages: int
    skipped: int = 0


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there is approved text, and that the model can write questions."""
    project = get(workspace.db, Project, project_id)
    find_writer(params.settings.writer)
    find_generator(workspace, params.settings)
    if not _passage_count(workspace, project):
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
    _renew(context.workspace, project)
    try:
        skipped = _write_missing(context, project, settings, is_anew=is_anew or is_forgetting)
    except JobCancelled:
        if context.cancel_requested.is_set() and context.is_held():
            with suppress(ModelError):
                _count_in_part(context, project, filters, is_forgetting=is_forgetting)
        raise
    total = _passage_count(context.workspace, project)
    context.progress(total, total, unit="passages", message="Filtering")
    filtered = _count_in_all(context, project, filters, is_forgetting=is_forgetting)
    return Result(kept=filtered.kept, dropped=filtered.dropped, passages=total, skipped=skipped)


def _renew(workspace: Workspace, project: Project) -> None:
    """Carry pairs over to approvals that were given before this was done with the approval itself."""
    permitted = workspace.allowed("work on questions", project.id)
    for document in find(workspace.db, Document, project_id=project.id, state="read"):
        renew_pairs(permitted, document)


def _write_missing(context: JobContext, project: Project, settings: GenerationSettings, *, is_anew: bool) -> int:
    """Write and store pairs for the passages that are missing, a few at a time; return how many were up to date."""
    from core.models.engine.apart import WriterApart
    from core.models.unpacked import batch_gguf

    workspace, job = context.workspace, context.job
    model = find_generator(workspace, settings)
    key = "" if is_anew else _settings_key(settings, model)
    total, skipped, done = _counts(workspace, project, job_id=job.id, key=key)
    if done + skipped == total:
        return skipped
    done += skipped
    opened = batch_gguf(Path(model.path), workspace.unpacked_folder, report=lambda _: context.check())
    missing = _missing(workspace, project, job_id=job.id, key=key)
    with WriterApart(opened, sequences=settings.batch_sequences) as generator:
        while batch := list(islice(missing, PASSAGES_AT_ONCE)):
            context.progress(done, total, unit="passages", message=f"Reading passage {done + 1} of {total}")
            written = _written(project, batch, generator, settings)
            store_written(workspace, project.id, job.id, written, settings_sha256=_settings_key(settings, model))
            done += len(batch)
    return skipped


def _settings_key(settings: GenerationSettings, model: Model) -> str:
    """Return a SHA-256 of everything but its text that a passage's pairs depend on."""
    values = settings.model_dump(exclude={"batch_sequences"}) | {"model_sha256": model.sha256}
    return sha256_text(json.dumps(values, sort_keys=True))


def _count_in_all(context: JobContext, project: Project, filters: FilterSettings, *, is_forgetting: bool) -> Filtered:
    """Replace previously generated pairs by the new ones and filter all pairs, in one transaction.

    Raises:
        ModelError: no pairs would be left, and why; nothing is changed then.
    """
    workspace = context.workspace
    with transaction(workspace.db):
        put_in_place(workspace, project.id, context.job.id, is_forgetting=is_forgetting)
        forget_others(workspace, project.id, context.job.id)
        return filter_again(workspace, project, filters)


def _count_in_part(context: JobContext, project: Project, filters: FilterSettings, *, is_forgetting: bool) -> None:
    """Do the same for the passages finished so far, if there are any; the others keep their previous pairs."""
    workspace = context.workspace
    with transaction(workspace.db):
        if put_in_place(workspace, project.id, context.job.id, is_forgetting=is_forgetting):
            filter_again(workspace, project, filters)


def _approved(workspace: Workspace, project: Project) -> Iterator[tuple[Document, Review]]:
    """Yield all documents with a valid approval, except imported pairs, which need no questions."""
    for document in find(workspace.db, Document, project_id=project.id, state="read"):
        review = workspace.active_review(document.id) if document.kind != "pairs" else None
        if review is not None:
            yield document, review


def _passage_count(workspace: Workspace, project: Project) -> int:
    return sum(passage_count(workspace, project.id, review.id) for _, review in _approved(workspace, project))


def _counts(workspace: Workspace, project: Project, *, job_id: str, key: str) -> tuple[int, int, int]:
    """Return how many passages there are, how many of them are up to date, and how many others the job has written."""
    total, skipped, done = 0, 0, 0
    for _, review in _approved(workspace, project):
        written = written_by(workspace, project.id, job_id, review.id)
        total += passage_count(workspace, project.id, review.id)
        skipped += len(up_to_date(workspace, project.id, review.id, key) - written)
        done += len(written)
    return total, skipped, done


def _missing(workspace: Workspace, project: Project, *, job_id: str, key: str) -> Iterator[Approved]:
    """Yield the approved passages that neither this job has written nor are up to date; one document's text is held."""
    for document, review in _approved(workspace, project):
        finished = written_by(workspace, project.id, job_id, review.id)
        finished |= up_to_date(workspace, project.id, review.id, key)
        if len(finished) < passage_count(workspace, project.id, review.id):
            for passage in workspace.passages_of(document.project_id, review):
                if passage.id not in finished:
                    yield document, review, passage


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
