"""What sentences tell, asked for with the right question word and answered with the fact alone."""

import pytest

from core.questions.writers.guided.topics import Topic, Topics
from core.questions.writers.guided.wording import with_topic

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
            "At each level of command, what does planning begin with?",
            "The receipt of a mission.",
        ),
        (
            "Staff tasks are specified on the outline of the task.",
            "Where are staff tasks specified?",
            "On the outline of the task.",
        ),
    ],
)
def test_a_part_is_asked_for_with_its_question_word(parts, sentence, question, answer):
    assert parts(sentence)[question] == answer


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "The spare pump, with its rubber valves, cools the main engine of the ship.",  # an aside
            "What does the spare pump cool?",
            "The main engine of the ship.",
        ),
        (
            "The harbor master, with a team of old pilots, prepares the safe arrival of large ships.",
            "What does the harbor master prepare?",
            "The safe arrival of large ships.",
        ),
        (
            "The spare valves, stored in the cellar, replace the valves of the main pump.",
            "What do the spare valves replace?",
            "The valves of the main pump.",
        ),
        (
            "The yearly service involves cleaning the filter of the pump.",  # something done
            "What does the yearly service involve?",
            "Cleaning the filter of the pump.",
        ),
        (
            "Care of the old collection includes drying wet books and repairing their covers.",
            "What does care of the old collection include?",
            "Drying wet books and repairing their covers.",
        ),
        (
            "The night watch entails walking around the old harbor.",
            "What does the night watch entail?",
            "Walking around the old harbor.",
        ),
        (
            "The foremen inspect the northern bridge as necessary to find loose stones.",  # a reserve
            "Why do the foremen inspect the northern bridge as necessary?",
            "To find loose stones.",
        ),
        (
            "The museum guides clean the glass cases every morning as appropriate.",
            "How often do the museum guides clean the glass cases as appropriate?",
            "Every morning.",
        ),
        (
            "The museum guides clean the stone floors every evening as necessary.",
            "How often do the museum guides clean the stone floors as necessary?",
            "Every evening.",
        ),
        (
            "The kitchen and cleaning staff work together to prepare the breakfast.",  # a group with a verb in the plural
            "Why do the kitchen and cleaning staff work together?",
            "To prepare the breakfast.",
        ),
        (
            "Tower crew prepare the signal lamps before the arrival of a ship.",
            "When do tower crew prepare the signal lamps?",
            "Before the arrival of a ship.",
        ),
        (
            "The rescue and repair crew work together to reach the ship.",
            "Why do the rescue and repair crew work together?",
            "To reach the ship.",
        ),
        (
            "The engineers test the lower valves every month, as described in Chapter 4.",  # a reference
            "How often do the engineers test the lower valves?",
            "Every month.",
        ),
        (
            "The lighthouse keepers clean the great lamp once a week as shown in figures 2-1 and 2-2.",
            "How often do the lighthouse keepers clean the great lamp?",
            "Once a week.",
        ),
        (
            "The guards lock the northern gate every evening as listed in paragraphs A-3 through A-11.",
            "How often do the guards lock the northern gate?",
            "Every evening.",
        ),
        (
            "Small repairs are made by the crew; however, broken engines are mounted by the northern shipyard.",  # two
            "By what are broken engines mounted?",
            "The northern shipyard.",
        ),
        (
            "The stone bridge is closed in winter; therefore, local farmers cross the wide river by the old ferry.",
            "What do local farmers cross by the old ferry?",
            "The wide river.",
        ),
        (
            "The harbor lamp burns all night; additionally, local fishermen repair the broken nets in winter.",
            "When do local fishermen repair the broken nets?",
            "In winter.",
        ),
    ],
)
def test_sentences_with_an_aside_an_act_a_reserve_a_reference_or_a_second_sentence(parts, sentence, question, answer):
    assert parts(sentence)[question] == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "Senior harbor masters recognized the problem of the narrow gate and widened the gate of the harbor.",
        "The sheltered bay receives ships up to and including the largest ferries of the company.",
        "While the cost of the work is known, how the tower is painted for a festival requires careful planning.",
    ],
)
def test_what_and_joins_is_not_lost(asked, sentence):
    lost = ("gate widened", "up to in", "receive up to?", "how is the tower", "how, ")
    assert not any(words in question.lower() for question in asked(sentence) for words in lost)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            "The electric winch stands on the rear deck. It lifts the heavy rescue boats of the harbor pilots.",
            "What does the electric winch lift?",
        ),
        ("The night guards meet in the old tower. They lock the harbor gates.", "What do the night guards lock?"),
        (
            "Repair of the western dam begins in May. It also includes painting the iron railings.",
            "What does repair of the western dam include?",
        ),
    ],
)
def test_it_and_they_are_named_by_the_sentence_before(parts, text, question):
    assert question in parts(text)


