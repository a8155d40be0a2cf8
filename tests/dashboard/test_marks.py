"""Marks and pages without a browser."""

from core.records import Page, Span
from dashboard.components.marks import neighbor, next_open, page_number_of, unmarked_places
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
