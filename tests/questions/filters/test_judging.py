"""Which pairs are kept, which go, and why."""

import pytest

from core.errors import InputError, ModelError
from core.questions import DROP_REASONS, FILTERS, apply_filters, drop_reason, summary
from core.settings import FilterSettings

GOOD = ("What is a base?", "A locality from which operations are projected or supported.")


@pytest.fixture
def reason(make_pair):
    """The reason for which a pair goes, "" when it is kept."""

    def find(question, answer, **settings):
        judged = apply_filters([make_pair(*GOOD), make_pair(question, answer)], FilterSettings(**settings))
        return judged[1].reason

    return find


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("How often is the filter changed?", "Every 250 running hours.", ""),
        ("Where is the lock box kept?", "In the workshop", ""),
        ("Define the term landpower.", "The ability to gain and sustain control over land.", ""),
        ("The filter is changed", "Every 250 running hours the filter is changed.", "no question"),
        ("How often is the filter changed?", "The filter is changed every 250 running", "incomplete sentence"),
        ("How often is the filter changed?", "is changed every 250 running hours by hand.", "incomplete sentence"),
        ("How often is the filter changed?", "These are the steps to be taken:", "incomplete sentence"),
        ("What does the list hold?", "The parts (bolts and nuts are in the box.", "incomplete sentence"),
        ("Why?", "The filter is changed every 250 running hours.", "too short"),
        ("How often is it changed?", "Yearly.", "needs the page"),
        ("Who changes the filter?", "A", ""),
        ("What is said about " + "many things " * 30 + "?", "A great deal is said about them.", "too long"),
        ("What is said about valves?", "A great deal " * 60 + "is said.", "too long"),
        ("What did the driver shout?", "The driver shouted that the fucking brake was gone.", "profanity"),
        ("Is a base a locality?", "A locality is a base.", "copy of the question"),
        ("What is a base?", "What is a base?", "copy of the question"),
        ("what is the base ?", "A place from which people work.", "duplicate"),
    ],
)
def test_pair_goes_for_its_fault(reason, question, answer, expected):
    assert reason(question, answer) == expected


@pytest.mark.parametrize("word", ["flange", "slope", "strip", "kill", "seaman", "organ", "penetrate", "Dick"])
def test_words_of_a_trade_are_not_profane(reason, word):
    assert reason(f"What is known about {word} here?", f"The {word} was looked at twice on Monday.") == ""


def test_questions_that_differ_in_a_number_are_two_questions(make_pair):
    pairs = [
        make_pair(f"What is the torque of the bolts of valve {n} in the pump?", f"It is {n * 10} Nm as said.")
        for n in (1, 2)
    ]
    assert [pair.state for pair in apply_filters(pairs, FilterSettings())] == ["kept", "kept"]


def test_an_answer_is_asked_for_in_three_ways_at_most(make_pair):
    ways = ["What is a base?", "How is a base defined?", 'What does the term "base" mean?', "Which thing do they call base?"]
    judged = apply_filters([make_pair(way, GOOD[1]) for way in ways], FilterSettings())
    assert [pair.reason for pair in judged] == ["", "", "", "duplicate"]


def test_pair_dropped_by_hand_stays_dropped_and_does_not_count_as_asked(make_pair):
    by_hand = make_pair(*GOOD, state="dropped", reason="by hand")
    judged = apply_filters([by_hand, make_pair(*GOOD)], FilterSettings())
    assert [(pair.state, pair.reason) for pair in judged] == [("dropped", "by hand"), ("kept", "")]


def test_settings_move_the_limits(reason):
    assert reason("How long?", "Two hours and a half.", min_question_characters=5) == ""
    assert reason("How long is the key kept there?", "Two hours and a half.", max_question_characters=20) == "too long"
    assert reason("How long is the key kept there?", "Two hours.", min_answer_characters=12) == "too short"


def test_a_filter_that_is_switched_off_drops_nothing(reason):
    assert reason("Why?", "The pump leaks.", off=("too short",)) == ""
    assert reason("Why?", "The pump leaks.", off="profanity, too short") == ""


def test_a_filter_that_does_not_exist_is_named(reason):
    with pytest.raises(InputError, match="'to short'"):
        reason("Why?", "The pump leaks.", off=("to short",))


def test_nothing_kept_says_why_with_counts(make_pair):
    pairs = [
        make_pair("Why?", "Because of the weather."),
        make_pair("How?", "By hand."),
        make_pair("this is no question", GOOD[1]),
    ]
    with pytest.raises(ModelError, match="too short 2, needs the page 1"):
        apply_filters(pairs, FilterSettings())


def test_nothing_written_is_a_failure_too():
    with pytest.raises(ModelError, match="No question pairs"):
        apply_filters([], FilterSettings())


def test_pair_kept_by_hand_counts_as_asked_wherever_it_stands(make_pair):
    by_hand = make_pair(*GOOD, decided="kept")
    judged = apply_filters([make_pair(*GOOD), by_hand], FilterSettings())
    assert [pair.reason for pair in judged] == ["duplicate", ""]


def test_message_holds_no_text_of_a_pair(make_pair):
    with pytest.raises(ModelError) as caught:
        apply_filters([make_pair("Who is Ashby", "Ashby is the cook of the camp")], FilterSettings())
    assert "Ashby" not in str(caught.value)


def test_summary_counts_by_reason(make_pair):
    pairs = apply_filters([make_pair(*GOOD), make_pair(*GOOD), make_pair("Why?", "Because.")], FilterSettings())
    assert summary(pairs) == {"kept": 1, "duplicate": 1, "too short": 1}


def test_every_filter_explains_itself():
    assert all(each.reason.name and each.reason.description.endswith(".") for each in FILTERS)


def test_one_list_names_every_reason_as_it_is_stored_with_its_words():
    stored = {
        "broken text": "Broken text",
        "incomplete sentence": "Not a whole sentence",
        "needs the page": "Only clear beside the page",
        "no question": "Asks nothing",
        "forbidden word": "Word on your own list",
        "another language": "Another language",
        "personal data": "Personal data left over",
        "ungrounded": "Not found in the text",
        "not answerable": "Model answers otherwise",
        "same meaning": "Asked in other words",
        "too short": "Too short",
        "too long": "Too long",
        "profanity": "Rude words",
        "copy of the question": "Answer copies the question",
        "duplicate": "Asked already",
        "by hand": "Dropped by a person",
    }
    assert stored.items() <= {name: reason.words for name, reason in DROP_REASONS.items()}.items()
    assert {each.reason.name for each in FILTERS} < DROP_REASONS.keys()
    assert all(name == reason.name and reason.description for name, reason in DROP_REASONS.items())


def test_a_reason_that_an_earlier_version_stored_is_readable():
    assert (drop_reason("too_short").words, drop_reason("no-sense").words) == ("Too short", "No sense")
    assert drop_reason("no-sense").description is None
