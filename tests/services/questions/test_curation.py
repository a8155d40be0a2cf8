"""Working on question pairs by hand: decisions, edits, and undoing them."""

import json
from dataclasses import asdict, replace

import pytest

from core.errors import InputError
from core.identity import declared
from core.questions.as_text import to_text
from core.questions.exchange.conversations import Message
from core.questions.filters import LEFT_OVER, NOT_FOUND
from core.records import Detection, Document, QuestionPair, Span
from core.services.questions import curation
from core.services.questions.curation import Place, Wording
from core.services.questions.trainable import reviewed_pairs
from core.storage import audit, find, get, insert, update
from core.storage.pairs.pages import PairFilter, numbered_pair, pair_page
from core.storage.removal import remove_document

ADA, BOB = declared("Ada"), declared("Bob")
PROVED = Wording(question="How many tonnes does the winch hold?", answer="12 tonnes.")


class Names:
    """Finds the names that it was given, wherever they stand."""

    def __init__(self, *names):
        self.names = names

    def detect(self, texts):
        return [
            [
                Detection(start=text.index(name), end=text.index(name) + len(name), entity="PERSON", score=1, detector="x")
                for name in self.names
                if name in text
            ]
            for text in texts
        ]


NOBODY = Names()


def stored(workspace, learned):
    return find(workspace.db, QuestionPair, project_id=learned.project.id, order="number")


def outcome(pair):
    return pair.state, pair.reason, pair.decided, pair.changed_by


def actions(workspace):
    return [(entry.action, entry.actor, entry.counts) for entry, _ in audit.entries(workspace.db)][1:]


def test_a_decision_holds_against_the_filters_and_names_who_made_it(workspace, learned):
    assert curation.drop(workspace, learned.project.id, ["pair-0"], by=ADA) == 1
    assert curation.keep(workspace, learned.project.id, ["pair-3"], by=BOB) == 1
    pairs = stored(workspace, learned)
    assert outcome(pairs[0]) == ("dropped", "by hand", "dropped", "Ada")
    assert outcome(pairs[3]) == ("kept", "", "kept", "Bob")
    assert outcome(pairs[1]) == ("kept", "", None, None)


def test_pair_that_was_decided_so_already_is_left_alone(workspace, learned):
    curation.keep(workspace, learned.project.id, ["pair-0"], by=ADA)
    before = stored(workspace, learned)
    assert curation.keep(workspace, learned.project.id, ["pair-0"], by=BOB) == 0
    assert stored(workspace, learned) == before
    assert curation.last_act(workspace, learned.project.id, by=BOB) is None


def test_all_that_match_a_filter_are_decided_on_at_once_and_undone_at_once(workspace, learned):
    before = stored(workspace, learned)
    assert curation.drop(workspace, learned.project.id, PairFilter(words="tonnes"), by=ADA) == 4
    assert {pair.state for pair in stored(workspace, learned)} == {"dropped"}
    undone = curation.undo(workspace, learned.project.id, by=ADA)
    assert undone is not None and (undone.action, undone.pairs) == ("question pairs dropped", 4)
    assert stored(workspace, learned) == before


def test_without_a_decision_a_pair_gets_back_what_the_filters_said(workspace, learned):
    curation.keep(workspace, learned.project.id, ["pair-3"], by=ADA)
    curation.drop(workspace, learned.project.id, ["pair-3", "pair-0"], by=ADA)
    assert curation.remove_decisions(workspace, learned.project.id, PairFilter(), by=ADA) == 2
    pairs = stored(workspace, learned)
    assert [(pair.state, pair.reason, pair.decided) for pair in pairs] == [
        ("kept", "", None), ("kept", "", None), ("kept", "", None), ("dropped", "duplicate", None),
    ]  # fmt: skip


