"""The entry of a second search names who asked for it: the declared name, or whoever signed in, and nobody else."""

from collections.abc import Iterable, Iterator

import pytest

from core.access import Actor
from core.errors import InputError
from core.files import sha256_text
from core.identity import authenticated, declared
from core.jobs.context import JobContext
from core.records import AuditEntry, Detection, Document, Job, Project, new_id, now
from core.services.privacy import second_search
from core.storage import Workspace, insert
from core.storage.audit import entries

TEXT = "The pump is kept dry."
SIGNED_IN = authenticated({"iss": "https://login.site", "sub": "1", "name": "Bob"})


class Nothing:
    """A detector that finds nothing."""

    def analyze(self, pieces: Iterable[str]) -> Iterator[list[Detection]]:
        return ([] for _ in pieces)


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Valves")


def searched(
    workspace: Workspace, project: Project, monkeypatch: pytest.MonkeyPatch, *, by: str, actor: Actor | None = None
) -> AuditEntry:
    digest = sha256_text(TEXT)
    document = Document(
        id=new_id("document"), project_id=project.id, name="a.txt", kind="txt", size_bytes=len(TEXT), sha256=digest,
        text_sha256=digest, state="read", analyzed_sha256=digest, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, TEXT, pages=())
    params = second_search.Params(document_id=document.id, by=by)
    second_search.check(workspace, project.id, params)
    job = Job(id=new_id("job"), kind="search again", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    monkeypatch.setattr(second_search, "_load", lambda _workspace, _name: Nothing())
    workspace.actor = actor
    second_search.run(JobContext(workspace, job), params)
    return next(entry for entry, _ in entries(workspace.db, about="second search run"))


def test_entry_names_the_declared_person(workspace, project, monkeypatch) -> None:
    entry = searched(workspace, project, monkeypatch, by="Ada")
    assert (entry.actor, entry.subjects["person"]) == ("Ada", declared("Ada").id)


def test_entry_names_who_signed_in_whatever_name_the_job_holds(workspace, project, monkeypatch) -> None:
    entry = searched(workspace, project, monkeypatch, by="Ada", actor=Actor(person=SIGNED_IN))
    assert (entry.actor, entry.subjects["person"]) == ("Bob", SIGNED_IN.id)


def test_name_that_is_none_starts_nothing(workspace, project, monkeypatch) -> None:
    with pytest.raises(InputError, match="name"):
        searched(workspace, project, monkeypatch, by="a" * 81)
