"""Where a pair came from, and how far documents are covered."""

from core.services.questions.question_pairs import Source, approved_passage, coverage_of, page_around, source_of


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


def test_page_around_a_pair_holds_its_other_passages(workspace, learned):
    page = page_around(workspace, learned.pairs[0])
    assert page is not None and page.quote == "The winch holds 12 tonnes."
    assert page.after.endswith("Nobody stands inside the angle of a loaded rope.")


def test_what_is_too_long_for_a_page_is_not_shown_as_one(workspace, learned, monkeypatch):
    monkeypatch.setattr("core.services.questions.question_pairs.LONGEST_PAGE", 20)
    assert page_around(workspace, learned.pairs[0]) is None


def test_approved_passage_is_given_as_it_was_approved_with_its_document(workspace, learned):
    passage = approved_passage(workspace, learned.project, "passage-1")
    assert passage is not None
    assert (passage.document_name, passage.page, passage.is_written) == ("Winch.md", "page 1", False)
    assert passage.text == "Nobody stands inside the angle of a loaded rope."


def test_passage_of_a_withdrawn_approval_or_of_another_project_is_not_given(workspace, learned):
    assert approved_passage(workspace, workspace.create_project("Other"), "passage-1") is None
    workspace.withdraw_approval("document-1", reason="for a test")
    assert approved_passage(workspace, learned.project, "passage-1") is None
