"""Choosing the answers of a passage."""

import pytest

from core.questions.answers import choose_answers, content_words


@pytest.mark.parametrize(
    "sentence",
    [
        "It must be replaced every six months by a technician.",  # points back
        "This is the reason for the yearly test of the pump.",
        "However, the pump must be tested every year by a technician.",
        "For more information on the pump refer to the other manual.",
        "The types are described as shown in Table 4 of this chapter.",
        "Pump and valve maintenance",  # no sentence
        "the pump was opened by the technician on Monday morning",
        "Table 3 Pump A-12 14 July 2021 FM 3-94 1-15 Valve 7 and 8.",  # a page header
        "The pump is fine.",  # says little
    ],
)
def test_sentence_that_cannot_stand_alone_is_no_answer(make_passage, sentence):
    assert choose_answers(make_passage(sentence)) == []


@pytest.mark.parametrize(
    ("sentence", "term", "output"),
    [
        (
            "A red tag is a mark on equipment that must not be started (WO 4).",
            "a red tag",
            "A mark on equipment that must not be started.",
        ),
        ("The coordinating officer is a person who can call a meeting.", "the coordinating officer", "A person who can call a meeting."),  # noqa: E501
        ("Landpower is the ability to gain control over land.", "landpower", "The ability to gain control over land."),
        ("Rules of order are directives issued by the board.", "rules of order", "Directives issued by the board."),
        ("The term recoil refers to the backward movement of a gun.", "recoil", "The backward movement of a gun."),
        ("A red tag means that the engine must not be started.", "a red tag", "A red tag means that the engine must not be started."),  # noqa: E501
        ("ARFOR is the Army component of any joint force.", "ARFOR", "The Army component of any joint force."),
        ("Snatch block: A pulley that doubles the pull.", "snatch block", "A pulley that doubles the pull."),
    ],
)  # fmt: skip
def test_definition_gives_its_term_and_what_it_means(make_passage, sentence, term, output):
    (answer,) = choose_answers(make_passage(sentence))
    assert (answer.kind, answer.term, answer.output) == ("definition", term, output)


@pytest.mark.parametrize(
    "sentence",
    [
        "Maintaining records of all tools is a task of each section.",
        "The main difference between both is that one of them is a rope.",
        "The ultimate goal is to detect the enemy in time.",
        "The main reason is the lack of spare parts in winter.",
        "A gauge that differs from the master is a risk to all.",
        "The sensors are positioned so that the threat is seen early.",
    ],
)
def test_sentence_that_defines_nothing_is_not_taken_for_a_definition(make_passage, sentence):
    assert [answer.kind for answer in choose_answers(make_passage(sentence))] in ([], ["fact"])


def test_quote_and_offsets_lead_back_to_the_document(make_passage):
    document = (
        "Heading\n\nFirst words. 1-2. A base is a locality from which\noperations are projected (JP 4-0). The end of it all."
    )
    passage = make_passage(document[9:], start=9)
    (answer,) = choose_answers(passage)
    assert document[answer.start : answer.end] == answer.quote
    assert answer.quote == "A base is a locality from which\noperations are projected (JP 4-0)."
    assert answer.output == "A locality from which operations are projected."


def test_definitions_come_first_and_figures_count(make_passage):
    text = (
        "Commanders protect the force through many kinds of related work. "
        "The filter is changed every 250 running hours by the mechanic. "
        "A base is a locality from which operations are projected."
    )
    outputs = [answer.output for answer in choose_answers(make_passage(text))]
    assert [output.split()[1] for output in outputs] == ["locality", "filter", "protect"]


@pytest.mark.parametrize("forms", ["applies apply applied", "discuss discusses", "record records recording", "valve valves"])
def test_forms_of_a_word_have_one_stem(forms):
    assert len(set(content_words(forms))) == 1
