"""Approved documents to answer from, and an embedding by words that needs no network."""

import hashlib
from collections.abc import Callable, Sequence

import pytest

from core.files import sha256_text
from core.models.embedder import DIMENSIONS
from core.records import SEARCH_VERSION, Document, Passage, Project, QuestionPair, Review, new_id, now
from core.storage import Workspace, insert

Approve = Callable[..., Document]


def embed(texts: Sequence[str]) -> list[bytes]:
    """Return for each text as many bytes as the network's: alike where the texts share words."""
    made = []
    for text in texts:
        vector = bytearray(DIMENSIONS)
        for word in text.lower().split():
            vector[hashlib.sha256(word.strip(".?").encode()).digest()[0] % DIMENSIONS] = 40
        made.append(bytes(vector))
    return made


@pytest.fixture
def approve(workspace: Workspace) -> Approve:
    """A function that approves a document of these passages, or another approval of one that is there."""

    def made(project: Project, name: str, *texts: str, document: Document | None = None) -> Document:
        text = "\n".join(texts)
        sha256 = sha256_text(text)
        starts = [sum(len(each) + 1 for each in texts[:place]) for place in range(len(texts))]
        if document is None:
            document = Document(
                id=new_id("document"), project_id=project.id, name=name, kind="txt", size_bytes=len(text), sha256=sha256,
                text_sha256=sha256, analyzed_sha256=sha256, state="read", search_version=SEARCH_VERSION, created_at=now(),
            )  # fmt: skip
            passages = [
                _passage(document, place, start, each) for place, (start, each) in enumerate(zip(starts, texts, strict=True))
            ]
            workspace.store_document(document, passages=passages)
        else:
            passages = [
                _passage(document, place, starts[place], texts[place], id=each.id)
                for place, each in enumerate(workspace.passages(document))
            ]
        review = Review(
            id=new_id("review"), document_id=document.id, reviewer="Ada", text_sha256=sha256, anonymized_sha256=sha256,
            span_count=0, created_at=now(),
        )  # fmt: skip
        workspace.store_approval(document, review, text=text, passages=passages)
        return document

    return made


def _passage(document: Document, place: int, start: int, text: str, *, id: str = "") -> Passage:
    return Passage(
        id=id or new_id("passage"), document_id=document.id, index=place, start=start, end=start + len(text), heading="",
        page=f"page {place + 1}", token_count=10, text=text,
    )  # fmt: skip


@pytest.fixture
def add_pairs(workspace: Workspace) -> Callable[[Document, Sequence[str]], None]:
    """A function that adds kept question pairs to an approved document."""

    def added(document: Document, questions: Sequence[str]) -> None:
        review = workspace.active_review(document.id)
        assert review
        pairs = [
            QuestionPair(
                id=new_id("pair"), project_id=document.project_id, input=question, output="So.", origin="generated",
                document_id=document.id, document_name=document.name, review_id=review.id, created_at=now(),
            )
            for question in questions
        ]  # fmt: skip
        insert(workspace.db, *pairs)

    return added
