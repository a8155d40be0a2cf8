"""Pages, search and counts of question pairs in the database."""

from dataclasses import replace

import pytest

from core.records import Document, Job, QuestionPair, now
from core.storage import delete, insert, insert_many, transaction, update
from core.storage.pairs.pages import (
    FACETS,
    PairFilter,
    count_pairs,
    numbered_pair,
    other_wordings,
    pair_counts,
    pair_page,
    search_terms,
    written_counts,
)
from core.storage.written_passages import WrittenPassage, store_written


@pytest.fixture
def project(workspace):
    return workspace.create_project("Manuals")


@pytest.fixture
def put(workspace, project):
    """Store pairs, each from what differs."""
    for name in ("a", "b"):
        document = Document(
            id=f"document-{name}", project_id=project.id, name=f"{name}.txt", kind="txt", size_bytes=1, sha256="",
            text_sha256="", state="read", created_at=now(),
        )  # fmt: skip
        insert(workspace.db, document)
    plain = QuestionPair(
        id="", project_id=project.id, input="How often is the valve checked?", output="Every 90 days.", origin="generated",
        document_id="document-a", document_name="a.txt", created_at=now(),
    )  # fmt: skip

    def put_them(*changes):
        insert_many(workspace.db, [replace(plain, id=f"pair-{n}", **each) for n, each in enumerate(changes)])

    return put_them


def ids(page):
    return [row.pair.id for row in page.rows]


def test_pages_follow_each_other_and_lead_back(workspace, project, put):
    put(*[{}] * 5)
    first = pair_page(workspace, project.id, PairFilter(), size=2)
    assert (ids(first), first.has_before, first.has_after) == (["pair-0", "pair-1"], False, True)
    second = pair_page(workspace, project.id, PairFilter(), after=first.rows[-1].number, size=2)
    third = pair_page(workspace, project.id, PairFilter(), after=second.rows[-1].number, size=2)
    assert (ids(third), third.has_before, third.has_after) == (["pair-4"], True, False)
    back = pair_page(workspace, project.id, PairFilter(), before=second.rows[0].number, size=2)
    assert (ids(back), back.has_before, back.has_after) == (["pair-0", "pair-1"], False, True)


def test_page_that_fills_exactly_has_none_after_it(workspace, project, put):
    put({}, {})
    assert not pair_page(workspace, project.id, PairFilter(), size=2).has_after


def test_page_after_a_number_neither_skips_nor_repeats_when_earlier_pairs_go(workspace, project, put):
    put(*[{}] * 4)
    first = pair_page(workspace, project.id, PairFilter(), size=2)
    delete(workspace.db, QuestionPair, id="pair-0")
    assert ids(pair_page(workspace, project.id, PairFilter(), after=first.rows[-1].number, size=2)) == ["pair-2", "pair-3"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("valve", ["pair-0", "pair-1"]),
        ("VAL", ["pair-0", "pair-1"]),
        ("valve winch", ["pair-1"]),
        ('"valve and winch"', ["pair-1"]),
        ('"winch and valve"', []),
        ("cafe", ["pair-2"]),
        ("alve", []),
        ("90", ["pair-0", "pair-1"]),
        ('"', ["pair-0", "pair-1", "pair-2"]),
        ("?!", ["pair-0", "pair-1", "pair-2"]),
        ("NEAR(valve, 3) OR input:x*", []),
        ("KV-2231", ["pair-2"]),
    ],
)
def test_words_are_searched_in_question_and_answer_from_their_beginning(workspace, project, put, words, found):
    put({}, {"input": "What do valve and winch share?"}, {"input": "Where is the café?", "output": "Beside the KV-2231."})
    chosen = PairFilter(words=words)
    assert ids(pair_page(workspace, project.id, chosen)) == found
    assert count_pairs(workspace, project.id, chosen) == pair_counts(workspace, project.id, chosen).matching == len(found)


def test_search_keeps_in_step_with_what_is_changed_deleted_and_undone(workspace, project, put):
    put({}, {})
    update(workspace.db, QuestionPair, "pair-0", input="Who opens the hatch?")
    delete(workspace.db, QuestionPair, id="pair-1")
    assert ids(pair_page(workspace, project.id, PairFilter(words="hatch"))) == ["pair-0"]
    assert ids(pair_page(workspace, project.id, PairFilter(words="valve"))) == []
    with pytest.raises(RuntimeError), transaction(workspace.db):
        update(workspace.db, QuestionPair, "pair-0", input="Who closes the lid?")
        raise RuntimeError
    assert ids(pair_page(workspace, project.id, PairFilter(words="hatch"))) == ["pair-0"]
    workspace.db.execute("insert into pair_words (pair_words) values ('integrity-check')")


