"""The training text on the page: what is learned is marked, and no character of it is markup."""

from core.models.conversation import Piece, TrainingText
from dashboard.components.questions.training_text import told, training_text_html


def test_what_is_learned_is_marked_and_control_tokens_are_pale():
    shown = training_text_html([Piece("<|im_start|>", False, is_control=True), Piece("Why?", False), Piece("So.", True)])
    assert ">&lt;|im_start|&gt;</span>Why?<mark>So.</mark></div>" in shown


def test_markup_in_a_pair_stays_text():
    shown = training_text_html([Piece("<img src=x>", False), Piece("<script>a</script>", True)])
    assert "<img" not in shown and "<script>" not in shown and "<mark>&lt;script&gt;" in shown


def test_tokens_are_counted_in_words():
    text = TrainingText(pieces=(), token_count=1200, learned_count=1)
    assert told(text) == "The model learns to write what is marked: 1 token of 1,200. It only reads the rest."
