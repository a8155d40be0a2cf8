"""How far documents are asked about: a page of them, found and in order, and the way from passage to passage."""

from dataclasses import replace

import pytest

from core.records import Document, Passage, Review
from core.storage import get, insert, insert_many
from core.storage.pairs.coverage import (
    DocumentCoverage,
    chosen_documents,
    document_coverage,
    passage_coverage,
    passage_ways,
)


def test_coverage_counts_facts_of_kept_pairs_by_passage(workspace, learned):
    covered = passage_coverage(workspace, learned.project.id)
    assert [(row.document_name, row.page, row.facts) for row in covered] == [
        ("Winch.md", "page 1", 3),
        ("Winch.md", "page 1", 0),
    ]
    workspace.db.execute("update pairs set fact = 'same'")
    assert [row.facts for row in passage_coverage(workspace, learned.project.id)] == [1, 0]
    workspace.db.execute("update documents set kind = 'pairs'")
    assert passage_coverage(workspace, learned.project.id) == []


def put_document(workspace, learned, name, *, facts):
    """Add an approved document with a passage for each of `facts`, each with so many kept pairs."""
    pattern = get(workspace.db, Document, "document-1")
    document = replace(pattern, id=f"document-{name}", name=name)
    insert(workspace.db, document)
    passages = [
        Passage(
            id=f"{name}-{index}", document_id=document.id, index=index, start=index, end=index + 1, heading="",
            page=f"page {index}", token_count=1, text="",
        )
        for index in range(len(facts))
    ]  # fmt: skip
    insert_many(workspace.db, passages)
    review = Review(
        id=f"review-{name}", document_id=document.id, reviewer="Ada", text_sha256="", anonymized_sha256="", span_count=0,
        created_at="2026-01-01T00:00:00.000+00:00",
    )  # fmt: skip
    workspace.store_approval(document, review, text="x" * (len(facts) + 1), passages=passages)
    pairs = [
        replace(
            learned.pairs[0], id=f"{name}-{index}-{fact}", document_id=document.id, review_id=review.id, fact=None,
            passage_id=f"{name}-{index}", state="kept",
        )
        for index, number in enumerate(facts)
        for fact in range(number)
    ]  # fmt: skip
    insert_many(workspace.db, pairs)
    return document.id


def test_documents_say_how_many_of_their_passages_have_a_kept_pair(workspace, learned):
    put_document(workspace, learned, "b", facts=(2, 0, 0))
    found = document_coverage(workspace, learned.project.id)
    assert [(each.name, each.covered, each.passages) for each in found] == [("Winch.md", 1, 2), ("b", 1, 3)]
    workspace.db.execute("update pairs set state = 'dropped'")
    assert [each.covered for each in document_coverage(workspace, learned.project.id)] == [0, 0]
    workspace.db.execute("update documents set kind = 'pairs'")
    assert document_coverage(workspace, learned.project.id) == []


def test_passages_of_some_documents_come_as_these_are_named(workspace, learned):
    first, second = (put_document(workspace, learned, name, facts=(1, 0)) for name in ("a", "b"))
    rows = passage_coverage(workspace, learned.project.id, document_ids=[second, first])
    assert [(row.passage_id, row.facts) for row in rows] == [("b-0", 1), ("b-1", 0), ("a-0", 1), ("a-1", 0)]
    assert passage_coverage(workspace, learned.project.id, document_ids=[]) == []


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("least covered", ["Zebra crane", "crane Manual", "Crane notes"]),
        ("most covered", ["crane Manual", "Crane notes", "Zebra crane"]),
        ("name", ["crane Manual", "Crane notes", "Zebra crane"]),
        ("added", ["crane Manual", "Crane notes", "Zebra crane"]),
    ],
)
def test_documents_are_found_by_words_of_their_names_in_an_order(order, names):
    stored = [("crane Manual", 3), ("Rope", 0), ("Crane notes", 3), ("Zebra crane", 1)]
    documents = [DocumentCoverage(document_id=name, name=name, covered=number, passages=4) for name, number in stored]
    assert [each.name for each in chosen_documents(documents, words=" CRANE ", order=order)] == names
    assert [each.name for each in chosen_documents(documents, words="man cra")] == ["crane Manual"]
    assert chosen_documents(documents, words="absent") == []


def way(workspace, learned, passage_id, document_id):
    found = passage_ways(workspace, learned.project.id, passage_id=passage_id, document_id=document_id)
    rows = (found.before, found.after, found.bare)
    return found.number, found.of, *(row.passage_id if row else None for row in rows)


def test_ways_lead_over_the_borders_of_documents_and_round_to_the_first_bare_passage(workspace, learned):
    workspace.db.execute("delete from passages")  # the document of the fixture has no passage any more
    a = put_document(workspace, learned, "a", facts=(1, 0, 1))
    b = put_document(workspace, learned, "b", facts=(1, 1))
    c = put_document(workspace, learned, "c", facts=(1, 0))
    assert way(workspace, learned, "a-0", a) == (1, 3, None, "a-1", "a-1")
    assert way(workspace, learned, "a-1", a) == (2, 3, "a-0", "a-2", "c-1")
    assert way(workspace, learned, "a-2", a) == (3, 3, "a-1", "b-0", "c-1")
    assert way(workspace, learned, "b-0", b) == (1, 2, "a-2", "b-1", "c-1")
    assert way(workspace, learned, "c-1", c) == (2, 2, "c-0", None, "a-1")
    assert way(workspace, learned, "gone", c) == (0, 0, None, None, None)


def test_only_bare_passage_leads_nowhere_else(workspace, learned):
    workspace.db.execute("delete from passages")
    a = put_document(workspace, learned, "a", facts=(0, 1))
    assert way(workspace, learned, "a-0", a) == (1, 2, None, "a-1", None)
    assert way(workspace, learned, "a-1", a) == (2, 2, "a-0", None, "a-0")
