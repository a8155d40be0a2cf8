"""Approved, anonymized passages → question pairs → filters."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.jobs.context import JobContext
from core.models import registry
from core.questions import Candidate, apply_filters, generate_pairs
from core.records import Document, Model, Passage, Project, QuestionPair, Review, new_id, now
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find, get, insert_many, rights, transaction, update

PASSAGES_AT_ONCE = 8


def check(workspace: Workspace, project_id: str, params: dict[str, Any]) -> None:
    """There is approved text, the model is there, the settings hold."""
    project = get(workspace.db, Project, project_id)
    find_generator(workspace, GenerationSettings.from_values(params.get("settings", {})))
    FilterSettings.from_values(params.get("filters", {}))
    if not _approved(workspace, project):
        raise InputError(
            f"No document of {project.name} is approved.",
            f"Review and approve first: garrison review {project.name} approve DOCUMENT --as NAME",
        )


def find_generator(workspace: Workspace, settings: GenerationSettings) -> Model:
    """The GGUF model that writes the questions.

    Raises:
        SetupError: it is not on this machine.
        InputError: it is not a GGUF file.
    """
    model = registry.find_model(registry.model_folders(workspace.home), settings.model)
    if model.format != "gguf":
        raise InputError(f"{model.name} cannot write questions: it is not a GGUF file.", "Choose a GGUF model.")
    return model


def run(context: JobContext) -> dict[str, Any]:
    """Params: `settings`, `filters`. Result: `kept`, `dropped` (by reason), `passages`."""
    project = get(context.workspace.db, Project, context.job.project_id)
    settings = GenerationSettings.from_values(context.job.params.get("settings", {}))
    filters = FilterSettings.from_values(context.job.params.get("filters", {}))
    return write_questions(context, project, settings=settings, filters=filters)


def write_questions(
    context: JobContext, project: Project, *, settings: GenerationSettings, filters: FilterSettings
) -> dict[str, Any]:
    """Write pairs for every approved passage an earlier attempt did not finish, then filter all of them.

    Pairs of earlier generations are replaced once this one is complete; imported ones stay.
    """
    from core.models.batch import BatchGenerator

    workspace = context.workspace
    approved = _approved(workspace, project)
    finished = context.finished_items()
    todo = [entry for entry in approved if entry[2].id not in finished]
    model = find_generator(workspace, settings)
    with BatchGenerator(Path(model.path), sequences=settings.batch_sequences) as generator:
        for start in range(0, len(todo), PASSAGES_AT_ONCE):
            batch = todo[start : start + PASSAGES_AT_ONCE]
            done = len(approved) - len(todo) + start
            context.progress(done, len(approved), unit="passages", message=f"Reading passage {done + 1} of {len(approved)}")
            candidates = list(generate_pairs([passage for _, _, passage in batch], generator, settings))
            with transaction(workspace.db):
                insert_many(workspace.db, _pairs(project, batch, candidates))
                for _, _, passage in batch:
                    context.finish_item(passage.id)
    context.progress(len(approved), len(approved), unit="passages", message="Filtering")
    with transaction(workspace.db):
        workspace.db.execute(
            "delete from pairs where project_id = ? and origin = 'generated' and created_at < ?",
            [project.id, context.job.created_at],
        )
        result = filter_again(workspace, project, filters)
    return result | {"passages": len(approved)}


def _approved(workspace: Workspace, project: Project) -> list[tuple[Document, Review, Passage]]:
    """Every passage of a standing approval; imported pairs need no questions written."""
    found = []
    for document in find(workspace.db, Document, project_id=project.id, state="read"):
        if document.kind != "pairs":
            review, passages = workspace.approved_passages(document)
            found += [(document, review, passage) for passage in passages if review]
    return found


def _pairs(
    project: Project, batch: list[tuple[Document, Review, Passage]], candidates: list[Candidate]
) -> Iterator[QuestionPair]:
    sources = {passage.id: (document, review, passage) for document, review, passage in batch}
    for candidate in candidates:
        document, review, passage = sources[candidate.passage_id]
        yield QuestionPair(
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
            created_at=now(),
        )


def filter_again(workspace: Workspace, project: Project, filters: FilterSettings) -> dict[str, Any]:
    """Run the filters over every pair of `project` and store what they say; `kept` and `dropped` by reason.

    Raises:
        ModelError: nothing is left, and why.
    """
    rights.check(workspace.db, "work on questions", project.id)
    pairs = find(workspace.db, QuestionPair, project_id=project.id, order="created_at, rowid")
    fresh = [replace(pair, state="kept", reason="") if pair.reason != "by hand" else pair for pair in pairs]
    judged = apply_filters(fresh, filters)
    before = {pair.id: (pair.state, pair.reason) for pair in pairs}
    with transaction(workspace.db):
        for pair in judged:
            if before[pair.id] != (pair.state, pair.reason):
                update(workspace.db, QuestionPair, pair.id, state=pair.state, reason=pair.reason)
    dropped = Counter(pair.reason for pair in judged if pair.state == "dropped")
    return {"kept": sum(pair.state == "kept" for pair in judged), "dropped": dict(dropped.most_common())}
