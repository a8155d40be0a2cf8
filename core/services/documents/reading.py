"""Files → documents with text and passages. A file that cannot be read is listed with the reason."""

import shutil
from collections.abc import Callable
from pathlib import Path

from core.documents import Member, expand, page_edges, read_document, split_passages, word_count
from core.errors import InputError
from core.files import sha256_file, sha256_text
from core.jobs.context import UNPACKED, JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.models import registry
from core.privacy.classification.markings import find_marking
from core.records import Document, Project, new_id, now
from core.services.documents.incoming import remove_incoming, remove_unfinished, shown_name
from core.services.documents.refusal import forget_refusals, refused
from core.settings import EMBEDDED_MODEL, Settings, SplitSettings
from core.storage import Workspace, find, get, transaction


class File(Settings):
    """A file to read, with the name it is shown under."""

    path: PathText
    name: PathText


class Params(JobParams):
    """The files to read; `remove_after` deletes them once they were read, as a page put them aside."""

    kind = "read"
    files: tuple[File, ...]
    remove_after: bool = False


class Result(JobResult):
    """The ids of the `documents`, and how many files were `read`, `skipped` or `unreadable`.

    Skipped are those that the project has already. An unreadable file that is listed already counts as unreadable again.
    """

    kind = "read"
    documents: tuple[str, ...] = ()
    read: int = 0
    skipped: int = 0
    unreadable: int = 0


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the project exists and that files were given."""
    get(workspace.db, Project, project_id)
    if not params.files:
        raise InputError("No file was given.", "Choose at least one.")


def run(context: JobContext, params: Params) -> Result:
    """Run a reading job."""
    files = [(Path(file.path), file.name) for file in params.files]
    project = context.project()
    result = read_files(context, project, files)
    if params.remove_after:
        remove_incoming(path for path, _ in files)
    return result


def read_files(context: JobContext, project: Project, files: list[tuple[Path, str]]) -> Result:
    """Read `files` into `project`, continuing after failures and skipping what an earlier attempt read.

    An unreadable file that is listed already is not stored twice.
    """
    workspace = context.workspace
    count_tokens = _counter(context)
    # not in the system's temporary folder: the queue clears this one if the job is killed
    unpacked = workspace.job_folder(context.job.id) / UNPACKED
    unpacked.mkdir(parents=True, exist_ok=True)
    finished = context.finished_items()
    remove_unfinished(context, project)
    for number, (path, given_name) in enumerate(files):
        name = shown_name(given_name)
        context.progress(number, len(files), unit="files", message=f"Reading file {number + 1} of {len(files)}")
        item = f"file {number}"
        if item in finished:
            continue
        try:
            for index, member in enumerate(expand(path, name, within=unpacked)):
                context.check()
                if (inner := f"{item} member {index}") not in finished:
                    _read_one(context, project, member=member, count_tokens=count_tokens, item=inner)
        except InputError as error:
            _refuse(context, project, name=name, problem=str(error), item=item, path=path)
        context.finish_item(item)
    shutil.rmtree(unpacked, ignore_errors=True)
    context.progress(len(files), len(files), unit="files")
    items = context.finished_items()
    documents = [
        document for document in find(workspace.db, Document, project_id=project.id) if f"document:{document.id}" in items
    ]
    return Result(
        documents=tuple(document.id for document in documents),
        read=sum(document.state == "read" for document in documents),
        skipped=sum(item.startswith("skipped:") for item in items),
        unreadable=sum(item.startswith("unreadable:") for item in items),
    )


def _counter(context: JobContext) -> Callable[[str], int]:
    """Build a token counter with the embedded model that can be canceled, as splitting a long text takes minutes."""
    from core.models.llama import token_counter  # loads llama.cpp, which pages that show a result do without

    model = registry.find_model(registry.model_folders(context.workspace.home), EMBEDDED_MODEL)
    count = token_counter(Path(model.path))

    def counted(text: str) -> int:
        context.check()
        return count(text)

    return counted


def _refuse(context: JobContext, project: Project, *, name: str, problem: str, item: str, path: Path | None = None) -> None:
    """List a file that could not be read with the reason, only once even if it is added repeatedly."""
    is_file = path is not None and path.is_file()
    document = Document(
        id=new_id("document"),
        project_id=project.id,
        name=name,
        kind=Path(name).suffix.lstrip(".").lower(),
        size_bytes=path.stat().st_size if is_file and path else 0,
        sha256=sha256_file(path) if is_file and path else "",
        text_sha256=None,
        state="unreadable",
        problem=problem,
        created_at=now(),
    )
    with transaction(context.workspace.db):
        stored = _same_unreadable(context.workspace, document)
        if stored is None:
            context.workspace.store_document(document)
        context.finish_item(f"document:{(stored or document).id}")
        context.finish_item(f"unreadable:{item}")
        context.finish_item(item)


def _same_unreadable(workspace: Workspace, document: Document) -> Document | None:
    """Return the existing entry of the same unreadable file: same name and content or, without content, same reason."""
    same = {"project_id": document.project_id, "name": document.name, "sha256": document.sha256, "state": "unreadable"}
    earlier = find(workspace.db, Document, **same)
    return next((stored for stored in earlier if document.sha256 or stored.problem == document.problem), None)


def _read_one(
    context: JobContext, project: Project, *, member: Member, count_tokens: Callable[[str], int], item: str
) -> None:
    """Read and store one file, and mark `item` as finished."""
    workspace = context.workspace
    if member.path is None:
        _refuse(context, project, name=member.name, problem=str(member.error), item=item)
        return
    sha256 = sha256_file(member.path)
    if _skip_if_there(context, project, sha256, item=item):
        return
    try:
        extraction = read_document(member.path, member.name, on_page=lambda done, total: context.check())
    except InputError as error:
        _refuse(context, project, name=member.name, problem=str(error), item=item, path=member.path)
        return
    edges = page_edges(member.path, extraction.kind, extraction.text)
    marking = find_marking(extraction.text, extraction.pages, edges=edges)
    with transaction(workspace.db):
        permitted = get(workspace.db, Project, project.id)  # reloaded: it may have changed meanwhile
        too_high = refused(workspace, permitted, marking, path=member.path, name=member.name, kind=extraction.kind)
        if too_high is not None:
            for done in (f"document:{too_high.id}", f"unreadable:{item}", item):
                context.finish_item(done)
            return
    document = Document(
        id=new_id("document"),
        project_id=project.id,
        name=member.name,
        kind=extraction.kind,
        size_bytes=member.path.stat().st_size,
        sha256=sha256,
        text_sha256=sha256_text(extraction.text),
        state="read",
        problem=extraction.problem,
        page_count=len(extraction.pages),
        word_count=word_count(extraction.text),
        language=extraction.language,
        marking=marking.stored_text,
        marking_level=marking.level,
        created_at=now(),
    )
    passages = split_passages(
        document.id, extraction.text, extraction.pages, settings=SplitSettings(), count_tokens=count_tokens
    )
    context.finish_item(f"storing:{document.id}")
    try:
        workspace.store_text(document, extraction.text, pages=extraction.pages)
        shutil.copyfile(member.path, workspace.document_folder(document) / "original")
        with transaction(workspace.db):
            # again, now that no one else can write: another job may have read the same file in the meantime
            is_there = _skip_if_there(context, project, sha256, item=item)
            if not is_there:
                forget_refusals(workspace, project, sha256)
                workspace.store_document(document, passages=passages)
                context.finish_item(f"document:{document.id}")
                context.finish_item(item)
    except BaseException:  # on a full disk, leftovers would keep it full
        shutil.rmtree(workspace.document_folder(document), ignore_errors=True)
        raise
    if is_there:
        shutil.rmtree(workspace.document_folder(document), ignore_errors=True)


def _skip_if_there(context: JobContext, project: Project, sha256: str, *, item: str) -> bool:
    """Mark a file as finished if the project already has it; return whether it does."""
    with transaction(context.workspace.db):
        is_there = bool(find(context.workspace.db, Document, project_id=project.id, sha256=sha256, state="read"))
        if is_there:
            context.finish_item(f"skipped:{item}")
            context.finish_item(item)
    return is_there
