"""A searched document with two names that nobody decided on, for tests of review and approval."""

from collections.abc import Sequence

from core.files import sha256_text
from core.records import Document, Page, Passage, Project, Span, new_id, now
from core.storage import Workspace, insert

NAMES = (("Anna Berg", "Odile Marston"), ("Bert Holm", "Ivo Fenwick"))  # what stands in the text, and its surrogate


def put_valves(
    workspace: Workspace,
    project: Project,
    text: str,
    passages: Sequence[tuple[int, int]],
    *,
    name: str = "valves.txt",
    kind: str = "txt",
    is_analyzed: bool = True,
) -> Document:
    """Store `text`, in which each of `NAMES` stands, with a span for each and the passages with these bounds."""
    digest = sha256_text(text)
    document = Document(
        id=new_id("document"), project_id=project.id, name=name, kind=kind, size_bytes=len(text), sha256=digest,
        text_sha256=digest, state="read", analyzed_sha256=digest if is_analyzed else "", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=(Page(number=1, label="page 1", start=0, end=len(text)),))
    for value, surrogate in NAMES:
        start = text.index(value)
        insert(
            workspace.db,
            Span(
                id=new_id("span"), document_id=document.id, start=start, end=start + len(value), entity="PERSON", score=0.9,
                detector="rules", surrogate=surrogate,
            ),
        )  # fmt: skip
    for index, (start, end) in enumerate(passages):
        insert(
            workspace.db,
            Passage(
                id=new_id("passage"), document_id=document.id, index=index, start=start, end=end, heading="", page="page 1",
                token_count=9, text=text[start:end],
            ),
        )  # fmt: skip
    return document
