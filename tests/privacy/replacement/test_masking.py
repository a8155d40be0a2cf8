import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.privacy import mask
from core.records import Span


def span(start: int, end: int, surrogate: str = "X", state: str = "detected") -> Span:
    return Span(
        id=f"span-{start}", document_id="d", start=start, end=end, entity="PERSON", score=0.9, detector="rules",
        state=state, surrogate=surrogate,
    )  # type: ignore[arg-type]  # fmt: skip


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    """Secrets are digits, surrogates and the rest letters: a digit in the masked text is a leak."""
    parts = draw(
        st.lists(st.tuples(st.text("abc\n é", max_size=8), st.text("0123456789", min_size=1, max_size=8)), max_size=8)
    )
    text, spans = "", []
    for plain, secret in parts:
        text += plain
        spans.append(span(len(text), len(text) + len(secret), draw(st.sampled_from(["Mel Haven", "Q", "<PERSON_x>"]))))
        text += secret
    return text + draw(st.text("abc ", max_size=5)), draw(st.permutations(spans))


@given(texts_with_spans())
def test_no_masked_text_survives_and_the_rest_is_unchanged(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    masked = mask(text, spans)
    assert not any(character.isdigit() for character in masked.text)
    by_start = sorted(spans, key=lambda s: s.start)
    assert [masked.text[e.masked_start : e.masked_end] for e in masked.edits] == [s.surrogate for s in by_start]
    kept = "".join(text[i] for i in range(len(text)) if not any(s.start <= i < s.end for s in spans))
    outside = [range(e.masked_start, e.masked_end) for e in masked.edits]
    assert "".join(c for i, c in enumerate(masked.text) if not any(i in stretch for stretch in outside)) == kept


@given(texts_with_spans())
def test_every_unmasked_character_is_where_position_says(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    masked = mask(text, spans)
    for offset, character in enumerate(text):
        if not any(s.start <= offset < s.end for s in spans):
            assert masked.text[masked.position(offset)] == character
    assert masked.position(len(text)) == len(masked.text)


@given(texts_with_spans())
def test_masking_the_masked_text_without_spans_changes_nothing(case: tuple[str, list[Span]]) -> None:
    once = mask(*case).text
    assert mask(once, []).text == once


def test_a_rejected_span_stays_readable() -> None:
    assert mask("Anna met Bert", [span(0, 4, state="rejected"), span(9, 13, "Carl")]).text == "Anna met Carl"


def test_a_rejected_span_uncovers_nothing_of_another() -> None:
    assert mask("Anna Berg", [span(0, 9, "Q R"), span(0, 4, state="rejected")]).text == "Q R"


def test_overlapping_spans_are_masked_as_one() -> None:
    assert mask("Anna Berg here", [span(0, 6, "Q"), span(3, 9, "R")]).text == "Q here"


def test_a_span_without_surrogate_becomes_its_kind() -> None:
    assert mask("Anna", [span(0, 4, "")]).text == "<PERSON>"


def test_a_span_outside_the_text_is_refused() -> None:
    with pytest.raises(InputError, match="outside the text"):
        mask("short", [span(2, 99)])


def test_a_passage_that_ends_with_a_span_holds_its_whole_surrogate() -> None:
    masked = mask("I met Anna. Then", [span(6, 10, "Theobald")])
    assert masked.text[masked.position(0) : masked.position(10)] == "I met Theobald"
    assert masked.text[masked.position(0) : masked.position(11)] == "I met Theobald."
