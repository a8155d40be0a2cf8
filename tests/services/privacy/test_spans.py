"""Spans as they are stored, and equal ones in a whole project."""

from dataclasses import replace

import pytest

from core.files import sha256_text
from core.privacy.replacement.treatments import BLOCKS, KEPT, REMOVED
from core.records import Document, Span, now
from core.services.privacy.spans import count_in_project, equal_in_project, spans_of
from core.storage import find, get, insert


def span(start, end, state="detected", surrogate="Reyes"):
    return Span(
        id=f"s{start}", document_id="d", start=start, end=end, entity="PERSON", score=1, detector="x", state=state,
        surrogate=surrogate,
    )  # fmt: skip


def put(workspace, project, number, text, *marks):
    """A document of this text with these marks of it, the ids of both numbered."""
    document = Document(
        id=f"d{number}", project_id=project.id, name=f"{number}.txt", kind="txt", size_bytes=9, sha256="", state="read",
        text_sha256=sha256_text(text), created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=())
    made = [replace(mark, id=f"s{number}-{at}", document_id=document.id) for at, mark in enumerate(marks)]
    for mark in made:
        insert(workspace.db, mark)
    return made


def test_equal_names_of_another_type_are_found_in_the_whole_project(workspace):
    project = workspace.create_project("Names")
    [first] = put(workspace, project, 0, "Larkfield", replace(span(0, 9), entity="LOCATION", surrogate="Melhaven"))
    put(workspace, project, 1, "LARKFIELD", replace(span(0, 9), entity="ORGANIZATION", surrogate="MELHAVEN"))
    found = equal_in_project(workspace, project, span=first, value="Larkfield")
    assert [other.id for other in found] == ["s0-0", "s1-0"]
    assert count_in_project(workspace, project, span=first, value="Larkfield") == 2


@pytest.mark.parametrize(
    ("treatment", "replaced"), [("mask", BLOCKS), ("remove", REMOVED), ("keep", KEPT), ("tag", "<PERSON_1>")]
)
def test_spans_with_one_replacement_are_equal_only_where_their_texts_are(workspace, treatment, replaced):
    project = workspace.create_project("Names")
    smith = put(
        workspace,
        project,
        0,
        "Smith and Jones",
        *(replace(span(*at), surrogate=replaced, treatment=treatment) for at in ((0, 5), (10, 15))),
    )
    put(
        workspace,
        project,
        1,
        "SMI\u200bTH, Berg",
        *(replace(span(*at), surrogate=replaced, treatment=treatment) for at in ((0, 6), (8, 12))),
    )
    assert count_in_project(workspace, project, span=smith[0], value="Smith") == 2
    assert count_in_project(workspace, project, span=smith[1], value="Jones") == 1
    assert [mark.id for mark in equal_in_project(workspace, project, span=smith[0], value="Smith")] == ["s0-0", "s1-0"]


def test_spans_come_back_as_stored_and_in_reading_order(workspace):
    project = workspace.create_project("Names")
    marks = (replace(span(10, 15), reviewer="Ada", state="accepted"), span(0, 5))
    put(workspace, project, 0, "Smith and Jones", *marks)
    put(workspace, project, 1, "Berg", span(0, 4))
    stored = find(workspace.db, Span, document_id="d0")
    assert spans_of(workspace, get(workspace.db, Document, "d0")) == stored[::-1]
    assert len(stored) == 2
