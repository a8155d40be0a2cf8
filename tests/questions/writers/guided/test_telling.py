"""What is not asked, because a reader without the text could not answer it or many answers would be as right."""

import pytest

from core.questions.writers.guided.topics import Topic, Topics

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("short", "question", "long"),
    [
        (
            "The night guards carry small keys.",
            "What do the night guards carry?",
            "The night guards carry a whistle, a lamp, a rope, a map and spare batteries.",
        ),
        (
            "Harbor pilots inspect old buoys.",
            "What do harbor pilots inspect?",
            "Harbor pilots inspect buoys, chains, anchors, lights and signs of the channel.",
        ),
        (
            "Old lighthouses need new lenses.",
            "What do old lighthouses need?",
            "Old lighthouses need new lenses, dry wood, clean oil, strong ropes and two spare lamps.",
        ),
    ],
)
def test_a_short_question_for_an_object_needs_an_answer_that_says_much(asked, short, question, long):
    assert question not in asked(short)
    assert question in asked(long)


@pytest.mark.parametrize(
    "sentence",
    [
        "Night guards check the doors.",
        "Volunteers clean the garden.",
        "Cranes move heavy crates.",
    ],
)
def test_a_subject_is_not_asked_for_by_what_many_do(asked, sentence):
    assert not any(question.startswith(("Who", "What")) or "_____ " in question for question in asked(sentence))


def test_a_subject_is_asked_for_by_what_it_alone_does(asked):
    pairs = asked(
        "The deputy harbor master signs the weekly list of broken lamps, chains and anchors for the insurance company."
    )
    assert "The deputy harbor master." in pairs.values()


@pytest.mark.parametrize(
    ("sentence", "heading", "noun"),
    [
        (
            "The clerk writes the names of all speakers on a board before the meeting.",
            "Yearly Meetings of the Club",
            "meeting",
        ),
        (
            "The lifeguards must rinse the floor of the outdoor pool every hour during the exercise.",
            "Fire Exercise",
            "exercise",
        ),
        (
            "The cook counts the plates, cups and knives of the kitchen after the inspection.",
            "Kitchen Inspection",
            "inspection",
        ),
    ],
)
def test_the_meeting_of_which_only_the_page_tells_is_named_by_its_heading(asked, sentence, heading, noun):
    questions = [each for each in asked(sentence) if noun in each and not each.startswith(("Does", "Must", "Is it"))]
    assert questions == []
    named = [each for each in asked(sentence, heading=heading) if noun in each.split(":")[-1]]
    assert named and all(each.startswith("Regarding ") for each in named if not each.startswith(("Does", "Must", "Is it")))


@pytest.mark.parametrize(
    "sentence",
    [
        "The keeper asked the old fishermen for a new lamp.",
        "The mayor would open the new bridge with a long speech about the river.",
        "The crew painted the railing of the western pier in two days.",
    ],
)
def test_what_once_happened_is_not_told_as_a_rule(asked, sentence):
    rules = "Harbor pilots guide large ships every morning. Volunteers clean the public beaches every spring."
    told = asked(f"{rules} {sentence}")
    assert told and not any(word in question for question in told for word in ("asked", "open", "paint"))


def test_what_happened_in_a_year_that_is_told_stands_for_itself(asked):
    rules = "Harbor pilots guide large ships every morning. Volunteers clean the public beaches every spring."
    assert "When was the museum founded by a group of teachers?" in asked(
        f"{rules} The museum was founded in 1891 by a group of teachers."
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "At the same time, the guards lock all gates of the northern harbor.",
        "The second crossing of the wide river becomes more dangerous for small boats.",
        "The others carry ropes, lamps and water to the upper camp.",
        "The first three stages can happen at any time before the opening of the museum.",
        "The same lamps burn in the northern tower of the harbor.",
        "The second section describes the tools, ropes and lamps of the harbor pilots.",
        "Multiple factors change the depth of the northern channel.",
        "The crew has ropes and requires a lamp however.",
        "Call the pilots (if needed) for large ships of foreign owners.",
    ],
)
def test_a_clause_that_goes_on_from_the_text_before_it_is_not_asked(asked, sentence):
    assert asked(sentence) == {}


