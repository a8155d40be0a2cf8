from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.errors import InputError
from core.files import sha256_text
from core.identity import declared
from core.privacy import mask
from core.records import Detection, Document, Page, Span, new_id, now
from core.services import review
from core.services.review.second_search import search_again
from core.storage import Workspace, find, insert

TEXT = "Anna Berg opened it. Bert Holm closed Larkfield Gate."
ADA = declared("Ada")


@pytest.fixture
def document(workspace: Workspace) -> Document:
    digest = sha256_text(TEXT)
    made = Document(
        id=new_id("document"), project_id=workspace.create_project("Valves").id, name="v.txt", kind="txt", size_bytes=9,
        sha256=digest, text_sha256=digest, state="read", analyzed_sha256=digest, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, made)
    workspace.store_text(made, TEXT, pages=(Page(number=1, label="page 1", start=0, end=len(TEXT)),))
    insert(workspace.db, *(mark(made, value) for value in ("Anna", "Berg", "Bert Holm")))
    return made


def mark(document: Document, value: str) -> Span:
    start = TEXT.index(value)
    return Span(
        id=f"span-{value}", document_id=document.id, start=start, end=start + len(value), entity="PERSON", score=0.85,
        detector="spacy", surrogate="Odile",
    )  # fmt: skip


def spans_of(workspace: Workspace, document: Document) -> list[Span]:
    return find(workspace.db, Span, document_id=document.id, order="start")


def test_another_type_is_accepted_with_a_new_surrogate_and_undone(workspace: Workspace, document: Document) -> None:
    before = spans_of(workspace, document)
    decision = review.change_type(workspace, ["span-Bert Holm"], entity="ORGANIZATION", by=ADA)
    changed = spans_of(workspace, document)[2]
    assert (changed.entity, changed.state, changed.reviewer) == ("ORGANIZATION", "accepted", "Ada")
    assert changed.surrogate not in ("", "Odile", "Bert Holm")
    review.undo(workspace, decision, by=ADA)
    assert spans_of(workspace, document) == before
    with pytest.raises(InputError, match="no known type"):
        review.change_type(workspace, ["span-Anna"], entity="FOO", by=ADA)


def test_wider_borders_take_in_whole_marks_and_undo_gives_them_back(workspace: Workspace, document: Document) -> None:
    before = spans_of(workspace, document)
    decision = review.change_borders(workspace, "span-Anna", start=0, end=9, by=ADA)
    after = spans_of(workspace, document)
    assert [TEXT[span.start : span.end] for span in after] == ["Anna Berg", "Bert Holm"]
    assert "Anna" not in mask(TEXT, after).text and after[0].surrogate != "Odile"
    review.undo(workspace, decision, by=ADA)
    assert spans_of(workspace, document) == before


def test_borders_that_cut_another_mark_or_hold_nothing_are_refused(workspace: Workspace, document: Document) -> None:
    with pytest.raises(InputError, match="in two"):
        review.change_borders(workspace, "span-Anna", start=0, end=7, by=ADA)
    with pytest.raises(InputError, match="hold no text"):
        review.change_borders(workspace, "span-Anna", start=4, end=5, by=ADA)


def test_borders_step_by_whole_words_and_stop_at_the_ends(document: Document) -> None:
    anna, holm = mark(document, "Anna"), mark(document, "Bert Holm")
    assert review.moved_borders(TEXT, anna, "end", 1) == (0, 9)
    assert review.moved_borders(TEXT, anna, "end", -1) == (anna.start, anna.end)
    assert review.moved_borders(TEXT, anna, "start", -1) == (anna.start, anna.end)
    assert TEXT[slice(*review.moved_borders(TEXT, holm, "end", -1))] == "Bert"
    assert TEXT[slice(*review.moved_borders(TEXT, holm, "start", 1))] == "Holm"
    assert TEXT[slice(*review.moved_borders(TEXT, holm, "start", -1))] == "it. Bert Holm"


def test_several_places_are_marked_and_taken_back_together(workspace: Workspace, document: Document) -> None:
    before = spans_of(workspace, document)
    places = [(TEXT.index(word), TEXT.index(word) + len(word)) for word in ("Larkfield", "Gate")]
    decision = review.add_all(workspace, document, places, entity="SITE", by=ADA)
    assert len(spans_of(workspace, document)) == 5
    review.undo(workspace, decision, by=ADA)
    assert spans_of(workspace, document) == before


def test_rare_names_and_what_finders_disagree_on_come_first(document: Document) -> None:
    text = "Osborne met Larkfield. Larkfield met Lt. Keller and Keller."
    at = [text.index("Osborne"), text.index("Larkfield"), text.rindex("Larkfield"), text.index("Keller")]
    spans = [
        replace(mark(document, "Anna"), id="rare", start=at[0], end=at[0] + 7, detector="rampart"),
        replace(mark(document, "Anna"), id="person", start=at[1], end=at[1] + 9, detector="rampart+spacy"),
        replace(mark(document, "Anna"), id="place", start=at[2], end=at[2] + 9, entity="LOCATION", detector="rules"),
        replace(mark(document, "Anna"), id="sure", start=at[3], end=at[3] + 6, detector="rules+spacy", state="accepted"),
    ]
    assert review.span_risks(text, spans) == {"rare": 4, "person": 3, "place": 3, "sure": 2}
    assert [span.id for span in review.by_risk(text, spans)] == ["rare", "person", "place", "sure"]


class _Finder:
    """Finds these words, wherever they stand."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def analyze(self, pieces: Iterator[str]) -> Iterator[list[Detection]]:
        for piece in pieces:
            yield [
                Detection(start=piece.index(w), end=piece.index(w) + len(w), entity="PERSON", score=0.9, detector="rampart")
                for w in self.words
                if w in piece
            ]


def test_the_second_search_counts_what_is_no_surrogate_and_points_into_the_original(document: Document) -> None:
    spans = [
        replace(mark(document, "Anna"), surrogate="Odile"),
        replace(mark(document, "Bert Holm"), surrogate="Ivo Fenwick"),
    ]
    masked = mask(TEXT, spans)
    assert masked.text == "Odile Berg opened it. Ivo Fenwick closed Larkfield Gate."
    found = search_again(_Finder("Odile Berg", "Ivo Fenwick", "Larkfield"), TEXT, masked, spans)  # type: ignore[arg-type]
    assert [TEXT[start:end] for start, end, _ in found] == ["Berg", "Larkfield"]
    rejected = [*spans, replace(mark(document, "Berg"), state="rejected")]
    assert [TEXT[a:b] for a, b, _ in search_again(_Finder("Odile Berg"), TEXT, masked, rejected)] == []  # type: ignore[arg-type]
