"""Lists, procedures, tables and prohibitions."""

import pytest

from core.questions.writers.guided.writing import write
from core.settings import GenerationSettings

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
        ("• Tie collection requirements to the scheme of maneuver every morning.", "• Update plans."),
    )
    pairs = asked("\n".join((lead, *items)))
    question = "How often must commanders tie collection requirements to the scheme of maneuver?"
    assert pairs[question] == "Every morning."
    assert not any(each.startswith("What must commanders") for each in pairs)  # each item would answer it
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


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("As the host, the museum offers two tours:", "Which two tours does the museum offer as the host?"),
        ("The repair record includes the following entries:", "Which entries does the repair record include?"),
        ("The crew passes through two gates:", "Through which two gates does the crew pass?"),
    ],
)
def test_items_are_asked_for_by_the_name_that_the_line_gives_them(asked, line, question):
    assert asked(f"{line}\n• The old mill.\n• The steam engine.")[question] == "The old mill and the steam engine."


def test_a_line_that_counts_other_items_than_stand_below_it_names_none(asked):
    assert asked("The museum of the town offers three tours:\n• The old mill.\n• The steam engine.") == {}


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("Duties of the warden include, but are not limited to:", "What do duties of the warden include?"),
        ("The following are the parts of the pump:", "What are the parts of the pump?"),
        ("The keeper is responsible for—", "What is the keeper responsible for?"),
    ],
)
def test_lines_that_lead_in_by_other_ways(asked, line, question):
    assert asked(f"{line}\n• The inner wheel.\n• The outer ring.")[question] == "The inner wheel and the outer ring."


def test_items_that_bring_their_own_verb(asked):
    lead, items = (
        "With the consent of the owner, the keeper—",
        ("• Opens the old vault every morning.", "• Counts the silver keys of the vault."),
    )
    pairs = asked("\n".join((lead, *items)))
    assert pairs["How often does the keeper open the old vault with the consent of the owner?"] == "Every morning."
    assert "With the consent of the owner, does the keeper count the silver keys of the vault?" in pairs
    nouns = asked("The chest of the keeper holds—\n• Tools of the smith.\n• Keys to the vault.")
    assert not any("hold tools" in question for question in nouns)


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "The guard carries three keys: the gate key, the vault key, and the tower key.",
            "Which three keys does the guard carry?",
            "The gate key, the vault key, and the tower key.",
        ),
        (
            "However, visitors reach the island by two routes: the old bridge and the ferry.",
            "By which two routes do visitors reach the island?",
            "The old bridge and the ferry.",
        ),
        (
            "The yearly inspection includes a test of the brakes; a look at doors, windows, and seats; and a short ride.",
            "What does the yearly inspection include?",
            "A test of the brakes; a look at doors, windows, and seats; and a short ride.",
        ),
    ],
)
def test_lists_inside_sentences(asked, sentence, question, answer):
    assert asked(sentence)[question] == answer


def test_a_sentence_that_counts_wrongly_is_no_list(asked):
    assert not any(
        each.startswith("Which three keys") for each in asked("The guard carries three keys: a gate key and a vault key.")
    )


LONG = "The duties of the keeper include:\n" + "\n".join(
    f"• Checking the {room} of the old northern tower for water, mice, and broken windows every single morning."
    for room in ("cellar", "kitchen", "library", "chapel", "armory", "attic")
)


def test_members_of_a_list_too_long_for_one_answer_are_asked_for_with_yes(asked):
    pairs = asked(LONG)
    act = "checking the cellar of the old northern tower for water, mice, and broken windows every single morning"
    assert pairs[f"Do the duties of the keeper include {act}?"] == f"Yes. The duties of the keeper include {act}."
    assert "What do the duties of the keeper include?" not in pairs


NESTED = [
    (
        "Inspectors must document the following data on each pressure vessel of the plant:\n"
        "• Equipment and its condition such as—\n• Corrosion of the outer shell.\n• Wear of the gaskets.\n"
        "• Name and training of the last operator.",
        "Must inspectors document equipment and its condition on each pressure vessel of the plant?",
    ),
    (
        "The annual report of the waterworks includes—\n• Losses in the network by district (in percent), including—\n"
        "• Leaks found at night.\n• Plans for replacing lead pipes in older houses.",
        "Does the annual report of the waterworks include plans for replacing lead pipes in older houses?",
    ),
    (
        "Duty nurses of the ward must check the following items on each tray:\n"
        "• Records of the patient, to include—\n• Allergies.\n• Blood group.\n• Instruments and sterile cloths.",
        "Must duty nurses of the ward check instruments and sterile cloths on each tray?",
    ),
]


@pytest.mark.parametrize(("text", "question"), NESTED)
def test_members_of_a_list_in_a_list_are_asked_for_with_yes_and_never_all_together(asked, text, question):
    pairs = asked(text)
    assert question in pairs
    assert not [text for pair in pairs.items() for text in pair if "—" in text or ";" in text]


@pytest.mark.parametrize(("count", "members"), [(1, 0), (2, 0), (4, 2), (50, 5)])
def test_what_is_asked_with_yes_alone_fills_up_what_is_told_otherwise(make_excerpt, count, members):
    text = f"{LONG}\nThe tower was founded in 1891 by a group of teachers."
    pairs = list(write([make_excerpt(text)], None, GenerationSettings(per_passage=count)))
    questions = [pair.question for pair in pairs]
    assert "When was the tower founded by a group of teachers?" in questions
    assert len({pair.fact for pair in pairs if "duties" in pair.question}) == members


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


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("The tower supports the pilots in two ways:", "Does the tower measure the depth of the northern basin every day?"),
        ("The tower performs the following functions:", "Does the tower measure the depth of the northern basin every day?"),
    ],
)
def test_items_say_what_the_subject_of_their_line_does(asked, line, question):
    items = "• Measures the depth of the northern basin every day.\n• Warns the tugs of strong winds from the west."
    assert question in asked(f"{line}\n{items}")


def test_words_behind_what_follows_do_not_run_into_the_items(asked):
    items = "• Number of broken valves.\n• Names of the inspectors.\n• Days of the next inspection."
    assert all(
        "collect the on" not in question for question in asked(f"Clerks collect the following on key pumps:\n{items}")
    )


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


def test_what_is_forbidden_at_a_meeting_needs_the_heading_that_names_it(asked):
    sentence = "Do not hand out the keys before the meeting. Crew meetings take an hour, and no crew needs more."
    assert not [question for question in asked(sentence) if "hand out" in question]
    assert "Regarding crew meetings: may you hand out the keys before the meeting?" in asked(
        sentence, heading="Crew Meetings"
    )
