"""Turns in pieces that can be found again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.retrieval.said import LONGEST_PIECE, LONGEST_QUESTION, Piece, pieces_of

LONG = "The pump is serviced every month by the crew of the north pier. " * 30


def test_a_short_turn_is_one_piece_with_its_question():
    (piece,) = pieces_of("Which rope does the Keel 40 take?", "It takes a steel rope of 12 mm.")
    assert piece == Piece(start=33, question="Which rope does the Keel 40 take?", text="It takes a steel rope of 12 mm.")
    assert piece.shown == "Question: Which rope does the Keel 40 take?\nAnswer: It takes a steel rope of 12 mm."


def test_a_long_answer_is_cut_at_sentences_and_a_long_question_is_found_by_itself():
    pieces = pieces_of("How often is the pump serviced?", LONG)
    assert len(pieces) > 2 and all(piece.text.endswith("pier.") for piece in pieces)
    assert {piece.question for piece in pieces} == {"How often is the pump serviced?"}
    asked, *answers = pieces_of(LONG[:600], "Every month, says the crew of the pier.")
    assert asked.question == "" and asked.shown.startswith("Question: The pump is serviced")
    assert answers[-1].question.endswith("…") and len(answers[-1].question) <= LONGEST_QUESTION + 2


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Hello, are you there?", "Yes, how can I help you?"),
        ("Thanks, that helped!", "You are welcome."),
        ("Can you make that shorter?", "Of course."),
        ("?", "!"),
        ("", ""),
    ],
)
def test_greetings_and_thanks_leave_nothing_to_be_found(question, answer):
    assert pieces_of(question, answer) == []


@given(st.text(max_size=1500), st.text(max_size=3000))
def test_pieces_are_parts_of_the_turn_each_with_a_place_of_its_own(question, answer):
    pieces = pieces_of(question, answer)
    whole = question + answer
    assert len({piece.start for piece in pieces}) == len(pieces)
    for piece in pieces:
        assert whole[piece.start : piece.start + len(piece.text)] == piece.text and 0 < len(piece.text) <= LONGEST_PIECE
    assert pieces == pieces_of(question, answer)