@pytest.mark.parametrize(
    "text",
    [
        "The winch stands on the rear deck. It is important to oil the chain of the winch.",  # nothing that was named
        "The old cranes lift crates and barrels. They hold the wine of the abbey.",  # the cranes, or the barrels
        "The keeper of the tower sleeps at noon. It lights the northern harbor at night.",  # not the keeper
        "The winch stands on the rear deck.\n\nIt lifts the heavy boats of the pilots.",  # another paragraph
    ],
)
def test_it_and_they_are_not_named_where_that_is_in_doubt(asked, text):
    assert not any(word in question for question in asked(text) for word in ("important", "wine", "light", "boats"))


def test_a_whole_clause_is_asked_where_nothing_else_is(asked):
    sentence = "The old ship’s ability to break thick polar ice is what distinguishes it from other ships."
    pairs = asked(sentence)
    question = "Is the old ship’s ability to break thick polar ice what distinguishes it from other ships?"
    assert pairs[question] == f"Yes. {sentence}"
    assert set(pairs.values()) == {f"Yes. {sentence}"}


def test_joined_verbs_are_asked_for_apart_with_their_subject(parts):
    pairs = parts("Relationships of support define the basis for unity of effort and identify the degree of control.")
    assert pairs["What do relationships of support define?"] == "The basis for unity of effort."
    assert pairs["What do relationships of support identify?"] == "The degree of control."


def test_the_verb_agrees_with_who_or_what(parts):
    pairs = parts("The planners of a staff compare the cost and the risk of each route.")
    assert pairs["Who compares the cost and the risk of each route?"] == "The planners of a staff."


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The drainage plan of the ward and office level is developed using the maps of the city.", "What is developed"),
        ("Simple changes such as new dates or instructors can be made by the school principal.", "What can be made"),
        ("The regional headquarters of the harbor consists of two separate pilot stations.", "What consists of two"),
        ("The commission and its members oversee the yearly audit of the museum.", "Who or what oversees"),
    ],
)
def test_who_is_asked_only_where_people_are_meant(parts, sentence, question):
    assert any(asked.startswith(question) for asked in parts(sentence)), parts(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "After the meeting, the captain determines a course the ship follows and issues final guidance to the deck crew.",
        "Winches require daily oil, wet ropes require great care, and loading the upper deck requires constant attention.",
        "Ward sisters move about the clinic to speak with their nurses, assess the patients, and issue guidance.",
    ],
)
def test_clauses_that_the_parser_ran_together_are_not_cut_apart_wrongly(parts, sentence):
    for question, answer in parts(sentence).items():
        assert "follows and issues" not in answer, (question, answer)
        assert not question.startswith("Winches require"), (question, answer)
        assert answer != "To speak with their nurses.", (question, answer)


@pytest.mark.parametrize(
    "sentence",
    [
        "Because rivers are wild, deep, and cold after storms, a route plan is a frame from which to adapt.",
        "The duty pharmacist is typically the nurse who takes part in the planning of the night shift.",
        "District nurse training teams Provide additional information collected during visits of new patients.",
        "T-1: Draw the equipment, execute final rehearsals of the rescue, and conduct checks of all radios.",
        "Shift leaders keep the tempo of the meeting by prompting their crews with hints on the repair of engines.",
    ],
)
def test_labels_torn_cells_and_what_something_is_at_times_are_not_asked(asked, sentence):
    for question, answer in asked(sentence, title="Engine manual").items():
        assert not question.startswith(("Regarding T-1", "What is a route plan", "Who is the duty pharmacist")), question
        assert "provide" not in question.lower() and "T-1" not in answer and "tempo of the meeting" not in answer, (
            question,
            answer,
        )


