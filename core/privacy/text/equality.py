"""Equal values in one text: which spans stand for the same thing, and where a value occurs without being a span."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from core.privacy.entities import kin
from core.privacy.text.normalization import fold
from core.records import Span


def equal_spans(text: str, spans: Sequence[Span], span: Span) -> list[Span]:
    """Return a document's spans with the same text as `span`, including `span` itself.

    Case and whitespace are ignored, and a name counts as the same whichever name-like type it was given.
    """
    value, types = fold(text[span.start : span.end]), kin(span.entity)
    return [other for other in spans if other.entity in types and fold(text[other.start : other.end]) == value]


def places_without_span(text: str, spans: Sequence[Span], value: str) -> list[tuple[int, int]]:
    """Return where `value` occurs as whole words, in any case, without touching a span."""
    if not value.strip():
        return []
    before, after = (r"(?<!\w)" if value[0].isalnum() else ""), (r"(?!\w)" if value[-1].isalnum() else "")
    places = (match.span() for match in re.finditer(before + re.escape(value) + after, text, re.IGNORECASE))
    ends = sorted(span.end for span in spans)
    starts = sorted(span.start for span in spans)
    # spans do not overlap: a place is free if as many spans ended before it as began before its end
    return [(start, end) for start, end in places if bisect_left(ends, start + 1) == bisect_left(starts, end)]
