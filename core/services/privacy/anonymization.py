"""Documents → spans of personal data, each with its surrogate; names are propagated through the project."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from core.errors import Hint, InputError
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult
from core.language.pipeline import PIPELINE
from core.models import registry
from core.privacy import Detector, ListedDetector, Lists, NameSearch, build_detector, new_spans, people_in
from core.privacy.detection.overlaps import covers
from core.privacy.text.normalization import words_of
from core.records import SEARCH_VERSION, Detection, Document, Project, Span
from core.services.lists.changes import catch_up
from core.services.lists.stored import lists_of
from core.services.privacy.project_surrogates import store_surrogates, surrogate_table
from core.settings import DetectionSettings, SearchSettings
from core.storage import Permitted, Workspace, audit, find, get, insert_many, transaction, update

DETECTION_MODEL = PIPELINE
SECOND_MODEL = "rampart"
SPREAD_REASON = "A name found in another document stands here too."
SEARCHED_REASON = "Personal data was looked for again."


class Params(SearchSettings, JobParams):
    """Which texts to search, and how hard."""

    kind = "anonymize"

    def as_json(self) -> dict[str, Any]:
        """Return what differs from the usual search."""
        return self.model_dump(exclude_defaults=True)


class Result(JobResult):
    """How many `documents` were searched now, and the `spans` in the project.

    `spread` are those added now for names from other documents.
    """

    kind = "anonymize"
    documents: int
    spans: int
    spread: int = 0


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that there are readable documents."""
    if not find(workspace.db, Document, project_id=project_id, state="read"):
        project = get(workspace.db, Project, project_id)
        raise InputError(
            f"{project.name} has no readable documents.",
            Hint("Add some on the page Documents.", command=f"garrison documents add {project.name} PATH…"),
        )


def run(context: JobContext, params: Params) -> Result:
    """Run an anonymization job."""
    return find_personal_data(context, context.project(), params)


def open_detector(workspace: Workspace, settings: DetectionSettings | None = None, *, project_id: str = "") -> Detector:
    """Build the detector for the level in `settings` (default: thorough), with this machine's models and reviewers' lists.

    The lists are those for all projects plus, if `project_id` is given, the project's own.

    Raises:
        SetupError: a model is missing or damaged.
    """
    folders = registry.model_folders(workspace.home)
    names = [DETECTION_MODEL] + ([SECOND_MODEL] if (settings or DetectionSettings()).level == "thorough" else [])
    detector = build_detector(*(Path(registry.find_model(folders, name).path) for name in names))
    # a text can be searched without a workspace, and none is created for it
    lists = lists_of(workspace, project_id) if (workspace.home / "garrison.sqlite3").is_file() else Lists()
    return ListedDetector(detector, lists) if lists else detector


def find_personal_data(context: JobContext, project: Project, settings: SearchSettings | None = None) -> Result:
    """Search the documents of `project` that are due (see `is_due`), then every document for names found in the others.

    Uses one transaction per document. Propagating names is idempotent, so an interrupted job simply repeats it.
    """
    workspace, settings = context.workspace, settings or SearchSettings()
    documents = find(workspace.db, Document, project_id=project.id, state="read")
    fresh = [document for document in documents if is_due(document, settings)]
    total = len(fresh) + len(documents)
    if fresh:
        _search_all(
            context, project, fresh=fresh, total=total, detector=open_detector(workspace, settings, project_id=project.id)
        )
    search = _project_names(context, documents)
    spread = 0
    for number, document in enumerate(documents):
        message = f"Looking for names of other documents in document {number + 1} of {len(documents)}"
        context.progress(len(fresh) + number, total, unit="documents", message=message)
        catch_up(workspace, get(workspace.db, Document, document.id))  # the lists may have changed during the search
        spread += _spread(workspace, project, document=document, search=search)
    context.progress(total, total, unit="documents")
    spans = sum(len(find(workspace.db, Span, document_id=document.id)) for document in documents)
    return Result(documents=len(fresh), spans=spans, spread=spread)


