"""Second search: run a different detector over the current anonymized text of a document or a whole project."""

from pathlib import Path

from core.detectors import RAMPART, SPACY, detectors_of
from core.errors import Hint, InputError
from core.files import sha256_text
from core.identity import declared
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.models import registry
from core.privacy import mask
from core.records import Document, Project, Span
from core.services.privacy.anonymization import DETECTION_MODEL, SECOND_MODEL
from core.services.review.second_search import Finder, search_again, second_search_of, store_second_search
from core.storage import Workspace, find, get


class Params(JobParams):
    """The document to search ("" for all), and `by`, the requester's declared name, if any."""

    kind = "search again"
    document_id: str = ""
    by: str = ""


class Result(JobResult):
    """How many `documents` were searched now, and the places `found` in all, including those searched before."""

    kind = "search again"
    documents: int
    found: int


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there is an already searched document and that the declared name, if any, is valid."""
    if params.by:
        declared(params.by)
    if not _documents(workspace, project_id, params.document_id):
        project = get(workspace.db, Project, project_id)
        raise InputError(
            f"{project.name} has no document that was searched for personal data.",
            Hint("Find personal data on the page Documents first.", command=f"garrison anonymize {project.name}"),
        )


def run(context: JobContext, params: Params) -> Result:
    """Run a second search job. The name of a signed-in person takes precedence over `by`."""
    workspace = context.workspace
    person = declared(params.by) if params.by and workspace.actor is None else None
    documents = _documents(workspace, context.project().id, params.document_id)
    finders: dict[str, Finder] = {}
    searched = total = 0
    for number, document in enumerate(documents):
        message = f"Searching anonymized document {number + 1} of {len(documents)} again"
        context.progress(number, len(documents), unit="documents", message=message)
        spans = find(workspace.db, Span, document_id=document.id, order="start")
        text = workspace.text(document)
        masked = mask(text, spans)
        digest = sha256_text(masked.text)
        if standing := second_search_of(workspace, document, digest):
            total += len(standing.places)
            continue
        detector = other_detector(spans)
        if detector not in finders:
            finders[detector] = _load(workspace, detector)
        places = search_again(finders[detector], text, masked, spans)
        store_second_search(workspace, document, anonymized_sha256=digest, detector=detector, places=places, by=person)
        searched, total = searched + 1, total + len(places)
    context.progress(len(documents), len(documents), unit="documents")
    return Result(documents=searched, found=total)


def other_detector(spans: list[Span]) -> str:
    """Return the detector to use: Rampart or, if that contributed to the spans, spaCy with the rules, unfiltered."""
    return SPACY if any(RAMPART in detectors_of(span) for span in spans) else RAMPART


def _documents(workspace: Workspace, project_id: str, document_id: str) -> list[Document]:
    named = {"id": document_id} if document_id else {}
    documents = find(workspace.db, Document, project_id=project_id, state="read", **named)
    return [document for document in documents if document.is_analyzed]


def _load(workspace: Workspace, name: str) -> Finder:
    model = registry.find_model(registry.model_folders(workspace.home), SECOND_MODEL if name == RAMPART else DETECTION_MODEL)
    if name == RAMPART:
        from core.privacy.detection.networks.rampart import load_rampart

        return load_rampart(Path(model.path))
    from core.privacy.detection.networks.engine import build_engine

    return build_engine(Path(model.path))
