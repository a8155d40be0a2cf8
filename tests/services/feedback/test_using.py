"""Question pairs and preferences made of feedback: checked as those of hand, at most one of each, and taken back."""

from dataclasses import replace

import pytest

from core.errors import InputError
from core.identity import declared
from core.language.refusals import NOT_SAID
from core.questions.filters import LEFT_OVER, NOT_FOUND
from core.records import Document, Preference, QuestionPair, Span
from core.services.feedback.using import Use, make_pair, make_preference, set_aside, undo
from core.services.questions.curation import Place, Wording, drop, edit
from core.services.questions.curation import undo as undo_last
from core.services.questions.freezing.preferences import preferences_in, preferences_of
from core.services.questions.freezing.version import freeze
from core.settings import DatasetSettings
from core.storage import audit, find, get, insert, update
from core.storage.feedback import feedback_item

from .conftest import NOBODY, QUESTION, Names

ADA, BOB = declared("Ada"), declared("Bob")
PLACE = Place(document_id="document-1", passage_id="passage-0")
USE = Use(place=PLACE, question=QUESTION, answer="12 tonnes.")


def state(workspace, learned, feedback):
    item = feedback_item(workspace, learned.project.id, feedback.id)
    assert item is not None
    return item.state


def logged(workspace):
    return [(entry.action, entry.actor, entry.counts) for entry, _ in audit.entries(workspace.db)][2:]


def test_a_correction_becomes_a_pair_with_its_evidence_once(workspace, learned, judged):
    feedback = judged(correction="12 tonnes.")
    pair = make_pair(workspace, feedback.id, USE, detector=NOBODY, by=ADA)
    assert (pair.input, pair.output, pair.quote, pair.state) == (QUESTION, "12 tonnes.", "12 tonnes", "kept")
    assert (pair.origin, pair.feedback_id, pair.edited_by) == ("feedback", feedback.id, "Ada")
    assert make_pair(workspace, feedback.id, replace(USE, answer="12 t."), detector=NOBODY, by=BOB) == pair
    assert len(find(workspace.db, QuestionPair, feedback_id=feedback.id)) == 1
    assert state(workspace, learned, feedback) == "done"
    assert logged(workspace) == [("question pair added", "Ada", {"pairs": 1})]


def test_what_should_not_have_been_answered_becomes_an_unanswerable_pair(workspace, learned, judged):
    feedback = judged(question="Who built it?", is_unanswerable=True)
    use = Use(place=PLACE, question="Who built it?", is_unanswerable=True)
    pair = make_pair(workspace, feedback.id, use, detector=NOBODY, by=ADA)
    assert pair.output in NOT_SAID["en"] and pair.state == "kept"
    assert (pair.kind, pair.quote, pair.quote_start, pair.quote_end, pair.passage_id) == (
        "unanswerable", "", 0, 0, "passage-0",
    )  # fmt: skip
    made = make_preference(workspace, feedback.id, use, detector=NOBODY, by=ADA)
    assert (made.chosen, made.rejected) == (pair.output, "14 tonnes.")


@pytest.mark.parametrize(
    ("detector", "answer", "reason"),
    [(Names("Jane Doe"), "12 tonnes, says Jane Doe.", LEFT_OVER.name), (NOBODY, "90 knots.", NOT_FOUND.name)],
)
def test_a_pair_is_checked_as_one_that_is_added_by_hand(workspace, learned, judged, detector, answer, reason):
    feedback = judged(correction=answer)
    pair = make_pair(workspace, feedback.id, replace(USE, answer=answer), detector=detector, by=ADA)
    assert (pair.state, pair.reason) == ("dropped", reason)
    with pytest.raises(InputError, match="becomes no preference"):
        make_preference(workspace, feedback.id, replace(USE, answer=answer), detector=detector, by=ADA)
    assert find(workspace.db, Preference) == []


def test_a_preference_is_made_once_and_learned_from_until_it_is_taken_back(workspace, learned, judged):
    feedback = judged(correction="12 tonnes.")
    made = make_preference(workspace, feedback.id, USE, detector=NOBODY, by=ADA)
    assert make_preference(workspace, feedback.id, USE, detector=NOBODY, by=BOB) == made
    rows = [
        {
            "input": QUESTION, "chosen": "12 tonnes.", "rejected": "14 tonnes.", "preference_id": made.id,
            "passage_id": "passage-0", "review_id": "review-1",
        }
    ]  # fmt: skip
    assert preferences_of(workspace, learned.project) == rows
    frozen = freeze(workspace, learned.project, DatasetSettings(heldout_share=0))
    assert preferences_in(workspace, frozen) == rows
    assert undo(workspace, feedback.id, by=ADA) and state(workspace, learned, feedback) == "open"
    assert preferences_of(workspace, learned.project) == [] and not undo(workspace, feedback.id, by=ADA)
    assert [entry for entry in logged(workspace) if "preferences" in entry[0]] == [
        ("preferences added", "Ada", {"preferences": 1}),
        ("preferences removed", "Ada", {"preferences": 1}),
    ]