def test_removed_document_leaves_no_words_behind(workspace, project, put):
    put({}, {"document_id": "document-b"})
    delete(workspace.db, Document, id="document-a")
    assert ids(pair_page(workspace, project.id, PairFilter(words="valve"))) == ["pair-1"]
    workspace.db.execute("insert into pair_words (pair_words) values ('integrity-check')")


def test_search_survives_that_the_file_is_compacted(workspace, project, put):
    put({}, {}, {"input": "Who opens the hatch?"})
    delete(workspace.db, QuestionPair, id="pair-0")
    workspace.db.execute("vacuum")
    assert ids(pair_page(workspace, project.id, PairFilter(words="hatch"))) == ["pair-2"]
    workspace.db.execute("insert into pair_words (pair_words) values ('integrity-check')")


def test_other_projects_stay_out_of_pages_search_and_counts(workspace, project, put):
    put({})
    other = workspace.create_project("Other")
    for chosen in (PairFilter(), PairFilter(words="valve")):
        assert pair_page(workspace, other.id, chosen).rows == ()
        assert pair_counts(workspace, other.id, chosen).matching == 0
    assert numbered_pair(workspace, other.id, "pair-0") is None


MIXED = (
    {"kind": "number", "wording": "open", "writer": "guided", "fact": "f"},
    {"kind": "number", "wording": "cloze", "writer": "guided", "fact": "f", "state": "dropped", "reason": "duplicate"},
    {"kind": "fact", "writer": "guided", "decided": "kept", "edited_by": "Ada", "document_id": "document-b"},
    {"origin": "imported", "document_id": "document-b"},
)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (PairFilter(state="dropped"), "1"),
        (PairFilter(reason="duplicate"), "1"),
        (PairFilter(document_id="document-b"), "23"),
        (PairFilter(kind="number"), "01"),
        (PairFilter(kind=""), "3"),
        (PairFilter(wording=""), "23"),
        (PairFilter(writer="guided", state="kept"), "02"),
        (PairFilter(origin="imported"), "3"),
        (PairFilter(is_decided=True), "2"),
        (PairFilter(is_decided=False, document_id="document-b"), "3"),
        (PairFilter(is_edited=True, words="valve"), "2"),
        (PairFilter(fact="f"), "01"),
    ],
)
def test_filters_join(workspace, project, put, chosen, found):
    put(*MIXED)
    assert ids(pair_page(workspace, project.id, chosen)) == [f"pair-{number}" for number in found]
    assert pair_counts(workspace, project.id, chosen).matching == count_pairs(workspace, project.id, chosen) == len(found)


def test_counts_of_a_facet_obey_the_rest_of_the_filter_but_not_itself(workspace, project, put):
    put(*MIXED)
    counts = pair_counts(workspace, project.id, PairFilter(kind="number", state="kept"))
    assert counts.matching == 1
    assert counts.by["kind"] == {"number": 1, "fact": 1, "": 1}
    assert counts.by["state"] == {"kept": 1, "dropped": 1}
    assert counts.by["wording"] == {"open": 1}
    assert set(counts.by) == set(FACETS)


def test_counts_equal_what_each_value_would_find(workspace, project, put):
    put(*MIXED)
    for facet, values in pair_counts(workspace, project.id, PairFilter(words="valve")).by.items():
        for value, count in values.items():
            assert count_pairs(workspace, project.id, PairFilter(words="valve", **{facet: value})) == count, (facet, value)


def test_row_says_how_many_wordings_its_fact_has(workspace, project, put):
    put(*MIXED)
    assert [row.wordings for row in pair_page(workspace, project.id, PairFilter()).rows] == [2, 2, 1, 1]
    first = numbered_pair(workspace, project.id, "pair-0")
    assert first is not None and first.wordings == 2
    assert [pair.id for pair in other_wordings(workspace, first.pair)] == ["pair-1"]


def test_empty_search_has_no_terms():
    assert search_terms("") == search_terms(' "" - ') == ""


def test_what_a_job_has_written_is_counted_by_passage_and_none_of_other_jobs(workspace, learned):
    insert(workspace.db, Job(id="job-1", kind="generate", project_id=learned.project.id, created_at=now()))
    place = {"document_id": "document-1", "review_id": "review-1"}
    written = [
        WrittenPassage(**place, passage_id="passage-0", pairs=learned.pairs[:3]),
        WrittenPassage(**place, passage_id="passage-1", pairs=()),
    ]
    store_written(workspace, learned.project.id, "job-1", written)
    assert written_counts(workspace, learned.project.id, "job-1") == (3, {"review-1": 1})
    assert written_counts(workspace, learned.project.id, "job-2") == (0, {})
