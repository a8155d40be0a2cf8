"""`garrison documents …`."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.shell import shell_of, table
from core.errors import InputError
from core.records import Document
from core.storage import find, get

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    context: typer.Context,
    project: str,
    paths: Annotated[list[Path], typer.Argument(help="Files, folders or zip archives.")],
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Read documents into a project."""
    shell = shell_of(context)
    found = shell.workspace.project(project)
    files = [{"path": str(path.resolve()), "name": path.name} for path in _files(paths)]
    job = shell.run("read", {"files": files}, project_id=found.id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    documents = [get(shell.workspace.db, Document, document_id) for document_id in job.result["documents"]]
    read = [document for document in documents if document.state == "read"]
    if documents and not read:
        first = documents[0]
        raise InputError(f"None of {len(documents)} files could be read. {first.name}: {first.problem}")
    shell.show({"documents": documents, "skipped": job.result["skipped"]}, _text(documents))


def _files(paths: list[Path]) -> list[Path]:
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise InputError(f"There is no file {missing[0]}.", "Check the path.")
    files: list[Path] = []
    for path in paths:
        inside = (
            sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")) if path.is_dir() else [path]
        )
        files += inside
    if not files:
        raise InputError("There are no files in that folder.", "Name files or a folder that holds some.")
    return files


@app.command("list")
def list_documents(context: typer.Context, project: str) -> None:
    """List the documents of a project."""
    shell = shell_of(context)
    found = shell.workspace.project(project)
    documents = find(shell.workspace.db, Document, project_id=found.id)
    shell.show(documents, _text(documents))


def _text(documents: list[Document]) -> str:
    rows = [
        {"id": d.id, "name": d.name, "kind": d.kind, "pages": d.page_count, "words": d.word_count, "state": d.state,
         "problem": d.problem}
        for d in documents
    ]  # fmt: skip
    return table(rows, empty="No documents yet. Next: garrison documents add PROJECT PATH…")
