"""`garrison documents …`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.shell import plain, shell_of, table
from core.errors import InputError
from core.records import Document
from core.services.documents.document_formats import offered_formats
from core.services.documents.incoming import shown_name
from core.storage import find, get
from core.words import counted

if TYPE_CHECKING:
    from core.documents import FolderFiles

app = typer.Typer(no_args_is_help=True)
FORMAT_HELP = "; ".join(f"{form.name}: {form.usage}" if form.usage else form.name for form in offered_formats())


@app.command()
def add(
    context: typer.Context,
    project: str,
    paths: Annotated[list[Path], typer.Argument(help="Files, folders or zip archives.")],
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Read documents into a project. Links that lead out of a folder are skipped and listed."""
    from core.services.documents import reading

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    given = _files(paths)
    links = [shown_name(str(link)) for link in given.links]
    words = [f"Left out, a link that leads out of its folder or nowhere: {link}" for link in links]
    files = tuple(reading.File(path=str(path.resolve()), name=path.name) for path in given.files)
    job = shell.run(reading.Params(files=files), project_id=chosen.id, detach=detach)
    if detach:
        shell.show(plain(job) | {"left_out": links}, "\n".join([f"Job {job.id}", *words]))
        return
    result = reading.Result.of(job)
    documents = [get(shell.workspace.db, Document, document_id) for document_id in result.documents]
    if documents and all(document.state == "unreadable" for document in documents):
        first, number = documents[0], result.unreadable
        what = "The file could not" if number == 1 else f"None of {number} files could"
        raise InputError(f"{what} be read. {first.name}: {first.problem}")
    lines = [_text(documents)] if documents else []
    if result.skipped:
        lines.append(f"{counted(result.skipped, 'file')} already there: left out.")
    if result.unreadable:
        lines.append(f"{counted(result.unreadable, 'file')} could not be read.")
    shell.show({"documents": documents, "skipped": result.skipped, "left_out": links}, "\n".join(lines + words))


def _files(paths: list[Path]) -> "FolderFiles":
    """Collect the files to read from `paths`, and the links that are not followed.

    Raises:
        InputError: a path does not exist, or there are no files.
    """
    from core.documents import FolderFiles, files_in

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise InputError(f"There is no file {missing[0]}.", "Check the path.")
    folders = [files_in(path) if path.is_dir() else FolderFiles((path,)) for path in paths]
    files = tuple(file for part in folders for file in part.files)
    links = tuple(link for part in folders for link in part.links)
    if not files:
        only = f" but {len(links)} links that lead out of it" if links else ""
        raise InputError(f"There are no files in that folder{only}.", "Name files or a folder that holds some.")
    return FolderFiles(files, links)


@app.command("list")
def list_documents(context: typer.Context, project: str) -> None:
    """List the documents of a project."""
    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    documents = find(shell.workspace.db, Document, project_id=chosen.id)
    shell.show(documents, _text(documents))


@app.command()
def export(
    context: typer.Context,
    project: str,
    to: Annotated[Path, typer.Option("--to", help="The folder to make, or an empty one.")],
    documents: Annotated[
        list[str] | None, typer.Argument(help="Document ids or names; default: every approved one.")
    ] = None,
    format: Annotated[str, typer.Option(help=f"{FORMAT_HELP}.")] = "same",
) -> None:
    """Write the anonymized text of approved documents to files named after their ids, with SHA256SUMS."""
    from core.services.documents.document_export import export_documents, exportable_documents

    shell = shell_of(context)
    owner = shell.workspace.project(project)
    chosen = [shell.workspace.document(owner, name) for name in documents or []]
    export = export_documents(shell.workspace, chosen or exportable_documents(shell.workspace, owner), to, format=format)
    words = (f"{export.unread}\n" if export.unread else "") + f"{counted(len(export.files), 'file')} written to {to}"
    text = f"{words}\n{export.note}." if export.note else words
    shell.show(
        {
            "unread": export.unread,
            "files": export.files,
            "left_out": export.left_out,
            "as_text": export.as_text,
            "note": export.note,
            "path": to,
        },
        text,
    )


def _text(documents: list[Document]) -> str:
    rows = [
        {"id": d.id, "name": d.name, "kind": d.kind, "pages": d.page_count, "words": d.word_count, "state": d.state,
         "marking": "" if d.marking is None else d.marking, "problem": d.problem}
        for d in documents
    ]  # fmt: skip
    return table(rows, empty="No documents yet. Next: garrison documents add PROJECT PATH…")
