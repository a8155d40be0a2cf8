"""What sentences tell, asked for with the right question word and answered with the fact alone."""

import pytest

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("The filter must be replaced every 500 hours.", "How often must the filter be replaced?", "Every 500 hours."),
        (
            "The relief valve must be tested every six months by a certified technician.",
            "By whom must the relief valve be tested every six months?",
            "A certified technician.",
        ),
        ("The tank holds 200 liters of diesel.", "How many liters of diesel does the tank hold?", "200 liters of diesel."),
        (
            "Commanders prioritize collection activities by providing their guidance early in the planning process.",
            "How do commanders prioritize collection activities?",
            "By providing their guidance early in the planning process.",
        ),
        (
            "A commander is provided another unit to accomplish specific missions or tasks.",
            "Why is a commander provided another unit?",
            "To accomplish specific missions or tasks.",
        ),
        (
            "After a unit receives a mission, the commander issues initial guidance.",
            "When does the commander issue initial guidance?",
            "After a unit receives a mission.",
        ),
        (
            "If the pressure falls below 2 bar, close the main valve.",
            "What should you do if the pressure falls below 2 bar?",
            "Close the main valve.",
        ),
        (
            "Attached units are subject to limitations specified in the attachment order.",
            "What are attached units subject to?",
            "Limitations specified in the attachment order.",
        ),
        (
            "The museum was founded in 1891 by a group of teachers.",
            "When was the museum founded by a group of teachers?",
            "In 1891.",
        ),
        (
            "At each level of command, planning begins with the receipt of a mission.",
            "What does planning begin with at each level of command?",
            "The receipt of a mission.",
        ),
        (
            "Staff tasks are specified on the outline of the task.",
            "Where are staff tasks specified?",
            "On the outline of the task.",
        ),
    ],
)
def test_a_part_is_asked_for_with_its_question_word(asked, sentence, question, answer):
    assert asked(sentence)[question] == answer


def test_joined_verbs_are_asked_for_apart_with_their_subject(asked):
    pairs = asked("Relationships of support define the basis for unity of effort and identify the degree of control.")
    assert pairs["What do relationships of support define?"] == "The basis for unity of effort."
    assert pairs["What do relationships of support identify?"] == "The degree of control."


def test_the_verb_agrees_with_who_or_what(asked):
    pairs = asked("The planners compare the cost and the risk of each route.")
    assert pairs["Who compares the cost and the risk of each route?"] == "The planners."


def test_a_condition_can_come_first(asked):
    pairs = asked("When the bell rings, the operator must let go of the lever at once.")
    assert pairs["What must the operator do when the bell rings?"] == "Let go of the lever at once."
    assert pairs["When the bell rings, what must the operator do?"] == "Let go of the lever at once."


@pytest.mark.parametrize(
    "sentence",
    [
        "It is derived from applying judgment to the common operational picture.",  # nobody knows what "it" is
        "These high value assets are incorporated into a protection prioritization list.",
        "Operational control does not of itself include administrative or logistical control.",  # would lose the "not"
        "Personal involvement and knowledge have no substitutes in this.",
        "Commands are described in chapter 4 of the manual.",
        "Commander’s initial guidance following receipt of mission.",  # no verb
        "See ADP 5-0 for detailed information on the relationships.",
        "bility provides the commander with technical capabilities and sensors.",  # its beginning is on the page before
        "MOS Appendix C Individual Training OVERVIEW C-1.Individual training ensures proficiency.",  # a heading ran in
    ],
)
def test_what_nobody_could_answer_is_not_asked(asked, sentence):
    assert asked(sentence) == {}


def test_a_gap_keeps_the_words_around_the_answer(asked):
    pairs = asked("All attached units of the division are subject to limitations specified in the attachment order.")
    assert "Complete the sentence: “All attached units of the division are subject to _____.”" in pairs


def test_a_gap_among_few_words_is_not_left(asked):
    assert not any("_____ " in question for question in asked("Various circumstances might create dangerous gaps."))


def test_the_pump_of_a_manual_is_named_with_it(asked):
    sentence = "The pump must be cleaned every 500 hours by a technician."
    question = "how often must the pump be cleaned by a technician?"
    assert set(asked(sentence, title="Manual of the KV-2231.pdf")) >= {f"According to Manual of the KV-2231: {question}"}
    assert not any(each.startswith("How often") for each in asked(sentence, title="Manual of the KV-2231.pdf"))
    assert f"H{question[1:]}" in asked(sentence)


def test_an_object_behind_two_joined_verbs_belongs_to_both(asked):
    pairs = asked("The corps headquarters manages and allocates the resources of all divisions.")
    assert pairs["What does the corps headquarters allocate?"] == "The resources of all divisions."
    assert not any("manage?" in question for question in pairs)


def test_a_wrong_number_is_denied_with_the_right_one(asked):
    pairs = asked("The relief valve must be tested every six months by a certified technician.")
    assert pairs["Must the relief valve be tested every eight months by a certified technician?"] == (
        "No. The relief valve must be tested every six months by a certified technician."
    )


def test_names_keep_their_capital_letter(asked):
    text = "Army support relationships define specific arrangements. They are used by the Army."
    assert "What do Army support relationships define?" in asked(text)


def test_a_question_that_says_little_names_its_topic_or_is_not_asked(asked):
    sentence = "Planning guidance conveys the visualization of the commander to the reader."
    text = "Staffs develop objectives."
    assert asked("The staff develops several objectives for it.") == {}
    assert all("staffs develop" not in question for question in asked(f"{text} {sentence}"))
