"""Incoming files: their display names, and cleanup of those that a page put aside for a job."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from core.jobs.context import JobContext
from core.records import Document, Project
from core.storage import find


def shown_name(name: str) -> str:
    """Return a file's name with unprintable characters replaced by underscores, safe for tables, logs and databases."""
    return "".join(character if character.isprintable() else "_" for character in name)


def remove_incoming(paths: Iterable[Path]) -> None:
    """Delete `paths`, and their folders once empty."""
    for path in paths:
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def remove_unfinished(context: JobContext, project: Project) -> None:
    """Delete files of documents without a row, left when an earlier attempt was killed while storing them."""
    for document_id in context.finished_ids("storing"):
        if not find(context.workspace.db, Document, id=document_id):
            folder = context.workspace.project_folder(project.id) / "documents" / document_id
            shutil.rmtree(folder, ignore_errors=True)
