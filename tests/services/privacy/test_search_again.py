"""What an earlier version of the search looked at is told and, when somebody asks for it, searched again."""

from collections.abc import Callable, Generator, Iterable

import pytest

from core.files import sha256_text
from core.identity import declared
from core.jobs.context import JobContext
from core.records import SEARCH_VERSION, Detection, Document, Job, Page, Project, Review, Span, new_id, now
from core.services import review
from core.services.privacy.anonymization import find_personal_data
from core.services.steps import project_steps
from core.settings import SearchSettings
from core.storage import Workspace, find, get, insert, update
from tests.unread import approve_unread

ADA = declared("Ada")
TEXT = "Orla Tarkwell has the key.\n[10:40] orla tarkwell: on my way"


class CaseFinder:
    """A `Detector` that loads no model: an earlier version of it finds the name as people write it, the one now any."""

    is_earlier = False

    def detect_each(
        self, texts: Iterable[str], *, progress: Callable[[int], None] | None = None
    ) -> Generator[list[Detection]]:
        for text in texts:
            read = text if self.is_earlier else text.lower()
            name = "Orla Tarkwell" if self.is_earlier else "orla tarkwell"
            starts = [at for at in range(len(read)) if read.startswith(name, at)]
            yield [Detection(start=at, end=at + 13, entity="PERSON", score=0.9, detector="rules") for at in starts]


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> CaseFinder:
    found = CaseFinder()
    monkeypatch.setattr("core.services.privacy.anonymization.open_detector", lambda *_given, **_named: found)
    # the names of a project are spread by what is tested elsewhere
    monkeypatch.setattr("core.services.privacy.anonymization._spread", lambda *_given, **_named: 0)
    return found


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Keys", policy="all-at-once")


def put(workspace: Workspace, project: Project) -> Document:
    digest = sha256_text(TEXT)
    document = Document(
        id=new_id("document"), project_id=project.id, name="keys.txt", kind="txt", size_bytes=len(TEXT), sha256=digest,
        text_sha256=digest, state="read", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, TEXT, pages=(Page(number=1, label="page 1", start=0, end=len(TEXT)),))
    return document


def search(workspace: Workspace, project: Project, *, again: bool = False) -> int:
    job = Job(id=new_id("job"), kind="anonymize", project_id=project.id, state="done", created_at=now())
    insert(workspace.db, job)
    return find_personal_data(JobContext(workspace, job), project, SearchSettings(again=again)).documents


def searched_earlier(workspace: Workspace, project: Project, finder: CaseFinder) -> Document:
    """A document whose one span is accepted and which is approved, as an earlier version left it."""
    document = put(workspace, project)
    finder.is_earlier = True
    search(workspace, project)
    finder.is_earlier = False
    [span] = find(workspace.db, Span, document_id=document.id)
    review.accept(workspace, [span], by=ADA)
    approve_unread(workspace, project, get(workspace.db, Document, document.id), by=ADA)
    update(workspace.db, Document, document.id, search_version=0)
    return document


def test_a_new_search_is_no_earlier_one(workspace: Workspace, project: Project, finder: CaseFinder) -> None:
    document = put(workspace, project)
    assert not document.is_search_outdated  # nobody searched it
    assert search(workspace, project) == 1
    stored = get(workspace.db, Document, document.id)
    assert (stored.search_version, stored.is_search_outdated) == (SEARCH_VERSION, False)
    assert search(workspace, project, again=True) == 0


def test_what_an_earlier_version_searched_is_searched_again_only_when_asked(
    workspace: Workspace, project: Project, finder: CaseFinder
) -> None:
    document = searched_earlier(workspace, project, finder)
    assert get(workspace.db, Document, document.id).is_search_outdated
    step = project_steps(workspace, project)[1]
    assert (step.state, step.next_action) == ("out of date", "Search again")
    assert search(workspace, project) == 0 and workspace.active_review(document.id) is not None
    assert search(workspace, project, again=True) == 1
    assert not get(workspace.db, Document, document.id).is_search_outdated
    assert search(workspace, project, again=True) == 0


def test_decisions_stay_and_what_is_found_anew_waits_for_one(
    workspace: Workspace, project: Project, finder: CaseFinder
) -> None:
    document = searched_earlier(workspace, project, finder)
    search(workspace, project, again=True)
    spans = find(workspace.db, Span, document_id=document.id, order="start")
    assert [(TEXT[span.start : span.end], span.state) for span in spans] == [
        ("Orla Tarkwell", "accepted"),
        ("orla tarkwell", "detected"),
    ]
    assert workspace.active_review(document.id) is None
    [withdrawn] = find(workspace.db, Review, document_id=document.id)
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", "Personal data was looked for again.")