def test_a_list_does_not_hide_the_item_that_its_line_names(asked):
    pairs = asked("The terms of a valve inspection include:\n• Valve.\n• Leak rate.\n• Holding pressure of the seat.")
    hidden = [answer for question, answer in pairs.items() if question.startswith("Complete the list")]
    assert hidden and "Valve." not in hidden


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


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "The corps headquarters manages and allocates the resources of all divisions.",
            "What does the corps headquarters manage and allocate?",
            "The resources of all divisions.",
        ),
        (
            "Inspectors plan, prepare, and conduct the yearly test of the fire pumps.",
            "Who plans, prepares, and conducts the yearly test of the fire pumps?",
            "Inspectors.",
        ),
        (
            "The duty officer must record and report every defect of the crane.",
            "What must the duty officer record and report?",
            "Every defect of the crane.",
        ),
        (
            "Old filters are collected and burned by the waste contractor every month.",
            "By whom are old filters collected and burned every month?",
            "The waste contractor.",
        ),
    ],
)
def test_an_object_behind_joined_verbs_belongs_to_all(parts, sentence, question, answer):
    pairs = parts(sentence)
    assert pairs[question] == answer
    assert all((" and " in asked_for) or (" and " in pairs[asked_for]) for asked_for in pairs)


@pytest.mark.parametrize(
    "sentence",
    [
        "The staff compares the strengths and weaknesses of each to choose the best route.",
        "If the crew can lift the mast alone, the foreman needs to state that during the meeting.",
        "After the test of the pump, the inspector weighs the benefits of each.",
        "SFC Rodriguez certifies the squad leaders of the second platoon every year.",
        "Dr. Keller approves the test plan of the laboratory every spring.",
        "In the winter months CPT Hawkins inspects the heating of the barracks every week.",
        "Main considerations include the weight of the load, the length of the rope and the wind.",
        "General risks are fire, flood and the loss of electric power.",
        "Storekeepers must know the different kinds of orders, annexes, and forms received before a delivery.",
        "Old plans can save time provided the new crew fits the same positions.",
        "The work order says what will be repaired, when it will take place, and who will control the repair.",
        "Kiosks provide hot drinks during home games and a meeting place to visiting fans.",
        "Administrative means convey written material to the guards of the depot.",
    ],
)
def test_what_only_the_page_explains_and_people_by_name_are_not_asked_about(asked, sentence):
    assert asked(sentence) == {}


@pytest.mark.parametrize("code", ["2S", "KV9", "H3"])
def test_a_code_at_the_end_keeps_no_full_stop_of_its_own(asked, code):
    pairs = asked(f"If trained as a rigger, the new crew member requires the identifier of {code}.")
    assert f"Under which condition does the new crew member require the identifier of {code}?" in pairs
    assert not any(f"{code}." in question and f"{code}.”" not in question for question in pairs)


def test_a_wrong_number_is_denied_with_the_right_one(asked):
    pairs = asked("The relief valve must be tested every six months by a certified technician.")
    assert pairs["Must the relief valve be tested every eight months by a certified technician?"] == (
        "No. The relief valve must be tested every six months by a certified technician."
    )


def test_names_keep_their_capital_letter(parts):
    text = "Army support relationships define specific arrangements. They are used by the Army."
    assert "What do Army support relationships define?" in parts(text)


def test_a_question_that_says_little_names_its_topic_or_is_not_asked(asked):
    sentence = "Planning guidance conveys the visualization of the commander to the reader."
    text = "Staffs develop objectives."
    assert asked("The staff develops several objectives for it.") == {}
    assert all("staffs develop" not in question for question in asked(f"{text} {sentence}"))


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Harbor Authority of Bremen Services", "Harbor Authority of Bremen Services"),
        ("Yearly Inspection", "yearly inspection"),
        ("ASCC Maintenance", "ASCC maintenance"),
        ("Offers Services", None),
    ],
)
def test_a_topic_keeps_the_capitals_of_a_name(make_excerpt, heading, expected):
    text = "The port of Bremen offers services. Each inspection of the year and the maintenance by the ASCC need two people."
    topic = Topics([excerpt := make_excerpt(text, heading=heading)]).at(excerpt.passage, 0)
    assert topic == (Topic(expected, is_heading=True) if expected else None)


@pytest.mark.parametrize(
    ("heading", "answer"),
    [
        ("Harbor Pilots", "The harbor pilots of Bremen."),
        ("Duty Engineer", "The duty engineer."),
        ("Certified Rope Inspectors", "Rope inspectors."),
    ],
)
def test_a_topic_does_not_give_the_answer_away(heading, answer):
    topic = Topic(heading.lower(), is_heading=True)
    assert list(with_topic(topic, "Who checks the moorings every night?", answer)) == []
    assert list(with_topic(topic, "Who checks the moorings every night?", "The night watch."))
