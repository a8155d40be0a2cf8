"""Filters on how a pair is worded, with cases that lie at the border."""

import pytest

from core.records import Turn

ANSWER = "The division close area extends out to 15 kilometers."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("", ANSWER),
        (" ?", ANSWER),
        ("What is the close area?", " … "),
        ("What is the close area?<|im_end|>", ANSWER),
        ("What is the close area?", "[INST] Fifteen kilometers."),
        ('{"question": "What is the close area?"', ANSWER),
        ("What is the close area?", "Answer: 15 kilometers"),
        ("What is the close\ufffd area?", ANSWER),
        ("What is the close area?", "<think>The text says so.</think> 15 kilometers"),
        ("What is the close area?", "15\x00 kilometers"),
    ],
)
def test_broken_text_goes(drops, question, answer):
    assert drops("broken text", question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How is the answer to a question given?", "By voice."),
        ("What is the input of the converter?", "Input: 5 V"),
        ("Which keys does the record hold?", '{"name": "pump"}'),
        ("What does a < b mean?", "a is smaller than b"),
        ("Was heißt „Stützpunkt“?", "Base.\nAlso: post."),
    ],
)
def test_unusual_text_is_not_broken(drops, question, answer):
    assert not drops("broken text", question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What do since chaplains have?", "Chaplains have access to the commander."),
        ("What do Once Soldiers collect?", "Soldiers collect information."),
        ("Why is because the pump leaks?", "The pump leaks."),
        ("How are and conducted?", "Rehearsals are conducted by the staff."),
        ("What does must the crew do?", "The crew must leave."),
        ("What is the?", "The pump."),
        ("How is the the pump driven?", "By a motor."),
        ("What is a warfighter exercise (known as WFX?", "An exercise."),
        ("How far out does the close area extend?", "The division close area extends out to 15"),
        ("How far out does the close area extend?", "the division close area extends out to 15 kilometers."),
        ("How far out does the close area extend?", "is 15 kilometers out in large operations."),
        ("When is a LOOKOUT status assumed?", "when an air threat is within 30 kilometers of the"),
        ("What are the steps?", "These are the steps to be taken:"),
        ("What is a LOOKOUT status?", "A status (see table"),
        ("Complete the sentence: “With, the staff judge advocate ensures _____.”", "that it is lawful"),
        ("What do officers possess for using TAC-D. since deception is cognitive?", "Experience."),
        ("Complete the sentence: “Officers possess _____ for using TAC-D..”", "experience"),
        ("Which term means “also have technical signatures visible to sensors”?", "Most physical."),
    ],
)
def test_what_is_cut_off_or_broken_goes(drops, question, answer):
    assert drops("incomplete sentence", question, answer)


@pytest.mark.parametrize(
    ("question", "answer", "fields"),
    [
        ("When is a LOOKOUT status assumed?", "when an air threat is within 30 kilometers of the division", {"fact": "1"}),
        ("How often are company training meetings held?", "every week", {"fact": "1"}),
        ("Is the phalanx emplaced inside the perimeter?", "Yes.", {}),
        ("Must the lamp be on?", "No, it must be switched off.", {}),
        ("In what state is the lamp left?", "switched on", {"fact": "1"}),
        ("Which U.S. forces, e.g. brigades, move with approx. ten tanks vs. twenty?", "Two.", {}),
        ("Who must comply with U.S. and international law?", "Everybody.", {}),
        ("Which of with, by and from is missing...?", "By", {}),
        ("Which letter marks the plan?", "A", {"fact": "1"}),
        ("Complete the sentence: Training meetings last no more than ____ the", "30 minutes", {"wording": "cloze"}),
        ("What is a warfighter exercise (known as WFX)?", "An exercise.", {}),
        ("What does step 2) or a) ask for?", "a) a plan and 2) a rehearsal.", {"fact": "1"}),
        ("And after that?", "The corps publishes it.", {"history": (Turn(input="Who is first?", output="The army."),)}),
        ("What is the purpose of it and the", "It ends oddly.", {"history": (Turn(input="a", output="b"),)}),
    ],
)
def test_bare_facts_and_gaps_are_whole(drops, question, answer, fields):
    assert not drops("incomplete sentence", question, answer, **fields)


def test_what_the_parser_found_broken_goes_and_what_it_did_not_see_stays(drops):
    question, answer = "What does the commander uses?", "The commander uses the plan."
    assert drops("incomplete sentence", question, answer, measures={"is_whole": False})
    assert not drops("incomplete sentence", question, answer, measures={"is_whole": True})
    assert not drops("incomplete sentence", question, answer)


@pytest.mark.parametrize(
    "question",
    [
        "What does it provide?",
        "Why is this important?",
        "How often is it changed?",
        "In this phase, what does the staff do?",
        "What is the main idea of the passage?",
        "What does the author recommend?",
        "Which of the following is a command post?",
        "What must be done as described above?",
        "Complete the sentence: It is tested every ____.",
    ],
)
def test_question_that_needs_the_page_goes(drops, question):
    assert drops("needs the page", question, ANSWER)


@pytest.mark.parametrize(
    "question",
    [
        "What does the pump do when it overheats?",
        "How long does it take to prime the pump?",
        "Is it true that companies hold a training meeting every week?",
        "What do commanders and their staffs compare?",
        "What does the term “text message” mean?",
        "Complete the sentence: Training meetings last no more than ____.",
        "Which of the following is a command post: main, tactical or rear?",
        "When the S-2 has finished, what does he report?",
        "Why must Soldiers clean those filters that are wet?",
    ],
)
def test_question_that_names_what_it_means_stays(drops, question):
    assert not drops("needs the page", question, ANSWER)


def test_question_in_a_conversation_may_point_back(drops):
    history = (Turn(input="What is the phalanx?", output="A weapon system."),)
    assert not drops("needs the page", "Where is it emplaced?", "Inside the perimeter.", history=history)
    assert not drops("too short", "Why?", "Because of the range.", history=history)


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("Define the term landpower.", {}),
        ("State the range of the missile.", {}),
        ("Name the three levels of command.", {}),
        ("True or false: battalions issue guidance 6 months before the fiscal year.", {}),
        ("Complete the sentence: Battalions issue guidance ____.", {}),
        ("Battalions issue guidance no later than ____ months prior to the fiscal year.", {}),
        ("In maintenance of the KV-2231, describe the second step.", {}),
        ("Please explain how the phalanx is emplaced.", {}),
        ("Who said “Stop!”?", {}),
        ("How far is it? Give kilometers.", {}),
        ("Battalions issue guidance when.", {"wording": "request"}),
    ],
)
def test_requests_ask(drops, question, fields):
    assert not drops("no question", question, ANSWER, **fields)


@pytest.mark.parametrize("question", ["The close area of a division", "Named areas of interest.", "Listed parts are new."])
def test_a_heading_asks_nothing(drops, question):
    assert drops("no question", question, ANSWER)


def test_shortest_and_longest_count_characters_without_outer_blanks(drops):
    assert not drops("too short", "  How far out? ", "No.")
    assert drops("too short", "How far ou? ", "No.")
    assert not drops("too long", "What? " + "a" * 294, "No.")
    assert drops("too long", "What? " + "a" * 295, "No.")
