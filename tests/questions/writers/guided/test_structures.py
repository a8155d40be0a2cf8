"""Lists, procedures, tables and prohibitions."""

import pytest

pytestmark = pytest.mark.model

DISCIPLINES = """1-82. The disciplines that contribute to intelligence operations are—
• Counterintelligence.
• Human intelligence (HUMINT).
• Signals intelligence."""


def test_items_below_a_line_are_asked_for_together(asked):
    pairs = asked(DISCIPLINES)
    question = "What are the disciplines that contribute to intelligence operations?"
    assert pairs[question] == "Counterintelligence, human intelligence, and signals intelligence."


def test_an_item_is_a_sentence_with_the_line_that_leads_in(asked):
    lead, items = (
        "2-4. Commanders must—",
        ("• Tie collection requirements directly to the scheme of maneuver.", "• Update plans."),
    )
    pairs = asked("\n".join((lead, *items)))
    assert pairs["What must commanders tie directly to the scheme of maneuver?"] == "Collection requirements."
    assert not any("should you" in question for question in pairs)


def test_what_somebody_does_by_a_list_of_acts_is_asked_for_with_how(asked):
    pairs = asked("The commander directs collection activities by—\n• Asking the right questions.\n• Knowing the enemy.")
    assert (
        pairs["How does the commander direct collection activities?"] == "Asking the right questions and knowing the enemy."
    )


def test_a_list_inside_a_sentence_that_counts_it(asked):
    pairs = asked("There are three types of command relationship: organic, assign, and attach.")
    assert pairs["What are the three types of command relationship?"] == "Organic, assign, and attach."


def test_items_stand_for_what_follows_inside_the_line(asked):
    pairs = asked("The planners collect the following on key decision makers:\n• Career summaries.\n• Sources of news.")
    assert pairs["What do the planners collect on key decision makers?"] == "Career summaries and sources of news."


def test_a_line_that_points_back_leads_in_nothing(asked):
    assert asked("They include—\n• Counterintelligence.\n• Signals intelligence.") == {}


STEPS = """To change the oil filter:
1. Stop the engine and let it cool.
2. Open the drain plug.
3. Drain the oil into a pan."""


def test_steps_are_asked_for_in_order_and_one_by_one(asked):
    pairs = asked(STEPS)
    assert pairs["What are the steps to change the oil filter, in order?"] == (
        "1. Stop the engine and let it cool. 2. Open the drain plug. 3. Drain the oil into a pan."
    )
    assert pairs["What is step 2 to change the oil filter?"] == "Open the drain plug."
    assert pairs["To change the oil filter, what do you do after this: open the drain plug?"] == "Drain the oil into a pan."


def test_numbers_that_do_not_count_from_one_are_no_procedure(asked):
    assert not any("step" in question for question in asked(STEPS.replace("1. Stop", "4. Stop")))


TABLE = "Part: Drain plug; Torque: 38 Nm\nPart: Oil filter; Torque: 15 Nm\nPart: Oil pan; Torque: 15 Nm"


def test_cells_of_a_table_are_asked_for_by_row_and_column(asked):
    pairs = asked(TABLE, heading="Torque values")
    assert pairs["What is the torque for “Drain plug”?"] == "38 Nm."
    assert pairs["Which part has the torque 38 Nm?"] == "Drain plug."


def test_a_value_of_two_rows_does_not_ask_whose_it_is(asked):
    assert "Which part has the torque 15 Nm?" not in asked(TABLE)


def test_a_row_is_named_by_the_column_that_names_things(asked):
    pairs = asked("Rank: Captain; Name: Philippa Mere; Room: 12\nRank: Major; Name: Owen Ash; Room: 14")
    assert pairs["What is the room for “Philippa Mere”?"] == "12."
    assert "What is the name for “Captain”?" not in pairs


def test_a_single_line_with_colons_is_no_table(asked):
    assert asked("Attention: Hot oil; Danger: Burns") == {}


def test_what_is_forbidden_is_asked_with_its_condition(asked):
    pairs = asked("Do not open the valve while the pump is running.")
    assert pairs["What must you never do while the pump is running?"] == "Open the valve."
    assert (
        pairs["May you open the valve while the pump is running?"] == "No. Do not open the valve while the pump is running."
    )