def test_acts_are_undone_one_by_one_from_the_last(workspace, learned):
    states = [stored(workspace, learned)]
    curation.drop(workspace, learned.project.id, ["pair-0"], by=ADA)
    states.append(stored(workspace, learned))
    curation.edit(workspace, learned.pairs[0], PROVED, detector=NOBODY, by=ADA)
    states.append(stored(workspace, learned))
    curation.merge(workspace, learned.pairs[0], learned.pairs[1], PROVED, detector=NOBODY, by=ADA)
    for before in reversed(states):
        curation.undo(workspace, learned.project.id, by=ADA)
        assert stored(workspace, learned) == before
    assert curation.undo(workspace, learned.project.id, by=ADA) is None


def test_each_person_undoes_what_they_did(workspace, learned):
    curation.drop(workspace, learned.project.id, ["pair-0"], by=ADA)
    curation.drop(workspace, learned.project.id, ["pair-1"], by=BOB)
    curation.undo(workspace, learned.project.id, by=ADA)
    assert [pair.state for pair in stored(workspace, learned)] == ["kept", "dropped", "kept", "dropped"]


def test_nothing_is_undone_once_somebody_else_changed_a_pair_since(workspace, learned):
    curation.drop(workspace, learned.project.id, PairFilter(), by=ADA)
    curation.keep(workspace, learned.project.id, ["pair-2"], by=BOB)
    before = stored(workspace, learned)
    with pytest.raises(InputError, match="Nothing was undone"):
        curation.undo(workspace, learned.project.id, by=ADA)
    assert stored(workspace, learned) == before


def test_edited_pair_is_kept_with_its_evidence_and_its_editor(workspace, learned):
    edited = curation.edit(workspace, learned.pairs[3], PROVED, detector=NOBODY, by=ADA)
    assert edited == get(workspace.db, QuestionPair, "pair-3")
    assert (edited.state, edited.quote, edited.edited_by, edited.origin) == ("kept", "12 tonnes", "Ada", "generated")
    curation.keep(workspace, learned.project.id, PairFilter(words="winch hold"), by=BOB)
    assert (get(workspace.db, QuestionPair, "pair-3").edited_by) == "Ada"


def test_edit_that_its_source_does_not_prove_is_dropped_and_says_why(workspace, learned):
    edited = curation.edit(workspace, learned.pairs[0], replace(PROVED, answer="13 tonnes."), detector=NOBODY, by=ADA)
    assert (edited.state, edited.reason, edited.decided) == ("dropped", NOT_FOUND.name, "dropped")
    curation.keep(workspace, learned.project.id, ["pair-0"], by=ADA)
    assert get(workspace.db, QuestionPair, "pair-0").state == "kept"


def test_answer_in_other_words_is_proved_by_the_sentence_that_has_most_of_them(workspace, learned):
    edited = curation.edit(
        workspace,
        learned.pairs[0],
        Wording(question="What holds?", answer="12 tonnes is what the winch holds."),
        detector=NOBODY,
    )
    assert (edited.state, edited.quote) == ("kept", "The winch holds 12 tonnes.")


def test_personal_data_is_not_kept_whatever_is_pressed_then(workspace, learned):
    named = Wording(question="Who says that the winch holds 12 tonnes?", answer="Maria Keller: the winch holds 12 tonnes.")
    edited = curation.edit(workspace, learned.pairs[0], named, detector=Names("Maria Keller"), by=ADA)
    assert (edited.state, edited.reason, edited.decided) == ("dropped", LEFT_OVER.name, "dropped")
    with pytest.raises(InputError, match="personal data"):
        curation.keep(workspace, learned.project.id, ["pair-0", "pair-1"], by=ADA)
    curation.drop(workspace, learned.project.id, ["pair-0"], by=ADA)
    curation.keep(workspace, learned.project.id, PairFilter(), by=ADA)
    curation.remove_decisions(workspace, learned.project.id, PairFilter(), by=ADA)
    assert get(workspace.db, QuestionPair, "pair-0").reason == LEFT_OVER.name
    assert "pair-0" not in {pair.id for pair in reviewed_pairs(workspace, learned.project)}
    again = curation.edit(workspace, learned.pairs[0], PROVED, detector=Names("Maria Keller"), by=ADA)
    assert again.state == "kept"


