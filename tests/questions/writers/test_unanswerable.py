"""Questions that no passage answers, made by exchanging what other questions ask about."""

from dataclasses import replace

import pytest

from core.questions.terms import stems
from core.questions.writers.unanswerable import Draft, drafts, pair_of, unanswered

pytestmark = pytest.mark.model  # the parser's

ASKED = (
    "How often must the filter be replaced?",
    "How many liters does the fuel tank hold?",
    "Where are old service sheets kept?",
    "What does the duty engineer record?",
    "When is the low-oil switch tested?",
    "How long are delivery notes kept?",
    "Who resets the hydraulic press?",
    "What is the diameter of the rain gauge funnel?",
)
PASSAGES = (
    "The filter must be replaced every 500 hours. The duty engineer records it.",
    "The fuel tank holds 140 liters. Delivery notes are kept for 3 years, old service sheets in the archive.",
    "The low-oil switch is tested monthly. The shift leader resets the hydraulic press.",
    "The rain gauge funnel has a diameter of 16 centimeters.",
)


@pytest.fixture
def pairs(make_pair):
    return [
        make_pair(
            question, "So.", kind="fact", wording="open", review_id="review-1", passage_id=f"passage-{number}", quote="q"
        )
        for number, question in enumerate(ASKED)
    ]


def test_something_is_asked_of_things_that_the_questions_name(pairs):
    made = drafts(pairs, 20, seed=1)
    assert len(made) > 10 and len({draft.question for draft in made}) == len(made)
    assert not {draft.question for draft in made} & {*ASKED}
    for draft in made:
        assert draft.thing in draft.source.input and draft.question.endswith("?")
        assert draft.thing.removeprefix("the ") in draft.question and len(stems(draft.thing)) > 1


def test_verbs_agree_with_their_things(pairs):
    made = {draft.question for draft in drafts(pairs, 80, seed=0)}
    assert {"How much does the fuel tank cost?", "How much do delivery notes cost?"} <= made
    assert not {"How much do the fuel tank cost?", "How much does delivery notes cost?"} & made


def test_a_question_for_a_number_is_asked_about_another_thing(pairs):
    numbers = [replace(pair, kind="number") for pair in pairs]
    turned = [draft for draft in drafts(numbers, 200, seed=0) if not draft.signs]
    assert "How long are old service sheets kept?" in {draft.question for draft in turned}
    assert not [draft for draft in drafts(pairs, 200, seed=0) if not draft.signs]  # of facts none is


def test_the_same_seed_makes_the_same_ones(pairs):
    assert drafts(pairs, 5, seed=3) == drafts(pairs, 5, seed=3) != drafts(pairs, 5, seed=4)


@pytest.mark.parametrize(
    ("told", "gone"),
    [
        ("The fuel tank costs 900 euros.", "How much does the fuel tank cost?"),
        ("Since 1987 the rain gauge has had a funnel.", "In which year was the rain gauge funnel introduced?"),
        ("Two men lift the fuel tank.", "How many people are needed for the fuel tank?"),
    ],
)
def test_what_a_passage_might_answer_is_left_out(pairs, told, gone):
    made = drafts(pairs, 400, seed=0)
    assert gone in {draft.question for draft in made}
    assert gone in {draft.question for draft in unanswered(made, PASSAGES)}
    left = {draft.question for draft in unanswered(made, [*PASSAGES, told])}
    assert gone not in left and len(left) > 10


def test_a_turned_question_goes_if_a_passage_names_its_thing_with_half_of_the_rest(pairs):
    draft = Draft("How often must the hydraulic press be replaced?", "the hydraulic press", pairs[6])
    assert list(unanswered([draft], PASSAGES)) == [draft]
    assert list(unanswered([draft], [*PASSAGES, "The hydraulic press must be replaced."])) == []


def test_a_question_that_a_model_wrote_goes_if_one_passage_holds_all_its_words(pairs):
    fine, answered = (
        Draft(text, text, pairs[0]) for text in ("Who painted the fuel tank?", "What does the fuel tank hold?")
    )
    assert list(unanswered([fine, answered], PASSAGES)) == [fine]


@pytest.mark.parametrize(
    "question",
    [
        "What does mission apply to?",
        "Where do they keep their area?",
        "When may army echelons express the standards that a commander must meet before an operation can be ended here?",
    ],
)
def test_what_nobody_understands_alone_or_tells_too_much_is_not_turned(pairs, question):
    odd = replace(pairs[0], id="odd", input=question)
    made = drafts([odd, *pairs[2:]], 60, seed=0)
    assert made and not [
        draft for draft in made if draft.source.id == "odd" or draft.question.split()[:3] == question.split()[:3]
    ]


def test_only_well_formed_questions_on_facts_are_turned(make_pair):
    no = {"kind": "list"}, {"wording": "yes"}, {"state": "dropped"}, {"review_id": None}
    usual = {"kind": "fact", "wording": "open", "review_id": "review-1", "state": "kept"}
    assert drafts([make_pair(ASKED[0], "So.", **(usual | each)) for each in no], 10, seed=0) == []
    assert drafts([], 10, seed=0) == []


def test_the_pair_belongs_to_the_passage_of_its_thing_and_has_no_quote(pairs):
    draft = Draft("Who resets the filter?", "filter", pairs[0])
    pair = pair_of(draft, pair_id="pair-9", language="en", created_at="now")
    assert (pair.passage_id, pair.quote, pair.kind, pair.writer) == ("passage-0", "", "unanswerable", "unanswerable")
    assert pair.input == draft.question and pair.output != "So." and pair.decided is None
    assert pair_of(draft, pair_id="pair-9", language="xx", created_at="now") is None
