"""What an evaluation asks: the passage of each question, which questions were trained on, and the bound of a project."""

import json

import pytest

from core.errors import InputError
from core.files import write_atomic
from core.identity import declared
from core.records import Passage, Project
from core.services.training.good_enough import set_good_enough
from core.services.training.question_set import question_set
from core.storage import audit, get
from core.storage.passage_search import PassageSearch
from tests.learned import PASSAGES, QUOTE

ADA = declared("Ada")


@pytest.fixture
def ask(workspace, learned):
    """A function that returns the set of these rows, for a run that was trained on `trained`."""

    def made(rows, trained=()):
        path = workspace.dataset_folder(learned.project.id, learned.run.dataset_id) / "train.jsonl"
        write_atomic(path, "".join(json.dumps(row) + "\n" for row in trained))
        return question_set(workspace, learned.run, rows)

    return made


def test_a_held_out_question_is_asked_with_the_passage_that_it_comes_from(ask):
    (source,) = ask([{"input": "How much?", "output": QUOTE, "pair_id": "pair-0", "review_id": "review-1"}]).sources
    assert source and (source.text, source.quote, source.is_named) == (PASSAGES[0], QUOTE, True)


def test_a_question_of_a_file_is_asked_with_the_passage_that_the_search_finds(ask):
    rows = [{"input": "Who stands within the angles of ropes?", "output": "Nobody."}, {"input": "Qxz?", "output": "-"}]
    found, nothing = ask(rows).sources
    assert found and (found.text, found.is_named) == (PASSAGES[1], False)
    assert nothing is None


def test_a_passage_whose_approval_was_withdrawn_is_not_used(ask, workspace):
    workspace.withdraw_approval("document-1", reason="changed", actor="Ada")
    (source,) = ask(
        [{"input": "How much does the winch hold?", "output": QUOTE, "pair_id": "pair-0", "review_id": "review-1"}]
    ).sources
    assert source is None


def test_imported_pairs_are_no_passages_for_their_own_questions(ask, workspace):
    workspace.db.execute("update documents set kind = 'pairs'")
    (source,) = ask([{"input": "How much does the winch hold?", "output": QUOTE}]).sources
    assert source is None


def test_questions_that_were_trained_on_are_known_by_their_words_and_what_was_said_before(ask):
    before = [{"input": "What is it?", "output": "A winch."}]
    trained = [
        {"input": "How much does the winch hold?", "output": "-"},
        {"input": "And then?", "output": "-", "history": before},
    ]
    rows = [
        {"input": "how much does a winch hold", "output": "12 t"},
        {"input": "And then?", "output": "-"},
        {"input": "And then?", "output": "-", "history": [{"input": "WHAT is it?", "output": "Another."}]},
    ]
    assert ask(rows, trained).was_trained_on == (True, False, True)


def test_a_question_that_the_documents_do_not_answer_is_known_by_its_kind_or_its_answer(ask):
    rows = [
        {"input": "Who made it?", "output": "Nobody knows.", "kind": "unanswerable"},
        {"input": "Who sold it?", "output": "The documents do not say."},
        {"input": "Who may pull?", "output": "The driver.", "kind": "fact"},
    ]
    asked = ask(rows)
    questions = [asked.question(place) for place in range(3)]
    assert [question.is_answerable for question in questions] == [False, False, True]
    assert [question.number for question in questions] == [1, 2, 3]


def _passage(number: int, text: str, heading: str = "") -> Passage:
    return Passage(
        id=f"p{number}", document_id="d", index=number, start=0, end=0, heading=heading, page="", token_count=0, text=text
    )


def test_the_search_takes_rare_words_for_more_than_frequent_ones_and_knows_endings():
    passages = [
        _passage(0, "The driver is in the vehicle and in the column."),
        _passage(1, "Towing ropes are inspected.", heading="Recovery"),
        _passage(2, "The driver of the vehicle rests."),
    ]
    with PassageSearch(passages) as search:
        assert search.best("Who is in the business of inspecting a rope?") == passages[1]
        assert search.best("recoveries") == passages[1]
        assert search.best('") OR "') is None and search.best("?") is None
    with PassageSearch([]) as search:
        assert search.best("rope") is None


def test_the_bound_of_a_project_is_set_by_name_and_stays_in_the_log(workspace):
    project = workspace.create_project("Manuals")
    assert project.good_enough == 0.6
    set_good_enough(workspace, project, 0.8, actor=ADA)
    assert get(workspace.db, Project, project.id).good_enough == 0.8
    ((entry, _),) = audit.entries(workspace.db, about="good enough changed", last=1)
    assert entry.counts == {"from percent": 60, "to percent": 80}
    with pytest.raises(InputError, match="out of range"):
        set_good_enough(workspace, project, 1.2, actor=ADA)
