"""Definitions: found by patterns, asked for in both directions."""

import pytest

from core.questions.writers.guided.definitions import definitions


@pytest.mark.parametrize(
    ("sentence", "term", "meaning"),
    [
        ("A red tag is a label that marks a broken valve.", "a red tag", "A label that marks a broken valve."),
        (
            "Landpower is the ability—by threat, force, or occupation—to gain and exploit control over land (ADP 3-0).",
            "landpower",
            "The ability—by threat, force, or occupation—to gain and exploit control over land.",
        ),
        (
            "The coordinating officer is a person who can call a meeting.",
            "the coordinating officer",
            "A person who can call a meeting.",
        ),  # noqa: E501
        (
            "The second look is an inspection by a mechanic who did not do the work, and it would have found the plug.",
            "the second look",
            "An inspection by a mechanic who did not do the work.",
        ),
        ("Rules of order are directives issued by the board.", "rules of order", "Directives issued by the board."),
        ("The term recoil refers to the backward movement of a gun.", "recoil", "The backward movement of a gun."),
        (
            "A red tag means that the engine must not be started.",
            "a red tag",
            "A red tag means that the engine must not be started.",
        ),  # noqa: E501
        ("ARFOR is the Army component of any joint force.", "ARFOR", "The Army component of any joint force."),
        ("Snatch block: A pulley that doubles the pull.", "snatch block", "A pulley that doubles the pull."),
        (
            "Attach is the placement of units or personnel in an organization where such placement is temporary (JP 3-0).",
            "attach",
            "The placement of units or personnel in an organization where such placement is temporary.",
        ),
        (
            "Leader tasks are those tasks specifically performed by leaders.",
            "leader tasks",
            "Those tasks specifically performed by leaders.",
        ),
    ],
)
def test_terms_and_meanings_are_told_apart(make_passage, sentence, term, meaning):
    (found,) = definitions([make_passage(sentence)])
    assert (found.term, found.meaning) == (term, meaning)
    assert found.passage.text[found.start : found.end] == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "The basis for all planning is the area air defense plan.",  # names another thing
        "The primary purpose of the Army is to provide sustained landpower to the joint force.",
        "The four support relationships are direct support, general support, reinforcing, and others.",
        "It is the ability of a crew to work without a leader.",
        "Maintaining records of all tools is a task of each section.",
        "The main difference between both is that one of them is a rope.",
        "The ultimate goal is to detect the enemy in time.",
        "A gauge that differs from the master is a risk to all.",
        "The sensors are positioned so that the threat is seen early.",
        "However, a base is a place from which operations are projected.",
        "The types are described as shown in Table 4 of this chapter.",
        "The main reason is that nobody had read the manual before.",
        "The audience of FM 6-0 is all members of the profession of arms.",
    ],
)
def test_what_sets_no_term_apart_defines_nothing(make_passage, sentence):
    assert list(definitions([make_passage(sentence)])) == []


def test_evidence_is_the_text_as_it_stands_with_its_source(make_passage):
    text = "First words. 1-2. A base is a locality from which\noperations are projected (JP 4-0). The end of it all."
    (found,) = definitions([make_passage(text)])
    assert text[found.start : found.end] == "A base is a locality from which\noperations are projected (JP 4-0)."
    assert found.meaning == "A locality from which operations are projected."


@pytest.mark.model
def test_a_definition_is_asked_for_in_both_directions(asked):
    pairs = asked("A red tag is a label that marks a broken valve.")
    assert pairs["What is a red tag?"] == "A label that marks a broken valve."
    assert pairs["Which term means “a label that marks a broken valve”?"] == "A red tag."


@pytest.mark.model
def test_the_meaning_of_another_term_is_denied(asked):
    pairs = asked("A red tag is a label that marks a broken valve. A silent pull is a winch pull that hands direct.")
    assert pairs["Does “silent pull” mean “a label that marks a broken valve”?"] == (
        "No. A silent pull is a winch pull that hands direct."
    )


@pytest.mark.model
def test_a_verb_is_asked_for_in_quotes(asked):
    pairs = asked("Assign is to place units in an organization where such placement is permanent.")
    assert pairs["What does the term “assign” mean?"].startswith("To place units")
    assert "What is assign?" not in pairs