@pytest.mark.parametrize(
    ("sentence", "lost"),
    [
        ("The rule requires the crew to wait behind the yellow line of the platform.", "Why"),
        ("A siren informs the visitors if the northern gate of the dam is open.", "Under which condition"),
        (
            "The museum also lends maps, books, globes, charts and models to schools of the county.",
            "What does the museum lend",
        ),
        ("Divers may visit the wreck of the ferry near the island.", "What may divers visit"),
        ("The pilots take a long look at the sky, the waves and the wind of the bay.", "What do the pilots take"),
    ],
)
def test_what_means_something_else_or_is_not_all_is_not_asked_for(asked, sentence, lost):
    assert not any(question.startswith(lost) for question in asked(sentence))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Winch Care\nThe winch of the boat needs grease, and the care of a winch is a duty of the crew.",
            Topic("winch care", is_heading=True),
        ),
        (
            "First Aid Box\nThe box holds bandages for the crew, and aid comes first in every class of ours.",
            Topic("first aid box", is_heading=True),
        ),
        (
            "Retain the Spare Keys\nGuards retain spare keys of the tower, and the spare keys are counted.",
            Topic("Ship book", is_heading=False),
        ),
    ],
)
def test_a_heading_inside_a_passage_is_the_topic_of_what_follows(make_excerpt, text, expected):
    excerpt = make_excerpt(text, heading="Other Matters", title="Ship book.pdf")
    assert Topics([excerpt]).at(excerpt.passage, len(text) - 1) == expected


def test_a_wrong_number_is_another_one_and_stands_in_its_place(asked):
    pairs = asked("In 1895, the harbor company opened a school for young pilots near the northern gate.")
    wrong = [question for question, answer in pairs.items() if answer.startswith("No. ")]
    assert wrong and not any("1895" in question for question in wrong)
    assert not any(answer.startswith("No. ") for answer in asked("The new paint dries for 48–96 hours.").values())


@pytest.mark.parametrize(
    "sentence",
    [
        # two objects, of which the parser may take the first for the whole
        "The harbor office assigns tug crews tasks that exceed the duties of the pilots.",
        "The depot and the yard give rescue boats updates before and during the storm.",
        "High winds prevent small boats from reaching the outer mole of the harbor.",
    ],
)
def test_who_gets_something_is_not_taken_for_what_is_given(parts, sentence):
    assert all(
        question.startswith(("Who", "What gives", "What prevents")) for question in parts(sentence)
    )  # asks for the subject alone


@pytest.mark.parametrize(
    "sentence",
    [
        "Dock owners pay the port pilots and crane firms pay the dock workers.",
        "The console gives wind warnings to the harbor crew and alerts and cues the gate keepers.",
        "The family doctor should consider training for deck personnel and their family members to increase its use.",
    ],
)
def test_a_noun_that_may_be_a_verb_leaves_nothing_to_ask(parts, sentence):
    assert parts(sentence) == {}


@pytest.mark.parametrize(
    "sentence",
    [
        "The harbor office keeps the list of all the tugs and barges in the HQS.A pilot reads the list.",
        "Harbor Rules: The Long Mole To remain open, the mole needs repairs by the builders in every spring.",
        "The builders repair the long mole of the harbor in spring and look for better opportunit ies in autumn.",
    ],
)
def test_text_that_ran_together_or_was_torn_is_not_asked_about(asked, sentence):
    assert asked(sentence) == {}


def test_a_fall_that_leads_to_something_is_no_purpose(parts):
    assert "Why" not in " ".join(parts("A lack of grease can lead to plan failure of the winch."))


def test_how_many_ways_there_are_is_not_asked_with_yes_or_no(asked):
    assert asked("The depth of the long mole can be measured in one of two ways.") == {}


