"""Marks and pages without a browser."""

from dataclasses import replace

import pytest

from core.files import sha256_text
from core.privacy.replacement.treatments import BLOCKS, KEPT, REMOVED
from core.records import Document, Page, Span, now
from core.storage import insert
from dashboard.components.marks import (
    count_in_project,
    equal_in_project,
    equal_marks,
    finder_words,
    neighbor,
    next_open,
    page_number_of,
    pages_of,
    unmarked_places,
)
from dashboard.components.page_text import cut_page


def span(start, end, state="detected", surrogate="Reyes"):
    return Span(
        id=f"s{start}", document_id="d", start=start, end=end, entity="PERSON", score=1, detector="x", state=state,
        surrogate=surrogate,
    )  # fmt: skip


def test_cutting_a_page_loses_no_character_even_where_marks_overlap_or_cross_its_borders():
    text = "0123456789 <b>😀</b> end"
    spans = [span(0, 4), span(2, 6), span(8, 13), span(15, 22)]
    for start in range(len(text)):
        for end in range(start, len(text) + 1):
            assert "".join(piece.text for piece in cut_page(text, spans, start=start, end=end)) == text[start:end]


def test_anonymized_page_shows_surrogates_and_leaves_rejected_marks_readable():
    pieces = cut_page(
        "Ann met Bob and Cy", [span(0, 3), span(8, 11, "rejected"), span(16, 18, surrogate="")], start=0, end=18,
        is_anonymized=True,
    )  # fmt: skip
    assert "".join(piece.text for piece in pieces) == "Reyes met Bob and [person]"


def test_next_open_mark_starts_again_at_the_top_and_neighbors_stop_at_the_ends():
    spans = [span(0, 1), span(2, 3, "accepted"), span(4, 5)]
    assert next_open(spans, 0) is spans[2]
    assert next_open(spans, 4) is spans[0]
    assert next_open(spans[1:2], -1) is None
    assert neighbor(spans, spans[2], 1) is spans[2]
    assert neighbor(spans, spans[0], -1) is spans[0]
    assert neighbor([], None, 1) is None


def test_places_to_mark_are_whole_words_that_touch_no_mark():
    text = "Osborne, OSBORNE; Osbornes (osborne) Osborne"
    assert unmarked_places(text, [span(37, 44)], "Osborne") == [(0, 7), (9, 16), (28, 35)]
    assert unmarked_places(text, [span(5, 10)], "Osborne") == [(28, 35), (37, 44)]
    assert unmarked_places(text, [], "  ") == []
    assert unmarked_places("call +1 555 (now)", [], "+1 555 (now)") == [(5, 17)]


def test_page_of_a_character_is_found_by_its_end_exclusive_bounds():
    pages = [Page(number=1, label="a", start=0, end=10), Page(number=2, label="b", start=10, end=20)]
    assert [page_number_of(pages, at) for at in (0, 9, 10, 19, 20)] == [1, 1, 2, 2, 2]


def test_long_pages_are_shown_in_parts_that_cover_the_text_and_end_with_a_line():
    text = ("line of a very long sheet\n" * 2000) + "x" * 20_000
    own = (Page(number=1, label="sheet A", start=0, end=60_000), Page(number=2, label="end", start=60_000, end=len(text)))
    parts = pages_of(text, own)
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert "".join(text[part.start : part.end] for part in parts) == text
    assert max(part.end - part.start for part in parts) <= 10_000
    assert parts[0].label == "sheet A, part 1" and text[parts[0].end - 1] == "\n"


def test_text_without_pages_is_one_page_and_an_empty_one_stays_one():
    assert [(page.start, page.end, page.label) for page in pages_of("short", ())] == [(0, 5, "")]
    assert [(page.start, page.end) for page in pages_of("", ())] == [(0, 0)]


def test_who_found_a_mark_is_said_in_words():
    assert finder_words("rules+spacy") == "a rule and the name finder"
    assert finder_words("rampart+spacy+rules") == "a rule, the name finder and the second finder"
    assert finder_words("reviewer") == "a reviewer"
    assert finder_words("spacy+newer") == "the name finder and newer"


def test_a_name_is_equal_whatever_it_was_taken_for_and_a_number_is_not():
    text = "Reyes, REYES, Reyes"
    spans = [span(0, 5), replace(span(7, 12), entity="ORGANIZATION"), replace(span(14, 19), entity="REFERENCE")]
    assert equal_marks(text, spans, spans[0]) == spans[:2]
    assert equal_marks(text, spans, spans[2]) == spans[2:]


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


@pytest.mark.parametrize("replaced", [BLOCKS, REMOVED, KEPT, "<PERSON_1>"])
def test_marks_with_one_replacement_are_equal_only_where_their_texts_are(workspace, replaced):
    project = workspace.create_project("Names")
    smith = put(
        workspace, project, 0, "Smith and Jones", *(replace(span(*at), surrogate=replaced) for at in ((0, 5), (10, 15)))
    )
    put(workspace, project, 1, "SMI\u200bTH, Berg", *(replace(span(*at), surrogate=replaced) for at in ((0, 6), (8, 12))))
    assert count_in_project(workspace, project, span=smith[0], value="Smith") == 2
    assert count_in_project(workspace, project, span=smith[1], value="Jones") == 1
    assert [mark.id for mark in equal_in_project(workspace, project, span=smith[0], value="Smith")] == ["s0-0", "s1-0"]
