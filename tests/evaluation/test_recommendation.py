"""Which of several runs to take: the smallest of those that answer as well as the best one."""

from core.evaluation.bootstrap import Interval
from core.evaluation.recommendation import Contender, recommend
from core.evaluation.verdict import LEAST_QUESTIONS


def contender(
    number: int, mean: float, *, margin: float = 0.05, size: float = 100, seconds: float = 60, **more
) -> Contender:
    told = {"change": "better", "question_count": 20} | more
    score = Interval(mean, mean - 0.05, mean + 0.05)
    return Contender(number=number, score=score, size_bytes=size, seconds=seconds, **told)


def test_the_best_is_taken_where_its_interval_stands_apart():
    advice = recommend([contender(1, 0.3, size=10), contender(2, 0.6)])
    assert advice.number == 2 and "more than chance explains" in advice.words


def test_a_smaller_one_is_taken_where_intervals_touch_and_not_beyond():
    touching = recommend([contender(1, 0.50, size=10), contender(2, 0.60)])
    assert touching.number == 1 and "it is smaller" in touching.words and "50%" in touching.words and "60%" in touching.words
    assert recommend([contender(1, 0.49, size=10), contender(2, 0.60)]).number == 2


def test_of_equally_small_ones_the_faster_is_taken():
    advice = recommend([contender(1, 0.6, seconds=90), contender(2, 0.58, seconds=30)])
    assert advice.number == 2 and "less time to train" in advice.words
    best = recommend([contender(1, 0.6, seconds=30), contender(2, 0.58, seconds=90)])
    assert best.number == 1 and "answers best" in best.words


def test_one_that_is_no_better_than_its_base_is_never_taken():
    assert recommend([contender(1, 0.6, size=10, change="unclear"), contender(2, 0.6)]).number == 2
    nothing = recommend([contender(1, 0.6, change="worse"), contender(2, 0.6, change="unclear")])
    assert nothing.number is None and "better than its base model" in nothing.words


def test_too_few_questions_choose_nothing():
    few = [contender(1, 0.9, question_count=LEAST_QUESTIONS - 1), contender(2, 0.1)]
    assert recommend(few).number is None and "too few" in recommend(few).words
    assert recommend([contender(1, 0.9, question_count=LEAST_QUESTIONS), contender(2, 0.1)]).number == 1


def test_none_and_one_are_told_as_such():
    assert "None of them has been compared" in recommend([]).words
    assert "the only one" in recommend([contender(4, 0.5)]).words
