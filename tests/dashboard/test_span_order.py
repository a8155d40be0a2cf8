"""Spans and pages without a browser."""

from core.records import Page, Span
from dashboard.components.review.page_text import cut_page
from dashboard.components.review.span_order import (
    detector_words,
    neighbor,
    next_open,
    page_number_of,
    pages_of,
)


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
    assert detector_words("rules+spacy") == "a rule and the name finder"
    assert detector_words("rampart+spacy+rules") == "a rule, the name finder and the second finder"
    assert detector_words("reviewer") == "a reviewer"
    assert detector_words("list+rules") == "a rule and the lists of reviewers"
    assert detector_words("spacy+newer") == "the name finder and newer"
