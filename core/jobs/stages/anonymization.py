"""Documents → spans of personal data, each with the surrogate that will replace it."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.jobs.context import JobContext
from core.models import registry
from core.privacy import Detector, SurrogateTable, build_detector, find_spans
from core.records import Document, Project, Span
from core.storage import Workspace, find, get, insert_many, transaction, update

DETECTION_MODEL = "en-core-web-md"


def check(workspace: Workspace, project_id: str, params: dict[str, Any]) -> None:
    """There are readable documents."""
    if not find(workspace.db, Document, project_id=project_id, state="read"):
        project = get(workspace.db, Project, project_id)
        raise InputError(
            f"{project.name} has no readable documents.", f"Add some: garrison documents add {project.name} PATH…"
        )


def run(context: JobContext) -> dict[str, Any]:
    """Result: `documents` searched now, `spans` in the project."""
    return find_personal_data(context, get(context.workspace.db, Project, context.job.project_id))


def open_detector(workspace: Workspace) -> Detector:
    """The detector with this machine's spaCy model."""
    model = registry.find_model(registry.model_folders(workspace.home), DETECTION_MODEL)
    return build_detector(Path(model.path))


def find_personal_data(context: JobContext, project: Project) -> dict[str, Any]:
    """Search every document of `project` whose text was not searched yet; one transaction each."""
    workspace = context.workspace
    documents = find(workspace.db, Document, project_id=project.id, state="read")
    fresh = [document for document in documents if not document.is_analyzed]
    detector = open_detector(workspace) if fresh else None
    for number, document in enumerate(fresh):
        context.progress(number, len(fresh), unit="documents", message=f"Searching document {number + 1} of {len(fresh)}")
        if detector is not None:
            _search(workspace, project, document=document, detector=detector)
    context.progress(len(fresh), len(fresh), unit="documents")
    spans = sum(len(find(workspace.db, Span, document_id=document.id)) for document in documents)
    return {"documents": len(fresh), "spans": spans}


def _search(workspace: Workspace, project: Project, *, document: Document, detector: Detector) -> None:
    text = workspace.text(document)
    found = find_spans(detector, document, text)
    with transaction(workspace.db):
        table = surrogate_table(workspace, project.id)
        spans = [replace(span, surrogate=table.surrogate(span.entity, text[span.start : span.end])) for span in found]
        workspace.db.execute("delete from spans where document_id = ? and state = 'detected'", [document.id])
        insert_many(workspace.db, spans)
        store_surrogates(workspace, project.id, table)
        update(workspace.db, Document, document.id, analyzed_sha256=document.text_sha256)


def surrogate_table(workspace: Workspace, project_id: str) -> SurrogateTable:
    """The project's surrogates; its secret key is made on first use."""
    db = workspace.db
    db.execute("insert or ignore into project_keys (project_id, key) values (?, ?)", [project_id, secrets.token_bytes(32)])
    key = db.execute("select key from project_keys where project_id = ?", [project_id]).fetchone()["key"]
    rows = db.execute("select entity, value_hmac, surrogate from surrogates where project_id = ?", [project_id])
    return SurrogateTable(key, [tuple(row) for row in rows])


def store_surrogates(workspace: Workspace, project_id: str, table: SurrogateTable) -> None:
    """Store the surrogates that `table` gave since it was opened."""
    workspace.db.executemany(
        "insert or ignore into surrogates (project_id, entity, value_hmac, surrogate) values (?, ?, ?, ?)",
        [(project_id, *row) for row in table.new_rows()],
    )