def is_due(document: Document, settings: SearchSettings) -> bool:
    """Return whether a search with these settings includes a document."""
    return not document.is_analyzed or (settings.again and document.is_search_outdated)


def _search_all(context: JobContext, project: Project, *, fresh: Sequence[Document], total: int, detector: Detector) -> None:
    """Search `fresh` documents in order while the next ones are being read, with progress within long documents."""
    begun: deque[tuple[Document, str]] = deque()  # documents read but not yet stored
    read = stored = 0  # characters of `begun` searched so far; documents stored

    def texts() -> Iterator[str]:
        for document in fresh:
            begun.append((document, context.workspace.text(document)))
            yield begun[-1][1]

    def report(characters: int) -> None:
        nonlocal read
        read += characters
        share = min(0.99, read / max(1, len(begun[0][1]))) if begun else 0.0
        message = f"Searching document {min(stored + 1, len(fresh))} of {len(fresh)}"
        context.progress(stored + share, total, unit="documents", message=message)

    report(0)
    with closing(detector.detect_each(texts(), progress=report)) as results:
        for detections in results:
            document, text = begun.popleft()
            read = max(0, read - len(text))
            stored += 1
            _store_found(context.workspace, project, document=document, text=text, detections=detections)
            report(0)


def _store_found(
    workspace: Workspace, project: Project, *, document: Document, text: str, detections: Sequence[Detection]
) -> None:
    spans = new_spans(document, detections)
    with transaction(workspace.db):
        workspace.db.execute("delete from spans where document_id = ? and state = 'detected'", [document.id])
        # decisions stand: reviewers are not asked twice when a text is searched again
        is_decided = covers((span.start, span.end) for span in find(workspace.db, Span, document_id=document.id))
        spans = [span for span in spans if not is_decided(span.start, span.end)]
        _store(workspace.allowed("find personal data", project.id), project, spans=spans, text=text)
        update(workspace.db, Document, document.id, analyzed_sha256=document.text_sha256, search_version=SEARCH_VERSION)
        counts = {"found": len(spans)} | audit.decision_counts(workspace.db, document.id)
        audit.append_for(workspace.db, document.id, "detection run", counts=counts)
        # the document may have been approved after another search of it
        workspace.withdraw_approval(document.id, reason=SEARCHED_REASON)


def _project_names(context: JobContext, documents: Sequence[Document]) -> NameSearch:
    """Collect the names found in the documents, except rejected or allowed ones; only one text is in memory at a time."""
    given: set[str] = set()
    rejected: set[str] = set()
    for document in documents:
        context.check()
        spans = find(context.workspace.db, Span, document_id=document.id, entity="PERSON")
        if spans:
            more, less = people_in(context.workspace.text(document), spans)
            given |= more
            rejected |= less
    lists = lists_of(context.workspace, documents[0].project_id) if documents else Lists()
    return NameSearch(name for name in given - rejected if not lists.is_allowed(name))


def _spread(workspace: Workspace, project: Project, *, document: Document, search: NameSearch) -> int:
    """Add spans for the project's names and return their number; an approval that did not cover them is withdrawn."""
    text = workspace.text(document)
    if not search.new_spans(document.id, text, spans=find(workspace.db, Span, document_id=document.id)):
        return 0
    with transaction(workspace.db):
        # again, now that no one else can write: a reviewer may have made decisions in the meantime
        added = search.new_spans(document.id, text, spans=find(workspace.db, Span, document_id=document.id))
        if added:
            _store(workspace.allowed("find personal data", project.id), project, spans=added, text=text)
            audit.append_for(workspace.db, document.id, "names spread", counts={"found": len(added)})
            workspace.withdraw_approval(document.id, reason=SPREAD_REASON)
    return len(added)


def _store(permitted: Permitted, project: Project, *, spans: Sequence[Span], text: str) -> None:
    """Store spans with their surrogates; call it inside a transaction."""
    table = surrogate_table(permitted, project.id, avoid=words_of(text))
    insert_many(permitted.db, [table.replaced(span, text) for span in spans])
    store_surrogates(permitted, project.id, table)
