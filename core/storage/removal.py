"""Remove a document from a project, or a project from the workspace, with everything that came from it."""

import shutil
import time

from core.records import DatasetVersion, Document, Job, Project, Review, Run, Span
from core.storage import audit, rights
from core.storage.rows import count, delete, find
from core.storage.source_index import SourceIndex
from core.storage.traceless import empty_log, traceless
from core.storage.transactions import transaction
from core.storage.workspace import Workspace

LONGEST_PUT_ASIDE_S = 24 * 3600


def remove_document(workspace: Workspace, document: Document, *, actor: str | None = None) -> None:
    """Remove a document, its spans, its reviews and its question pairs. `actor` is the name of who does it, if known.

    Dataset versions frozen earlier keep their rows, and runs keep what they learned from them.
    """
    rights.check(workspace.db, "remove documents", document.project_id)
    reviews = find(workspace.db, Review, document_id=document.id)
    counts = {"spans": count(workspace.db, Span, document_id=document.id), "reviews": len(reviews)}
    with transaction(workspace.db):
        if find(workspace.db, Document, id=document.id):
            audit.append_for(workspace.db, document.id, "document removed", actor=actor, counts=counts)
        delete(workspace.db, Document, id=document.id)  # cascades to everything that refers to it
    for review in reviews:
        workspace.anonymized_path(document.project_id, review.id).unlink(missing_ok=True)
    if (path := workspace.sources_path(document.project_id)).exists():
        with SourceIndex(path) as index:
            index.remove([document.id])
    shutil.rmtree(workspace.document_folder(document), ignore_errors=True)


def clear_leftovers(workspace: Workspace) -> None:
    """Remove the folders of projects and jobs that are gone, as an interrupted removal leaves them, and files for no job."""
    for table in ("projects", "jobs"):
        folders = list((workspace.home / table).glob("*-*"))  # before the rows, which are there before their folders
        known = {row["id"] for row in workspace.db.execute(f"select id from {table}")}  # noqa: S608 ours
        for folder in folders:
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
    for folder in (workspace.home / "incoming").glob("*"):  # put aside by a page, whose job may still be about to begin
        named = workspace.db.execute("select 1 from jobs where instr(params, ?)", [folder.name]).fetchone()
        if not named and time.time() - folder.stat().st_mtime > LONGEST_PUT_ASIDE_S:
            shutil.rmtree(folder, ignore_errors=True)


def remove_project(workspace: Workspace, project: Project, *, actor: str | None = None) -> None:
    """Remove a project with all that is in it, and overwrite its words. `actor` is the name of who does it, if known."""
    rights.check(workspace.db, "delete project", project.id)
    folder = workspace.project_folder(project.id)  # while the roles that allow this still exist
    with traceless(workspace.db):
        documents = find(workspace.db, Document, project_id=project.id)
        for document in documents:
            audit.append_for(workspace.db, document.id, "document removed", actor=actor)
        held = {"documents": Document, "dataset versions": DatasetVersion, "runs": Run}
        counts = {words: count(workspace.db, kind, project_id=project.id) for words, kind in held.items()}
        audit.append(workspace.db, "project deleted", actor=actor, subjects={"project": project.id}, counts=counts)
        delete(workspace.db, Project, id=project.id)
        job_ids = [job.id for job in find(workspace.db, Job, project_id=project.id)]
        delete(workspace.db, Job, project_id=project.id)
    for path in (folder, *map(workspace.job_folder, job_ids)):
        shutil.rmtree(path, ignore_errors=True)
    empty_log(workspace.db)
