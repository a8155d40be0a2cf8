"""A project in a real workspace, and documents searched as the job does it."""

import re

import pytest

from core.files import sha256_text
from core.records import SEARCH_VERSION, Document, Project, Span, new_id, now
from core.services.privacy.project_surrogates import store_surrogates, surrogate_table
from core.storage import Workspace, find, insert, insert_many, transaction


@pytest.fixture
def workspace(home) -> Workspace:
    return Workspace(home)


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("Field manuals", policy="all-at-once")


def search(workspace: Workspace, project: Project, *values: tuple[str, str]) -> Document:
    """A document that holds these (type, value)s, searched as the job does it."""
    text, spans = "", []
    identity = new_id("document")
    for entity, value in values:
        text += "of "
        spans.append(
            Span(
                id=new_id("span"), document_id=identity, start=len(text), end=len(text) + len(value), entity=entity,
                score=0.9, detector="rules",
            )
        )  # fmt: skip
        text += f"{value}, "
    sha256 = sha256_text(text)
    document = Document(
        id=identity, project_id=project.id, name="a.txt", kind="txt", size_bytes=len(text), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read", search_version=SEARCH_VERSION, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=())
    with transaction(workspace.db):
        permitted = workspace.allowed("find personal data", project.id)
        table = surrogate_table(permitted, project.id, avoid=re.findall(r"\w+", text))
        insert_many(workspace.db, [table.replaced(span, text) for span in spans])
        store_surrogates(permitted, project.id, table)
    return document


def pairs(workspace: Workspace, project: Project) -> list[tuple[str, str, str]]:
    """Type, value and surrogate of every span as they are stored now."""
    return [
        (span.entity, workspace.text(document)[span.start : span.end], span.surrogate)
        for document in find(workspace.db, Document, project_id=project.id)
        for span in find(workspace.db, Span, document_id=document.id, order="start")
    ]
