"""What became of documents since a version was frozen."""

import pytest

from core.monitoring.document_drift import DocumentDrift, DocumentNow, document_drift

BEFORE, FROZEN, AFTER = "2026-11-01", "2026-11-15", "2026-12-01"


def document(created_at=BEFORE, reviews=(), first=None, standing=None) -> DocumentNow:
    return DocumentNow(
        created_at=created_at, review_ids=frozenset(reviews), first_approved_at=first, standing_id=standing
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "counts"),
    [
        (document(reviews=["old"], first=BEFORE, standing="old"), {}),
        (document(reviews=["old"], first=BEFORE), {"withdrawn": 1}),
        (document(reviews=["old", "newer"], first=BEFORE, standing="newer"), {"changed": 1}),
        (document(created_at=AFTER), {"new": 1}),
        (document(), {}),  # it was there before, and nobody has approved it yet
        (document(reviews=["other"], first=AFTER, standing="other"), {"approved": 1}),
        (document(reviews=["other"], first=BEFORE, standing="other"), {}),  # approved before, without a question
        (document(created_at=AFTER, reviews=["other"], first=AFTER), {"new": 1}),  # approved and withdrawn since
        (document(created_at=FROZEN), {}),
    ],
)
def test_each_document_counts_for_what_happened_to_it(found, counts):
    behind = {"old"} & found.review_ids
    assert document_drift([found], behind=behind, frozen_at=FROZEN) == DocumentDrift(**counts, total=1)


def test_documents_that_were_removed_count_by_the_approvals_that_they_took_along():
    kept = document(reviews=["old"], first=BEFORE, standing="old")
    drift = document_drift([kept], behind={"old", "gone", "gone too"}, frozen_at=FROZEN)
    assert drift == DocumentDrift(removed=2, total=3) and drift.moved == 2
