"""Equal values in one text."""

from dataclasses import replace

from core.privacy.text.equality import equal_spans, places_without_span
from core.records import Span


def span(start, end, state="detected", surrogate="Reyes"):
    return Span(
        id=f"s{start}", document_id="d", start=start, end=end, entity="PERSON", score=1, detector="x", state=state,
        surrogate=surrogate,
    )  # fmt: skip


def test_places_to_mark_are_whole_words_that_touch_no_mark():
    text = "Osborne, OSBORNE; Osbornes (osborne) Osborne"
    assert places_without_span(text, [span(37, 44)], "Osborne") == [(0, 7), (9, 16), (28, 35)]
    assert places_without_span(text, [span(5, 10)], "Osborne") == [(28, 35), (37, 44)]
    assert places_without_span(text, [], "  ") == []
    assert places_without_span("call +1 555 (now)", [], "+1 555 (now)") == [(5, 17)]


def test_a_name_is_equal_whatever_it_was_taken_for_and_a_number_is_not():
    text = "Reyes, REYES, Reyes"
    spans = [span(0, 5), replace(span(7, 12), entity="ORGANIZATION"), replace(span(14, 19), entity="REFERENCE")]
    assert equal_spans(text, spans, spans[0]) == spans[:2]
    assert equal_spans(text, spans, spans[2]) == spans[2:]
