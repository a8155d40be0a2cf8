"""Which passages are asked about."""

from core.questions.coverage import covered_passages
from core.records import QuestionPair, now


def pair(passage_id, *, review_id="r1", state="kept"):
    return QuestionPair(
        id="p", project_id="x", input="Why?", output="So.", origin="generated", state=state, document_id="d",
        document_name="d", review_id=review_id, passage_id=passage_id, created_at=now(),
    )  # fmt: skip


def test_a_passage_counts_once_and_for_its_own_approval():
    pairs = [pair("a"), pair("a"), pair("b"), pair("a", review_id="r2")]
    assert covered_passages(pairs) == {"r1": 2, "r2": 1}


def test_dropped_and_imported_pairs_cover_nothing():
    assert covered_passages([pair("a", state="dropped"), pair(None)]) == {}