def test_name_that_the_approved_text_has_is_no_personal_data(workspace, learned):
    edited = curation.edit(workspace, learned.pairs[0], PROVED, detector=Names("winch"), by=ADA)
    assert edited.state == "kept"


def test_value_that_the_approved_text_replaced_is_found_without_a_detector(workspace, learned):
    span = Span(id="s", document_id="document-1", start=34, end=38, entity="PERSON", score=1, detector="x", surrogate="tow")
    insert(workspace.db, span)
    text = workspace.text(get(workspace.db, Document, "document-1"))
    workspace.anonymized_path(learned.project.id, "review-1").write_text(text.replace(text[34:38], "tow!"), encoding="utf-8")
    brought_back = Wording(question="What does the winch hold?", answer=f"The winch holds 12 tonnes, {text[34:38]}.")
    assert curation.edit(workspace, learned.pairs[0], brought_back, detector=NOBODY, by=ADA).reason == LEFT_OVER.name


@pytest.mark.parametrize("wording", [Wording(question=" ", answer="Yes."), Wording(question="Why?", answer="x" * 20_001)])
def test_pair_without_question_or_far_too_long_is_refused(workspace, learned, wording):
    before = stored(workspace, learned)
    with pytest.raises(InputError, match="characters each"):
        curation.edit(workspace, learned.pairs[0], wording, detector=NOBODY, by=ADA)
    assert stored(workspace, learned) == before and curation.last_act(workspace, learned.project.id, by=ADA) is None


def test_added_pair_is_trained_on_and_points_at_its_quote(workspace, learned):
    place = Place(document_id="document-1", passage_id="passage-1", quote="nobody   stands\ninside")
    wording = Wording(question="Who stands inside the angle?", answer="Nobody.")
    added = curation.add(workspace, learned.project, place, wording, detector=NOBODY, by=ADA)
    assert (added.origin, added.quote, added.page, added.edited_by) == ("written", "Nobody stands inside", "page 1", "Ada")
    assert added.id in {pair.id for pair in reviewed_pairs(workspace, learned.project)}
    curation.undo(workspace, learned.project.id, by=ADA)
    assert stored(workspace, learned) == list(learned.pairs)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(document_id="document-1", passage_id="passage-1", quote="The winch holds"), "does not stand in this passage"),
        (Place(document_id="document-1", passage_id="passage-9"), "not approved"),
    ],
)
def test_pair_cannot_be_added_from_what_is_not_there(workspace, learned, place, words):
    with pytest.raises(InputError, match=words):
        curation.add(workspace, learned.project, place, PROVED, detector=NOBODY, by=ADA)


def test_nothing_is_added_from_text_that_is_not_approved(workspace, learned):
    workspace.withdraw_approval("document-1", reason="a name was missed")
    with pytest.raises(InputError, match="not approved"):
        curation.add(
            workspace, learned.project, Place(document_id="document-1", passage_id="passage-0"), PROVED, detector=NOBODY
        )


def test_split_makes_two_of_one_and_undo_makes_one_again(workspace, learned):
    second = Wording(question="What is to be watched?", answer="The rope.")
    one, other = curation.split(workspace, learned.pairs[0], PROVED, second, detector=NOBODY, by=ADA)
    assert (one.id, one.input, other.input, other.origin, other.quote) == (
        "pair-0", PROVED.question, second.question, "written", "the rope",
    )  # fmt: skip
    assert len(stored(workspace, learned)) == 5
    curation.undo(workspace, learned.project.id, by=ADA)
    assert stored(workspace, learned) == list(learned.pairs)


