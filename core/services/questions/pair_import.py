"""Import of question pairs. They become a document like any other, to be searched, reviewed and approved before training."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import InputError
from core.files import sha256_file, sha256_text
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.privacy.classification.markings import Marking, find_marking
from core.questions import inspect_file, read_conversations
from core.questions.as_text import to_text
from core.questions.exchange.columns import Columns
from core.questions.exchange.conversations import Conversation, Exchange
from core.questions.exchange.reading import Brought, Choices, conversations_in
from core.records import Document, Page, Part, Passage, Project, QuestionPair, new_id, now
from core.services.documents.incoming import remove_incoming, remove_unfinished, shown_name
from core.services.documents.refusal import forget_refusals, refused
from core.services.privacy.anonymization import find_personal_data
from core.storage import Workspace, get, insert_many, transaction

_BETWEEN = "\n\n"  # conversations


class Params(JobParams):
    """The file to import, and the name it is shown under; `remove_after` deletes it once it was read.

    `columns` says what each column holds, if its name does not tell. Without `has_titles`, the first row of a table is a
    pair, too. `skips_wrong` leaves out rows that cannot be used, instead of importing nothing.
    """

    kind = "import"
    path: PathText
    name: PathText
    remove_after: bool = False
    columns: dict[str, str] = {}
    has_titles: bool = True
    skips_wrong: bool = False

    @property
    def choices(self) -> Choices:
        """The same as the reader takes it."""
        columns = Columns.of(self.columns) if self.columns else None
        return Choices(columns=columns, has_titles=self.has_titles, skips_wrong=self.skips_wrong)


class Result(JobResult):
    """How many `pairs` the new document holds, and in sentences what of the file was left out."""

    kind = "import"
    pairs: int
    document_id: str
    notes: list[str] = []


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the project exists and that the whole file can be read."""
    get(workspace.db, Project, project_id)
    read_conversations(Path(params.path), name=params.name, choices=params.choices)


def run(context: JobContext, params: Params) -> Result:
    """Run an import job."""
    path = Path(params.path)
    project = context.project()
    remove_unfinished(context, project)
    stored, notes = context.finished_ids("document"), []
    if not stored or path.exists():
        brought = inspect_file(path, name=params.name, choices=params.choices)
        stored, notes = stored or [_store(context, project, params, brought)], brought.notes
    find_personal_data(context, project)
    if params.remove_after:
        remove_incoming([path])
    pairs = context.workspace.db.execute("select count(*) from pairs where document_id = ?", [stored[0]]).fetchone()[0]
    return Result(pairs=pairs, document_id=stored[0], notes=notes)


def _store(context: JobContext, project: Project, given: Params, brought: Brought) -> str:
    path, name = Path(given.path), shown_name(given.name)
    talks = conversations_in(brought, name)
    marking = find_marking("\n".join(message.text for talk in talks for message in talk.messages))
    _refuse(context, project, given, marking)
    pieces: list[tuple[str, tuple[Part, ...]]] = []
    start = 0
    for talk in talks:
        pieces.append(to_text(talk.messages, start=start))
        start += len(pieces[-1][0]) + len(_BETWEEN)
    text = _BETWEEN.join(piece for piece, _ in pieces)
    document = _document(project, path, name=name, text=text, marking=marking)
    passages = _passages(document, pieces)
    _insert(context, project, document, text=text, passages=passages, pairs=_pairs(document, passages, talks))
    return document.id


def _refuse(context: JobContext, project: Project, given: Params, marking: Marking) -> None:
    """Raise an InputError if the project does not permit `marking`; the refusal is listed."""
    path = Path(given.path)
    too_high = refused(context.workspace, project, marking, path=path, name=shown_name(given.name), kind="pairs")
    if too_high is not None:
        if given.remove_after:
            remove_incoming([path])
        raise InputError(too_high.problem, "Choose a project that permits this marking.")


def _document(project: Project, path: Path, *, name: str, text: str, marking: Marking) -> Document:
    return Document(
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


def _passages(document: Document, pieces: Sequence[tuple[str, tuple[Part, ...]]]) -> list[Passage]:
    """Return a passage per conversation, so that all its pairs stay on the same side of a split."""
    passages: list[Passage] = []
    start = 0
    for index, (text, parts) in enumerate(pieces):
        passages.append(
            Passage(
                id=new_id("passage"),
                document_id=document.id,
                index=index,
                start=start,
                end=start + len(text),
                heading="",
                page="page 1",
                token_count=len(text) // 4,
                text=text,
                parts=parts,
            )
        )
        start += len(text) + len(_BETWEEN)
    return passages


def _pairs(document: Document, passages: Sequence[Passage], talks: Sequence[Conversation]) -> list[QuestionPair]:
    return [
        _pair(document, passage, exchange)
        for passage, talk in zip(passages, talks, strict=True)
        for exchange in talk.learned
    ]


def _pair(document: Document, passage: Passage, exchange: Exchange) -> QuestionPair:
    return QuestionPair(
        id=new_id("pair"),
        project_id=document.project_id,
        input=exchange.input,
        output=exchange.output,
        system=exchange.system,
        history=exchange.history,
        origin="imported",
        document_id=document.id,
        document_name=document.name,
        passage_id=passage.id,
        page=passage.page,
        quote=exchange.output,
        created_at=now(),
    )


def _insert(
    context: JobContext,
    project: Project,
    document: Document,
    *,
    text: str,
    passages: Sequence[Passage],
    pairs: Sequence[QuestionPair],
) -> None:
    context.finish_item(f"storing:{document.id}")
    context.workspace.store_text(document, text, pages=(Page(number=1, label="page 1", start=0, end=len(text)),))
    with transaction(context.workspace.db):
        forget_refusals(context.workspace, project, document.sha256)
        context.workspace.store_document(document, passages=passages)
        insert_many(context.workspace.db, pairs)
        context.finish_item(f"document:{document.id}")
