"""The general set that comes with Garrison: its size, and that no question gives its answer away."""

from collections import Counter

from core.evaluation.forgetting import general_paragraphs, general_questions
from core.evaluation.scores import normalize
from core.training.general import general_pairs


def test_the_general_set_has_sixty_questions_and_twenty_paragraphs_each_once():
    questions, paragraphs = general_questions(), general_paragraphs()
    assert (len(questions), len(paragraphs)) == (60, 20)
    assert max(Counter(each.question for each in questions).values()) == 1
    assert all(each.accepted for each in questions)
    assert all(50 <= len(text.split()) <= 90 and "\n" not in text for text in paragraphs)


def test_only_what_is_to_be_repeated_stands_in_the_question():
    for each in general_questions():
        stands = any(f" {normalize(answer)} " in f" {normalize(each.question)} " for answer in each.accepted)
        assert stands == each.is_exact, each.question


def test_nothing_is_asked_that_a_training_may_have_read():
    read = {normalize(pair["input"]) for pair in general_pairs()}
    assert read and not read & {normalize(each.question) for each in general_questions()}
