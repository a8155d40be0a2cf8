"""Questions that want a term defined, and passages that define it."""

import pytest

from core.retrieval.question import content_words, definition_of, term_asked_for


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is a culminating point?", "culminating point"),
        ("Define “close area”.", "close area"),
        ("According to the manual: what does the term “battle drill” mean?", "battle drill"),
        ('What is the Army or joint doctrinal definition of "assign"?', "assign"),
        ("How is mobile defense defined?", "mobile defense"),
        ("How is the pump started?", ""),
        ("What must be done before the pump is started and after the valve was shut by hand?", ""),
    ],
)
def test_the_term_that_a_question_wants_defined(question, term):
    assert term_asked_for(question) == term


@pytest.mark.parametrize("repeated", ["could you please ", "please, ", "in a, ", "what is ", "tell me "])
def test_a_question_that_only_repeats_itself_wants_no_term_and_is_read_in_no_time(repeated):
    assert term_asked_for(repeated * 20 + "why it stops, and where else than here it may be seen") == ""
    assert term_asked_for(repeated * 500) == ""


def test_a_passage_defines_a_term_where_it_says_what_it_is():
    assert definition_of("close area", "Plans differ. The close area is the portion of the area of operations.") == 18
    assert definition_of("RAM", "RAM (rockets) means any munition that falls.") == 0
    assert definition_of("close area", "Units in the close area are relieved.") is None
    assert definition_of("area", "The close-area is a place.") is None
    assert definition_of("“*”", "A star is a star.") is None


def test_words_that_say_nothing_are_left_out_unless_there_are_no_others():
    assert content_words("Where is the pump's valve, and the valve of the tank?") == ["pump", "s", "valve", "tank"]
    assert content_words("What is it?") == ["what", "is", "it"]
