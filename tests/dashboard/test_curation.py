"""What keys do in the list of the Questions page, and the heat map above it."""

from dataclasses import replace

import pytest

from core.identity import declared
from core.records import QuestionPair, Turn
from core.services.questions import curation
from core.storage import find, get, insert_many, update
from core.storage.pairs.coverage import PassageCoverage
from core.storage.pairs.pages import PairFilter, numbered_pair, pair_counts, pair_page
from dashboard.components.questions.curation.doing import answer, decide_all
from dashboard.components.questions.curation.heat_map import MOST_CELLS, by_document
from dashboard.components.questions.curation.keys import KEY_WORDS, KEYS
from dashboard.components.questions.curation.row_list import Pressed
from dashboard.components.questions.curation.session import CurationSession, CurationState
from dashboard.components.review.keys import KEY_WORDS as REVIEW_KEYS


@pytest.fixture
def session(workspace, learned):
    """The session as it is drawn: two rows a page, the first one open."""
    state = CurationState(project_id=learned.project.id, size=2)

    def drawn(**changes):
        for name, value in changes.items():
            setattr(state, name, value)
        page = pair_page(
            workspace, learned.project.id, state.chosen, after=state.after, before=state.before, size=state.size
        )
        counts = pair_counts(workspace, learned.project.id, state.chosen)
        current = numbered_pair(workspace, learned.project.id, state.current) if state.current else page.rows[0]
        return CurationSession(
            workspace=workspace, project=learned.project, person=declared("Ada"), state=state, page=page, counts=counts,
            open=current,
        )  # fmt: skip

    return drawn


def states(workspace):
    return [pair.state for pair in find(workspace.db, QuestionPair, order="number")]


def rows(session):
    return [row.pair.id for row in session.page.rows]


def test_keys_pressed_before_the_server_answered_count_for_what_was_in_sight(workspace, session):
    answer(session(), [Pressed("d", "pair-0", "pair-1"), Pressed("d", "pair-1", "")])
    assert states(workspace) == ["dropped", "dropped", "kept", "dropped"]
    assert rows(session()) == ["pair-2", "pair-3"]


def test_deciding_goes_on_to_the_next_pair_and_names_who_decided(workspace, session):
    answer(session(), [Pressed("k", "pair-0", "pair-1")])
    assert session().state.current == "pair-1"
    assert (get(workspace.db, QuestionPair, "pair-0").decided, get(workspace.db, QuestionPair, "pair-0").changed_by) == (
        "kept",
        "Ada",
    )


@pytest.mark.parametrize("key", ["d", "x", "e"])
def test_keys_reach_a_pair_that_is_open_and_not_on_the_page(workspace, session, key):
    update(workspace.db, QuestionPair, "pair-2", decided="kept")
    added = session(current="pair-2")
    assert "pair-2" not in rows(added)
    answer(added, [Pressed(key, "", "")])
    pair, state = get(workspace.db, QuestionPair, "pair-2"), session().state
    assert (pair.decided, state.mode) == {"d": ("dropped", "read"), "x": (None, "read"), "e": ("kept", "edit")}[key]
    assert state.current == ("pair-0" if key == "d" else "pair-2")


def test_next_goes_from_a_pair_that_is_not_on_the_page_to_its_first(session):
    answer(session(current="pair-2"), [Pressed("n", "", "")])
    assert session().state.current == "pair-0"


def test_next_goes_past_the_end_of_a_page_and_previous_back_to_its_last_pair(session):
    answer(session(), [Pressed("n", "pair-1", "")])
    second = session()
    assert (rows(second), second.state.first, second.has_next) == (["pair-2", "pair-3"], 3, False)
    answer(second, [Pressed("n", "pair-3", "")])
    assert rows(session()) == ["pair-2", "pair-3"]
    answer(session(), [Pressed("p", "pair-2", "")])
    assert (rows(session(current="")), session().state.first) == (["pair-0", "pair-1"], 1)
    answer(session(), [Pressed("p", "pair-0", "")])
    assert session().state.first == 1


def test_last_page_shows_the_last_pairs_and_what_leads_back(session):
    session(size=3).last_page()
    last = session()
    assert (rows(last), last.state.first, last.has_next, last.has_previous) == (
        ["pair-1", "pair-2", "pair-3"],
        2,
        False,
        True,
    )
    last.previous_page()
    assert rows(session(current=""))[0] == "pair-0"


def test_personal_data_is_not_kept_by_a_key_and_the_page_says_why(workspace, session):
    update(workspace.db, QuestionPair, "pair-0", state="dropped", reason="personal data", decided="dropped")
    answer(session(), [Pressed("k", "pair-0", "pair-1")])
    assert states(workspace)[0] == "dropped" and "personal data" in session().state.trouble


