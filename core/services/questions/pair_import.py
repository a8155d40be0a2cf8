"""Import of question pairs. They become a document like any other, to be searched, reviewed and approved before training."""

from pathlib import Path

from core.errors import InputError
from core.files import sha256_file, sha256_text
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.privacy.classification.markings import find_marking
from core.questions import read_pairs
from core.questions.as_text import to_text
from core.records import Document, Page, Passage, Project, QuestionPair, new_id, now
from core.services.documents.incoming import remove_incoming, remove_unfinished, shown_name
from core.services.documents.refusal import forget_refusals, refused
from core.services.privacy.anonymization import find_personal_data
from core.storage import Workspace, get, insert_many, transaction


class Params(JobParams):
    """The file to import, and the name it is shown under; `remove_after` deletes it once it was read."""

    kind = "import"
    path: PathText
    name: PathText
    remove_after: bool = False


class Result(JobResult):
    """How many `pairs` the new document holds."""

    kind = "import"
    pairs: int
    document_id: str


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the project exists and that the whole file can be read."""
    get(workspace.db, Project, project_id)
    read_pairs(Path(params.path), name=params.name)


def run(context: JobContext, params: Params) -> Result:
    """Run an import job."""
    path, name = Path(params.path), shown_name(params.name)
    project = context.project()
    remove_unfinished(context, project)
    stored = context.finished_ids("document") or [
        _store(context, project, path=path, name=name, remove_after=params.remove_after)
    ]
    find_personal_data(context, project)
    if params.remove_after:
        remove_incoming([path])
    pairs = context.workspace.db.execute("select count(*) from pairs where document_id = ?", [stored[0]]).fetchone()[0]
    return Result(pairs=pairs, document_id=stored[0])


def _store(context: JobContext, project: Project, *, path: Path, name: str, remove_after: bool = False) -> str:
    rows = read_pairs(path, name=name)
    marking = find_marking("\n".join(part for row in rows for part in row))
    too_high = refused(context.workspace, project, marking, path=path, name=name, kind="pairs")
    if too_high is not None:
        if remove_after:
            remove_incoming([path])
        raise InputError(too_high.problem, "Choose a project that permits this marking.")
    pieces = [to_text(question, answer) for question, answer in rows]
    text = "\n\n".join(pieces)
    document = Document(
        id=new_id("document"),
        project_id=project.id,
        name=name,
        kind="pairs",
        size_bytes=path.stat().st_size,
        sha256=sha256_file(path),
        text_sha256=sha256_text(text),
        state="read",
        page_count=1,
        word_count=len(text.split()),
        marking=marking.stored_text,
        marking_level=marking.level,
        created_at=now(),
    )
    passages, pairs = [], []
    start = 0
    for index, (piece, (question, answer)) in enumerate(zip(pieces, rows, strict=True)):
        passage = Passage(
            id=new_id("passage"), document_id=document.id, index=index, start=start, end=start + len(piece), heading="",
            page="page 1", token_count=len(piece) // 4, text=piece,
        )  # fmt: skip
        passages.append(passage)
        pairs.append(
            QuestionPair(
                id=new_id("pair"),
                project_id=project.id,
                input=question,
                output=answer,
                origin="imported",
                document_id=document.id,
                document_name=name,
                passage_id=passage.id,
                page="page 1",
                quote=answer,
                created_at=now(),
            )  # fmt: skip
        )
        start += len(piece) + 2
    context.finish_item(f"storing:{document.id}")
    context.workspace.store_text(document, text, pages=(Page(number=1, label="page 1", start=0, end=len(text)),))
    with transaction(context.workspace.db):
        forget_refusals(context.workspace, project, document.sha256)
        context.workspace.store_document(document, passages=passages)
        insert_many(context.workspace.db, pairs)
        context.finish_item(f"document:{document.id}")
    return document.id
