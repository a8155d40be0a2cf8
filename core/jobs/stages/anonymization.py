"""Documents → spans of personal data, each with the surrogate that will replace it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.jobs.context import JobContext
from core.models import registry
from core.privacy import Detector, build_detector, find_spans, store_surrogates, surrogate_table
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
        table = surrogate_table(workspace, project.id, avoid=_words(text))
        spans = [replace(span, surrogate=table.surrogate(span.entity, text[span.start : span.end])) for span in found]
        workspace.db.execute("delete from spans where document_id = ? and state = 'detected'", [document.id])
        insert_many(workspace.db, spans)
        store_surrogates(workspace, project.id, table)
        update(workspace.db, Document, document.id, analyzed_sha256=document.text_sha256)


def _words(text: str) -> set[str]:
    """What no surrogate may equal."""
    return set(re.findall(r"\w+", text))
