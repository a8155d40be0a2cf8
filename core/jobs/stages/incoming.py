"""Files that are brought: their names for people, and those a page put beside the workspace for a job."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.jobs.context import JobContext
from core.records import Document, Project
from core.storage import find


def shown_name(name: str) -> str:
    """A file's name on one line, in characters that every table, log and database can hold."""
    return "".join(character if character.isprintable() else "_" for character in name)


def remove_incoming(params: dict[str, Any], paths: Iterable[Path]) -> None:
    """Delete `paths`, and their folders once empty, where the job's params say `remove_after`."""
    if not params.get("remove_after"):
        return
    for path in paths:
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def remove_unfinished(context: JobContext, project: Project) -> None:
    """Delete the files of documents whose storing an earlier attempt was killed in: no row names them."""
    for document_id in context.finished_ids("storing"):
        if not find(context.workspace.db, Document, id=document_id):
            folder = context.workspace.project_folder(project.id) / "documents" / document_id
            shutil.rmtree(folder, ignore_errors=True)