def test_merged_pair_is_gone_from_search_and_comes_back_in_its_old_place(workspace, learned):
    both = Wording(question="What holds how much?", answer="The winch holds 12 tonnes.")
    curation.merge(workspace, learned.pairs[0], learned.pairs[1], both, detector=NOBODY, by=ADA)
    assert numbered_pair(workspace, learned.project.id, "pair-1") is None
    curation.undo(workspace, learned.project.id, by=ADA)
    assert [row.pair for row in pair_page(workspace, learned.project.id, PairFilter(words="tonnes")).rows] == list(
        learned.pairs
    )
    workspace.db.execute("insert into pair_words (pair_words) values ('integrity-check')")


def test_pair_is_not_merged_with_itself_or_one_of_another_document(workspace, learned):
    insert(workspace.db, replace(get(workspace.db, Document, "document-1"), id="document-2"))
    update(workspace.db, QuestionPair, "pair-1", document_id="document-2")
    for other in learned.pairs[:2]:
        with pytest.raises(InputError, match="one document"):
            curation.merge(workspace, learned.pairs[0], other, PROVED, detector=NOBODY, by=ADA)


def test_pair_that_was_brought_in_is_edited_in_its_approved_form(workspace, learned):
    messages = (Message(role="question", text="How much does Mr. Jones lift?"), Message(role="answer", text="12 tonnes."))
    text, parts = to_text(messages)
    path = workspace.anonymized_path(learned.project.id, "review-1")
    path.write_text(text, encoding="utf-8")
    stored_parts = json.dumps([asdict(part) for part in parts])
    workspace.db.execute(
        "update approved_passages set start = 0, end = ?, parts = ? where passage_id = 'passage-0'",
        [len(text), stored_parts],
    )
    update(
        workspace.db, QuestionPair, "pair-0", origin="imported", review_id=None, input="How much does Keller lift?",
        output="12 tonnes.",
    )  # fmt: skip
    pair = get(workspace.db, QuestionPair, "pair-0")
    shown = curation.shown_for_edit(workspace, pair)
    assert shown == Wording(question="How much does Mr. Jones lift?", answer="12 tonnes.")
    edited = curation.edit(workspace, pair, replace(shown, question="What does Mr. Jones lift?"), detector=NOBODY, by=ADA)
    assert (edited.origin, edited.state, edited.review_id) == ("written", "kept", "review-1")
    assert edited in reviewed_pairs(workspace, learned.project)


def test_audit_log_says_who_did_what_to_how_many_and_no_text(workspace, learned):
    curation.drop(workspace, learned.project.id, PairFilter(), by=ADA)
    curation.edit(workspace, learned.pairs[0], PROVED, detector=NOBODY, by=BOB)
    curation.undo(workspace, learned.project.id, by=BOB)
    assert actions(workspace)[-3:] == [
        ("question pairs dropped", "Ada", {"pairs": 4}),
        ("question pair edited", "Bob", {"pairs": 1}),
        ("act on pairs undone", "Bob", {"pairs": 1}),
    ]
    assert "tonnes" not in "".join(text for _, text in audit.entries(workspace.db))


def test_removed_document_takes_the_rows_before_an_act_with_it(workspace, learned):
    curation.edit(workspace, learned.pairs[0], PROVED, detector=NOBODY, by=ADA)
    remove_document(workspace, get(workspace.db, Document, "document-1"))
    assert workspace.db.execute("select count(*) from pair_act_rows").fetchone()[0] == 0


def test_only_the_last_hundred_acts_are_kept(workspace, learned, monkeypatch):
    monkeypatch.setattr("core.storage.pairs.acts.STEPS", 2)
    for number in range(4):
        curation.drop(workspace, learned.project.id, [f"pair-{number}"], by=ADA)
    assert curation.undo(workspace, learned.project.id, by=ADA) and curation.undo(workspace, learned.project.id, by=ADA)
    assert curation.undo(workspace, learned.project.id, by=ADA) is None
