"""Where a pair came from, how far documents are covered, and what a person decided about pairs."""

from core.records import QuestionPair
from core.services.questions.question_pairs import Source, coverage_of, keep_or_drop, source_of
from core.storage import get


def test_source_is_the_passage_around_the_quote(workspace, learned):
    assert source_of(workspace, learned.pairs[0]) == Source("", "The winch holds 12 tonnes.", " <b>Watch</b> the rope.")


def test_coverage_counts_passages_with_a_kept_pair(workspace, learned):
    rows = coverage_of(workspace, learned.project, learned.pairs)
    assert rows == [{"document": "Winch.md", "covered": 1, "passages": 2}]


def test_pairs_brought_in_are_nothing_to_ask_about(workspace, learned):
    workspace.db.execute("update documents set kind = 'pairs'")
    assert coverage_of(workspace, learned.project, learned.pairs) == []


def test_source_of_a_pair_without_its_text_is_the_quote_alone(workspace, learned):
    (workspace.anonymized_path(learned.project.id, "review-1")).unlink()
    assert source_of(workspace, learned.pairs[0]) == Source("", "The winch holds 12 tonnes.", "")


def test_kept_and_dropped_pairs_are_stored_and_others_left_alone(workspace, learned):
    first, second, third, dropped = learned.pairs
    keep_or_drop(workspace, {first.id: False, dropped.id: True})
    stored = [get(workspace.db, QuestionPair, pair.id) for pair in learned.pairs]
    assert [(pair.state, pair.reason) for pair in stored] == [
        ("dropped", "by hand"),
        (second.state, second.reason),
        (third.state, third.reason),
        ("kept", ""),
    ]
