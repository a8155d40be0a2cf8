"""A workspace with two projects, and people who are signed in to it as they would be by an identity provider."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.files import sha256_text
from core.identity import authenticated, sign_in_id
from core.records import (
    SEARCH_VERSION,
    DatasetVersion,
    Document,
    Passage,
    Project,
    QuestionPair,
    Role,
    Run,
    Span,
    new_id,
    now,
)
from core.storage import Workspace, insert, people
from core.storage.people import Token

ISSUER = "https://login.site/realms/site"
TEXT = "Report to Maria Keller at the north gate."
SignIn = Callable[..., Workspace]


def token(
    subject: str, *, roles: tuple[Role, ...] = (), lifetime: timedelta = timedelta(hours=1), nonce: str = "1"
) -> Token:
    claims = {"iss": ISSUER, "sub": subject, "name": subject.title(), "nonce": nonce}
    return Token(
        person=authenticated(claims),
        sign_in_id=sign_in_id(claims),
        issuer=ISSUER,
        mail=f"{subject}@site",
        roles=frozenset(roles),
        expires_at=(datetime.now(UTC) + lifetime).isoformat(timespec="milliseconds"),
    )


@pytest.fixture
def signed_in(workspace: Workspace) -> Iterator[SignIn]:
    """`signed_in("ada", ("reviewer",), project)`: the workspace as that person has it, with these roles in that project."""
    opened: list[Workspace] = []

    def open_it(
        subject: str, roles: tuple[Role, ...] = (), project: Project | None = None, *, on_machine: tuple[Role, ...] = ()
    ) -> Workspace:
        actor = people.sign_in(workspace, token(subject, roles=on_machine))
        for role in roles:
            people.grant(workspace, actor.person.id, role, project=project)
        opened.append(Workspace(workspace.home, actor=actor))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


def filled(workspace: Workspace, name: str) -> tuple[Project, Document, Span]:
    """A project with a searched document, a span in it, a passage, a pair of it and a run."""
    project = workspace.create_project(name)
    sha256 = sha256_text(TEXT)
    document = Document(
        id=new_id("document"), project_id=project.id, name="a.txt", kind="txt", size_bytes=len(TEXT), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read", search_version=SEARCH_VERSION, created_at=now(),
    )  # fmt: skip
    passage = Passage(
        id=new_id("passage"), document_id=document.id, index=0, start=0, end=len(TEXT), heading="", page="", token_count=9,
        text=TEXT,
    )  # fmt: skip
    span = Span(
        id=new_id("span"), document_id=document.id, start=10, end=22, entity="PERSON", score=1.0, detector="rules",
        surrogate="Jane Doe",
    )  # fmt: skip
    workspace.store_text(document, TEXT, pages=())
    workspace.store_document(document, passages=[passage])
    insert(workspace.db, span)
    pair = QuestionPair(
        id=new_id("pair"), project_id=project.id, input="Who?", output="Jane Doe", origin="written",
        document_id=document.id, document_name="a.txt", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, pair)
    insert(
        workspace.db,
        DatasetVersion(
            id=f"dataset-{project.id}",
            project_id=project.id,
            number=1,
            sha256="",
            train_count=1,
            heldout_count=0,
            created_at=now(),
        ),
    )
    run = Run(
        id=f"run-{project.id}", project_id=project.id, number=1, dataset_id=f"dataset-{project.id}", dataset_sha256="",
        model="tiny", model_sha256="", settings={}, is_finished=True, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, run)
    return project, document, span