@pytest.mark.parametrize(
    ("sentence", "lost"),
    [
        (
            "The port captain provides a tug or a barge with a pilot that can read the long tide tables of the bay.",
            "What does",
        ),
        ("The tug can hold the gate of the northern basin for a limited time.", "How long"),
        ("Winches could be used to pull the boat to slow its drift, lower the sail, and thereby save the mast.", "used to"),
        ("ISO 9001 describes the yearly inspection of the gates and the duties of each inspector.", "describe"),
        ("The duty list of the port is published semi-annually as summer list and quarterly as season list.", "semi"),
    ],
)
def test_half_of_what_is_told_is_not_asked_for(asked, sentence, lost):
    assert not [question for question in asked(sentence) if lost in question]


def test_a_topic_does_not_tell_an_answer_by_its_initials(asked):
    text = "RPS apply to all crews of the northern basin in winter. River pilot services work, and a river needs a pilot."
    pairs = asked(text, heading="River Pilot Services")
    assert not [question for question, answer in pairs.items() if answer == "RPS." and "river pilot" in question]


@pytest.mark.parametrize(
    ("sentence", "lost"),
    [
        ("In either case, the harbor master signs the weekly report of lost anchors.", "either case"),
        ("Tug crews and line crews help each other by lending ropes, chains and lamps to the night shift.", "help"),
        ("The winch crew moves the boats by pulling on both lines, using the old wooden rollers of the pier.", "How"),
        ("Checking lamps should be a duty that every keeper likes.", "What should be"),
        ("The condition of the pier is part of the weekly report to the council and the owners.", "What is the condition"),
        ("Contour sailing is sailing a constant distance off the coast of less than 20 meters.", "What is sailing"),
        ("The considerations of the harbor office are enabling small boats against strong winter storms.", "Are"),
        (
            "The port gives to captains a list of berths, lamps, ropes, chains, anchors, nets and tugs for the season.",
            "To whom",
        ),
        ("The new rescue boat is assigned, attached, or under the control of the northern harbor.", "boat is assigned"),
        ("The harbor detachment is the liaison of the council at the office of the ferry company.", "Who is"),
        ("Back at the boat house, crews clean the ropes and the lamps of all the boats with fresh water.", "boat house"),
        ("Crews must bring it along and read it before the boat leaves the northern pier of the harbor.", "it along"),
        ("The port office assists the new bank in finding pilots for the narrow entrance.", "what the port office"),
        ("The duties include the care of boats stationed in, leaving, or passing the northern harbor.", "stationed"),
        ("The new tower contributes to safety by showing small boats the narrow entrance at night.", "contribute to by"),
    ],
)
def test_what_reads_badly_or_has_many_answers_is_not_asked(asked, sentence, lost):
    assert not any(lost in question for question in asked(sentence))


def test_a_gap_is_not_left_for_somebody_who_does_much(asked):
    does = "of the tower write the names and the cargo of all passing ships into the green book before sunrise."
    assert not any("“_____" in question for question in asked(f"Keepers {does.removeprefix('of the tower ')}"))
    assert any("“_____" in question for question in asked(f"The deputy harbor master {does.replace('write', 'writes')}"))


@pytest.mark.parametrize(("heading", "is_asked"), [("", False), ("Changes of Staff", True)])
def test_a_list_of_what_only_its_heading_names_needs_that(asked, heading, is_asked):
    text = "Changes can include—\n• New berths for tugs.\n• Longer piers for ferries.\n• Deeper water at the gate."
    assert (
        any("Can you list" in question or "list what" in question for question in asked(text, heading=heading)) == is_asked
    )


def test_what_people_do_is_not_asked_where_it_might_be_anything(asked):
    questions = [*asked("Deputy pilots check old maps of tides."), *asked("Old maps of tides show two deep channels.")]
    assert not any(question.startswith("What do deputy pilots check") for question in questions)