def test_the_given_answer_may_hold_no_value_that_any_document_replaced(workspace, learned, judged):
    document = get(workspace.db, Document, "document-1")
    text = workspace.text(document)
    start = text.index("rope")
    insert(
        workspace.db,
        Span(
            id="span-1", document_id=document.id, start=start, end=start + 4, entity="PERSON", score=1.0, detector="x",
            state="accepted", surrogate="cord",
        ),
    )  # fmt: skip
    workspace.anonymized_path(learned.project.id, "review-1").write_bytes(text.replace("rope", "cord").encode())
    feedback = judged("14 tonnes, says Rope.", correction="12 tonnes.")
    with pytest.raises(InputError, match="personal data"):
        make_preference(workspace, feedback.id, USE, detector=NOBODY)
    assert make_pair(workspace, feedback.id, USE, detector=NOBODY).state == "kept"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Zork Plinth", "Zork Plinth"),
        ("Zork Plinth", "**Zork** Plinth"),
        ("Zork Plinth", "Zork-Plinth"),
        ("Zork Plinth", "\uff3aork Pl\u200binth"),
        ("Z\u00f6rk Plinth", "Zo\u0308rk Plinth"),
        ("O'Zork", "O\u2019Zork"),
        ("INV-00123", "INV 00123"),
    ],
)
def test_nothing_is_made_of_a_value_that_another_document_replaced(workspace, learned, judged, value, said):
    text = f"Call {value} about it."
    other = replace(get(workspace.db, Document, "document-1"), id="document-2", name="b.txt")
    workspace.store_text(other, text, pages=())
    insert(workspace.db, other)
    insert(
        workspace.db,
        Span(
            id="span-2", document_id=other.id, start=5, end=5 + len(value), entity="PERSON", score=1.0, detector="x",
            state="accepted", surrogate="Jane",
        ),
    )  # fmt: skip
    feedback = judged(f"14 tonnes, says {said}.", correction="12 tonnes.")
    with pytest.raises(InputError, match="personal data"):
        make_preference(workspace, feedback.id, USE, detector=NOBODY)
    pair = make_pair(workspace, feedback.id, replace(USE, answer=f"12 tonnes {said}"), detector=NOBODY)
    assert (pair.state, pair.reason) == ("dropped", LEFT_OVER.name)


NAMED = [  # a person's name in another document, what is said of it, what else that document says, whether it is too much
    ("Zork Tarkwell", "says Zork", "", True),
    ("Zork Tarkwell", "says tarkwell", "", True),  # no English word: whatever its case
    ("Zork Plinth", "says Plinth", "", True),
    ("Zork Plinth", "on a plinth", "", False),  # a word of the language, written as one
    ("Zork Plinth", "Plinth", "The plinth is heavy.", False),  # the document writes it in lower case, too
    ("April May", "since May", "", False),  # a month
    ("Erin Bank", "from the Bank", "", False),  # a word of offices
    ("Jan van der Zork", "von der Bahn, der", "", False),  # particles
    ("Bo Zork", "Bo", "", False),  # two letters
    ("Orla Rose", "the pressure rose", "", False),
    ("Orla Rose", "Rose said so", "", True),
    ("Orla Winch", "The Winch", "", False),  # the approved text says it
    ("\u738b\u5c0f\u660e", "\u8d1f\u8d23\u4eba\u662f\u738b\u5c0f\u660e\u5148\u751f", "", True),
]


@pytest.mark.parametrize(("name", "said", "more", "is_too_much"), NAMED)
def test_a_part_of_a_name_counts_if_it_tells_who_is_meant(workspace, learned, judged, name, said, more, is_too_much):
    other = replace(get(workspace.db, Document, "document-1"), id="document-2", name="b.txt")
    workspace.store_text(other, f"Call {name} about it. {more}", pages=())
    insert(workspace.db, other)
    insert(
        workspace.db,
        Span(
            id="span-2", document_id=other.id, start=5, end=5 + len(name), entity="PERSON", score=1.0, detector="x",
            state="accepted", surrogate="Jane",
        ),
    )  # fmt: skip
    feedback = judged(correction="12 tonnes.")
    pair = make_pair(workspace, feedback.id, replace(USE, answer=f"12 tonnes, {said}."), detector=NOBODY)
    assert (pair.reason == LEFT_OVER.name) is is_too_much


