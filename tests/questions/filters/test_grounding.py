"""Numbers, names and units that the evidence does not hold."""

import pytest

from core.questions.filters.content.grounding import Source, count_ungrounded

PASSAGE = (
    "The Land-based Phalanx Weapon Systems should be emplaced inside the perimeter, but no closer than 500 meters from it. "
    "Company training meetings are conducted every week and last no more than thirty minutes. Corps publish the guidance no "
    "later than 14 months prior to the fiscal year. The S-2 of the 1st Armored Division advanced 1,150 kilometers."
)
SOURCE = Source(
    passage=PASSAGE, around="KV-2231 > Maintenance\nFM_7-0.pdf", document=PASSAGE + " Division troops rest 9 days."
)


def count(pair_of, answer, question="What does the text say?", quote=PASSAGE, **fields):
    return count_ungrounded(pair_of(question, answer, quote=quote, origin="generated", **fields), SOURCE)


@pytest.mark.parametrize(
    "answer",
    [
        "500 meters",
        "30 minutes",  # in words there
        "thirty minutes",
        "fourteen months",
        "1150 kilometers",
        "no closer than 500 m",
        "Phalanx weapon systems",
        "The 1st Armored Division's S-2",
        "the KV-2231",  # from the heading
        "Yes.",
        "One of the corps",
        "Because the perimeter is near.",
        "weekly",
        "As of 14 troops, FM 7-0",  # what follows a number need not be its unit
    ],
)
def test_what_the_evidence_holds_in_any_form_is_grounded(make_pair, answer):
    assert count(make_pair, answer) == 0


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("600 meters", 1),
        ("30 hours", 1),  # the number stands there, with another unit
        ("14 days before the fiscal year", 1),
        ("the Patriot battery", 1),
        ("Inside the perimeter of Fort Bliss.", 2),
        ("METT-TC", 1),
        ("twenty-four minutes", 1),
        ("500 kilometers", 1),
        ("20 to 40 minutes", 2),
    ],
)
def test_what_the_evidence_lacks_is_counted(make_pair, answer, number):
    assert count(make_pair, answer) == number


def test_a_number_that_stands_elsewhere_in_the_passage_is_not_in_the_evidence(make_pair):
    quote = "Company training meetings are conducted every week and last no more than thirty minutes."
    assert count(make_pair, "14 months", quote=quote) == 1
    assert count(make_pair, "14 months", quote="") == 0


def test_question_is_held_against_passage_heading_and_title(make_pair):
    assert count(make_pair, "every week", "In maintenance of the KV-2231, how often do companies meet?") == 0
    assert count(make_pair, "every week", "According to FM 7-0, how often do companies meet?") == 0
    assert count(make_pair, "every week", "How often do companies of the KV-9999 meet?") == 1


def test_a_false_twin_may_hold_what_is_not_there_but_its_answer_may_not(make_pair):
    question = "Do training meetings last 60 minutes?"
    assert count(make_pair, "No, not 60 but thirty minutes.", question, wording="no") == 0
    assert count(make_pair, "No, 45 minutes.", question, wording="no") == 1
    assert count(make_pair, "Yes, 60 minutes.", question, wording="yes") == 1


def test_scenarios_may_invent_and_the_unanswerable_is_not_looked_for(make_pair):
    assert count(make_pair, "500 meters", "Sergeant Miller has 3 hours. How far out does he go?", kind="scenario") == 0
    assert count(make_pair, "The text does not say who Miller is.", kind="unanswerable", quote="") == 0


def test_a_question_over_two_passages_is_held_against_the_document(make_pair):
    assert count(make_pair, "9 days", kind="link", quote="Corps publish the guidance.") == 0


@pytest.mark.parametrize(
    ("fields", "goes"),
    [
        ({"origin": "generated", "review_id": "review-1", "quote": ""}, True),
        ({"origin": "generated", "review_id": "review-1", "quote": "30 minutes"}, False),
        ({"origin": "generated", "review_id": "review-1", "quote": "", "kind": "unanswerable"}, False),
        ({"origin": "imported", "review_id": None, "quote": ""}, False),
        ({"origin": "written", "review_id": "review-1", "quote": ""}, False),
    ],
)
def test_what_was_generated_needs_evidence(drops, fields, goes):
    assert drops("ungrounded", "How long does a meeting last?", "30 minutes", **fields) is goes


def test_more_can_be_allowed(drops):
    measures = {"ungrounded_count": 1}
    assert drops("ungrounded", "How long?", "45 minutes", measures=measures)
    assert not drops("ungrounded", "How long?", "45 minutes", measures=measures, settings={"max_ungrounded": 1})
