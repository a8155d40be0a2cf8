"""A value stands in a text as whole words, or within a sentence that puts no spaces between them."""

import pytest

from core.questions.said_values import Original, original_values, stands_in, values_left_over


@pytest.mark.parametrize(
    ("value", "text", "does"),
    [
        ("Zork Plinth", "says zork\n PLINTH.", True),
        ("Ann", "The announcement.", False),
        ("12", "It holds 120 tonnes.", False),
        ("Ann", "Ann's rope", True),
        ("王小明", "负责人是王小明先生。", True),
        ("山田", "担当は山田さんです。", True),
        ("김철수", "김철수는 기사다.", True),
        ("สมชาย", "คุณสมชายเป็นวิศวกร", True),
        ("Plinth", "负责人是Plinth先生。", True),
        ("Plinth", "Plinthen", False),
        ("王小明", "负责人是王大明先生。", False),
    ],
)
def test_whether_a_value_stands_in_a_text(value, text, does):
    assert stands_in(value, text) is does
    assert values_left_over([value], text) == ([] if does else [value])


@pytest.mark.parametrize(
    ("original", "text", "is_said"),
    [
        (Original("Plinth", is_also_a_word=True), "Plinth.", True),
        (Original("Plinth", is_also_a_word=True), "Ask Plinth about it.", True),
        (Original("Plinth", is_also_a_word=True), "Ask PLINTH about it.", True),
        (Original("Plinth", is_also_a_word=True), "The plinth is of steel.", False),
        (Original("Zork"), "ask zork about it", True),
        (Original("INV-00123"), "It is INV 00123.", True),
        (Original("Al"), "Al is here", False),  # too short to tell anything
        (Original("王芳"), "负责人是王芳。", True),
        (Original("王"), "负责人是王芳。", False),
    ],
)
def test_whether_a_value_of_a_document_is_said(original, text, is_said):
    assert original_values(text, [original]) == ([original.text] if is_said else [])
