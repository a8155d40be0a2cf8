"""Taking a document out of a project, with everything that came from it."""

import shutil

from core.records import Document, Review
from core.storage.database import transaction
from core.storage.rows import delete, find
from core.storage.workspace import Workspace


def remove_document(workspace: Workspace, document: Document) -> None:
    """Remove a document, its spans, its reviews and its question pairs.

    Dataset versions that were frozen before keep their rows, and runs what they learned from them.
    """
    reviews = find(workspace.db, Review, document_id=document.id)
    with transaction(workspace.db):
        delete(workspace.db, Document, id=document.id)  # what refers to it goes with it
    for review in reviews:
        workspace.anonymized_path(document.project_id, review.id).unlink(missing_ok=True)
    shutil.rmtree(workspace.document_folder(document), ignore_errors=True)
