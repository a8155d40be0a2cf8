"""Masking on random texts: what is masked is gone, what is not masked stays, and every offset is right."""

from dataclasses import replace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.privacy import SurrogateTable, mask
from core.privacy.detection.overlaps import resolve
from core.records import Detection, Span

from .material import PlantedDetector, document, spans_of
from .profile import FACTOR, examples
from .survival import MOVED, masked_values, plain, survivors, unmasked_text

pytestmark = pytest.mark.slow

ALPHABET = "aB1 .-@\n\r\u2028\u0308\u200b\u200dяא王İß"
DOCUMENTS = 10_000
PER_PROJECT = 50


@st.composite
def masking(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """A short text and any spans in it: overlapping, adjacent, at its ends, of any state."""
    text = draw(st.text(alphabet=ALPHABET, max_size=40))
    bounds = st.integers(0, len(text))
    spans = []
    for number, (one, other) in enumerate(draw(st.lists(st.tuples(bounds, bounds), max_size=8))):
        if one != other:
            spans.append(
                Span(
                    id=f"span-{number}",
                    document_id="d",
                    start=min(one, other),
                    end=max(one, other),
                    entity="PERSON",
                    score=1.0,
                    detector="reviewer",
                    state=draw(st.sampled_from(["detected", "accepted", "rejected"])),
                    surrogate=draw(st.sampled_from(["", "X", "Zed Yorn", "<PERSON_1>"])),
                )  # fmt: skip
            )
    return text, spans


@examples(400)
@given(masking())
def test_every_unmasked_character_stays_and_maps_to_itself(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    masked = mask(text, spans)
    covered = {i for span in spans if span.state != "rejected" for i in range(span.start, span.end)}
    assert covered == {i for edit in masked.edits for i in range(edit.start, edit.end)}
    for index in range(len(text)):
        if index not in covered:
            assert masked.text[masked.position(index)] == text[index]
    kept = sum(edit.masked_end - edit.masked_start for edit in masked.edits) + len(text) - len(covered)
    assert len(masked.text) == kept
    assert [masked.position(i) for i in range(len(text) + 1)] == sorted(masked.position(i) for i in range(len(text) + 1))
    assert masked.position(len(text)) == len(masked.text)


@examples(400)
@given(masking(), st.data())
def test_passages_hold_what_became_of_their_text(case: tuple[str, list[Span]], data: st.DataObject) -> None:
    """A passage whose bounds cut no span is, masked on its own, what the whole masked text holds in its place."""
    text, spans = case
    edits = mask(text, spans).edits
    free = [i for i in range(len(text) + 1) if not any(edit.start < i < edit.end for edit in edits)]
    start, end = sorted((data.draw(st.sampled_from(free)), data.draw(st.sampled_from(free))))
    masked = mask(text, spans)
    inside = [replace(s, start=s.start - start, end=s.end - start) for s in spans if start <= s.start and s.end <= end]
    end_position = masked.position(end) if end == len(text) or not any(e.start == end for e in edits) else None
    if end_position is None:  # a span begins right behind the passage: its surrogate begins there too
        end_position = next(edit.masked_start for edit in edits if edit.start == end)
    assert masked.text[masked.position(start) : end_position] == mask(text[start:end], inside).text


@examples(400)
@given(masking())
def test_masking_is_idempotent(case: tuple[str, list[Span]]) -> None:
    """Twice the same gives the same, and the masked text masked again in its places does not change."""
    text, spans = case
    masked = mask(text, spans)
    assert mask(text, list(reversed(spans))).text == masked.text or len({s.surrogate for s in spans}) > 1
    again = [
        Span(
            id=f"again-{number}",
            document_id="d",
            start=edit.masked_start,
            end=edit.masked_end,
            entity="PERSON",
            score=1.0,
            detector="reviewer",
            surrogate=masked.text[edit.masked_start : edit.masked_end],
        )  # fmt: skip
        for number, edit in enumerate(masked.edits)
    ]
    twice = mask(masked.text, again)
    assert twice.text == masked.text
    assert [(edit.masked_start, edit.masked_end) for edit in twice.edits] == [
        (edit.masked_start, edit.masked_end) for edit in masked.edits
    ]


@examples(300)
@given(st.text(alphabet=ALPHABET, max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=10))
def test_resolving_covers_every_letter_without_overlap(text: str, bounds: list[tuple[int, int]]) -> None:
    found = [
        Detection(start=start, end=min(end, len(text)), entity=entity, score=0.5, detector="a")
        for (start, end), entity in zip(bounds, ["PERSON", "GRID", "LOCATION"] * 4, strict=False)
        if start < min(end, len(text))
    ]
    resolved = resolve(text, found)
    assert all(one.end <= other.start for one, other in zip(resolved, resolved[1:], strict=False))
    covered = {i for d in resolved for i in range(d.start, d.end)}
    assert {i for d in found for i in range(d.start, d.end) if text[i].isalnum()} <= covered
    assert resolve(text, resolved) == resolved


def test_no_masked_value_survives_in_ten_thousand_documents() -> None:
    """200 projects of 50 documents: detection, surrogates, masking; memory does not grow with the number of documents."""
    process = psutil.Process()
    early = masked_count = 0
    for project in range(DOCUMENTS * FACTOR // PER_PROJECT):
        table = SurrogateTable(project.to_bytes(32, "big"), [])
        for number in range(PER_PROJECT):
            planted = document(project * PER_PROJECT + number)
            (found,) = PlantedDetector([planted]).detect([planted.text])
            spans = spans_of("d", planted.text, found, table)
            masked = mask(planted.text, spans)
            assert "".join(_rebuilt(planted.text, masked.edits, masked.text)) == planted.text
            values = masked_values(planted.text, masked)
            left = unmasked_text(planted.text, masked)
            told = set(survivors(values, [left]))  # unmasked occurrences: nobody found them
            moved = {plain(span.surrogate) for span in spans if span.entity in MOVED}
            assert set(survivors(values - told - moved, [masked.text])) == set(), f"seed {project * PER_PROJECT + number}"
            masked_count += len(values)
        if project == 20:
            early = process.memory_info().rss
    assert masked_count > 2 * DOCUMENTS
    assert process.memory_info().rss - early < 32 * 2**20


def _rebuilt(text: str, edits: tuple, masked: str) -> list[str]:
    """The original from the masked text and the edits' stretches: nothing else was changed."""
    parts, at = [], 0
    for edit in edits:
        parts += (masked[at : edit.masked_start], text[edit.start : edit.end])
        at = edit.masked_end
    return [*parts, masked[at:]]