def test_a_part_of_what_is_no_name_of_a_person_does_not_count(workspace, learned, judged):
    other = replace(get(workspace.db, Document, "document-1"), id="document-2", name="b.txt")
    workspace.store_text(other, "Call Northern Zork about it.", pages=())
    insert(workspace.db, other)
    insert(
        workspace.db,
        Span(
            id="span-2", document_id=other.id, start=5, end=18, entity="ORGANIZATION", score=1.0, detector="x",
            state="accepted", surrogate="Acme",
        ),
    )  # fmt: skip
    feedback = judged(correction="12 tonnes.")
    pair = make_pair(workspace, feedback.id, replace(USE, answer="12 tonnes, Northern."), detector=NOBODY)
    assert pair.reason != LEFT_OVER.name


def test_the_same_answer_is_no_preference_and_another_place_proves_nothing(workspace, learned, judged):
    feedback = judged("12 tonnes.", thumb="up")
    with pytest.raises(InputError, match="the same"):
        make_preference(workspace, feedback.id, USE, detector=NOBODY)
    elsewhere = replace(USE, place=Place(document_id="document-1", passage_id="passage-1"), answer="12 t of weight.")
    with pytest.raises(InputError, match="does not say"):
        make_preference(workspace, feedback.id, elsewhere, detector=NOBODY)


def test_an_expert_may_answer_for_what_no_passage_says(workspace, learned, judged):
    feedback = judged(correction="Blue.")
    use = replace(USE, question="Which color has it?", answer="Blue.")
    pair = make_pair(workspace, feedback.id, use, detector=NOBODY, by=ADA)
    assert pair.reason == NOT_FOUND.name
    update(workspace.db, QuestionPair, pair.id, state="kept", reason="")
    assert make_preference(workspace, feedback.id, use, detector=NOBODY, by=ADA).chosen == "Blue."


def test_what_is_set_aside_is_opened_again_and_used_after_all(workspace, learned, judged):
    feedback = judged(thumb="down")
    set_aside(workspace, feedback.id, by=ADA)
    set_aside(workspace, feedback.id, by=BOB)
    assert state(workspace, learned, feedback) == "set aside"
    assert undo(workspace, feedback.id, by=BOB) and state(workspace, learned, feedback) == "open"
    set_aside(workspace, feedback.id, by=ADA)
    make_pair(workspace, feedback.id, USE, detector=NOBODY, by=ADA)
    with pytest.raises(InputError, match="already"):
        set_aside(workspace, feedback.id, by=ADA)
    undo(workspace, feedback.id, by=ADA)
    assert state(workspace, learned, feedback) == "open"
    assert [action for action, _, _ in logged(workspace)] == [
        "feedback set aside", "feedback opened again", "feedback set aside", "question pair added", "act on pairs undone",
    ]  # fmt: skip


def test_a_pair_is_taken_back_by_whoever_made_it_as_long_as_nobody_changed_it(workspace, learned, judged):
    feedback = judged(correction="12 tonnes.")
    pair = make_pair(workspace, feedback.id, USE, detector=NOBODY, by=ADA)
    with pytest.raises(InputError, match="Nothing was undone"):
        undo(workspace, feedback.id, by=BOB)
    drop(workspace, learned.project.id, [pair.id], by=BOB)
    with pytest.raises(InputError, match="Nothing was undone"):
        undo(workspace, feedback.id, by=ADA)
    undo_last(workspace, learned.project.id, by=BOB)
    assert undo(workspace, feedback.id, by=ADA)
    assert find(workspace.db, QuestionPair, feedback_id=feedback.id) == []
    again = make_pair(workspace, feedback.id, USE, detector=NOBODY, by=ADA)
    undo_last(workspace, learned.project.id, by=ADA)  # on the page Questions
    assert state(workspace, learned, feedback) == "open" and again.id != pair.id


def test_an_edited_pair_stays_that_of_its_feedback(workspace, learned, judged):
    feedback = judged(correction="12 tonnes.")
    pair = make_pair(workspace, feedback.id, USE, detector=NOBODY, by=ADA)
    edit(workspace, pair, Wording(question="What load?", answer="12 tonnes."), detector=NOBODY, by=ADA)
    undo_last(workspace, learned.project.id, by=ADA)
    assert find(workspace.db, QuestionPair, feedback_id=feedback.id) == [pair]