def test_decision_is_taken_back_and_undone(workspace, session):
    answer(session(), [Pressed("d", "pair-0", "pair-1"), Pressed("x", "pair-0", "pair-0")])
    assert get(workspace.db, QuestionPair, "pair-0").decided is None
    answer(session(), [Pressed("x", "pair-0", "pair-0")])
    assert session().state.note == "Nobody had decided on this pair."
    answer(session(), [Pressed("u", "pair-1", "pair-1")])
    assert (get(workspace.db, QuestionPair, "pair-0").decided, session().state.current) == ("dropped", "pair-0")
    answer(session(), [Pressed("u", "pair-1", "pair-1")] * 2)
    assert states(workspace) == ["kept", "kept", "kept", "dropped"] and session().state.note == "There is nothing to undo."


def test_undo_that_cannot_be_done_is_told(workspace, session, learned):
    answer(session(), [Pressed("d", "pair-0", "pair-1")])
    curation.keep(workspace, learned.project.id, ["pair-0"], by=declared("Bob"))
    answer(session(), [Pressed("u", "pair-0", "pair-0")])
    assert "Nothing was undone" in session().state.trouble


def test_escape_leaves_what_was_begun(session):
    answer(session(), [Pressed("e", "pair-1", "pair-1")])
    assert (session().state.mode, session().state.current) == ("edit", "pair-1")
    answer(session(asked="drop"), [Pressed("Escape", "", "")])
    assert (session().state.mode, session().state.asked) == ("read", "")


def test_unknown_keys_and_pairs_do_nothing(workspace, session):
    before = states(workspace)
    answer(session(), [Pressed("z", "pair-0", ""), Pressed("k", "", ""), Pressed("d", "pair-99", "")])
    assert states(workspace) == before


def test_all_that_match_are_decided_on_beyond_the_page(workspace, session):
    decide_all(session(chosen=PairFilter(state="kept")), "drop")
    assert states(workspace) == ["dropped"] * 4 and session(chosen=PairFilter()).state.note == "3 pairs dropped."
    decide_all(session(), "leave")
    assert states(workspace) == ["kept", "kept", "kept", "dropped"]


def test_keys_that_both_pages_have_mean_the_same():
    here = {key: words for keys, words in KEY_WORDS.items() for key in keys.split() if len(key) == 1}
    both = {key: (here[key], REVIEW_KEYS[key]) for key in here.keys() & REVIEW_KEYS.keys()}
    assert both.keys() == {"n", "p", "u", "+", "?"}
    assert all(one.split()[0] == other.split()[0] for one, other in both.values())
    assert {key for key in here if key not in "↑↓/"} <= {*KEYS}


def coverage(*facts, name="a.pdf"):
    return [
        PassageCoverage(document_id=name, document_name=name, passage_id=f"{n}", page=f"page {n}", facts=number)
        for n, number in enumerate(facts)
    ]


def test_heat_map_has_a_cell_for_each_passage_of_the_documents_as_they_come():
    full, poor = coverage(3, 1), coverage(2, 0, 0, name="b.pdf")
    first, second = by_document([*full, *poor])
    assert (second.name, second.covered, second.passages, len(second.cells)) == ("b.pdf", 1, 3, 3)
    assert [cell.words for cell in first.cells] == ["passage 1 · page 0: 3 facts", "passage 2 · page 1: 1 fact"]
    assert second.cells[-1].words == "passage 3 · page 2: not asked about"


def test_cells_of_a_long_document_stand_for_several_passages_and_the_poorest_shows():
    (document,) = by_document(coverage(*([5] * (3 * MOST_CELLS - 1)), 0))
    assert len(document.cells) == MOST_CELLS and sum(cell.passages for cell in document.cells) == 3 * MOST_CELLS
    assert document.cells[-1].facts == 0 and document.cells[0].facts == 5


def test_cell_of_several_passages_opens_the_one_that_its_shade_is_of():
    (document,) = by_document(coverage(*([5] * (2 * MOST_CELLS - 3)), 0, 5, 5))
    cell = document.cells[-2]
    assert (cell.passages, cell.facts, cell.level, cell.passage_id) == (2, 0, 0, f"{2 * MOST_CELLS - 3}")
    assert document.cells[0].level == 3 and document.told == "319 of 320 passages (100 %)"


def test_conversation_survives_edit_and_undo(workspace, learned):
    talk = replace(learned.pairs[0], id="pair-talk", history=(Turn(input="Hello?", output="Yes."),), system="Be brief.")
    insert_many(workspace.db, [talk])
    by = declared("Ada")
    curation.merge(
        workspace, learned.pairs[1], talk, curation.Wording(question="What?", answer="12 tonnes."), detector=Blind(), by=by
    )
    curation.undo(workspace, learned.project.id, by=by)
    assert get(workspace.db, QuestionPair, "pair-talk") == talk


class Blind:
    """A detector that finds nothing."""

    def detect(self, texts):
        return [[] for _ in texts]
