"""Which questions are unlike those that a model was trained on."""

import numpy as np
import pytest

from core.models.embedder import DIMENSIONS
from core.monitoring.question_drift import LEAST_TRAINED, MOST_LEFT_OUT, evenly, fits, stands_alone, threshold_of


def vector(*numbers: float) -> bytes:
    """The embedding that points where these numbers do, in its first dimensions."""
    found = np.zeros(DIMENSIONS)
    found[: len(numbers)] = numbers
    return np.rint(127 * found / np.linalg.norm(found)).astype(np.int8).tobytes()


def test_a_question_fits_as_well_as_the_nearest_trained_one():
    trained = vector(1) + vector(0, 1)
    assert fits([vector(1), vector(1, 1), vector(0, 0, 1)], trained) == pytest.approx([1.0, 0.707, 0.0], abs=0.01)
    assert fits([], trained) == []


def test_one_in_twenty_trained_questions_lies_below_the_threshold():
    close = [vector(1, 0.001 * number) for number in range(95)]
    far = [vector(1, 1, *[0] * number, 1) for number in range(5)]  # each in a direction of its own
    names = [str(number) for number in range(100)]
    threshold = threshold_of(b"".join(close + far), names)
    below = sum(fit < threshold for fit in fits(far, b"".join(close)))
    assert threshold is not None and 0.5 < threshold < 1.0 and below == 5


def test_other_wordings_of_a_fact_are_left_out_with_it():
    facts = [vector(1, number) for number in range(1, 41)]  # every fact twice, in the same words
    trained, names = b"".join(facts + facts), [str(number) for number in range(40)] * 2
    alone = [str(number) for number in range(80)]
    of_facts, one_by_one = threshold_of(trained, names), threshold_of(trained, alone)
    assert of_facts and one_by_one and of_facts < one_by_one == pytest.approx(1.0)


@pytest.mark.parametrize(("count", "is_told"), [(0, False), (LEAST_TRAINED - 1, False), (LEAST_TRAINED, True)])
def test_too_few_trained_questions_give_no_threshold(count, is_told):
    trained = b"".join(vector(1, number) for number in range(count))
    assert (threshold_of(trained, [str(number) for number in range(count)]) is not None) == is_told


def test_questions_that_all_ask_for_one_fact_give_no_threshold():
    assert threshold_of(vector(1) * 50, ["same"] * 50) is None


def test_a_large_version_is_drawn_from_evenly():
    assert evenly([1, 2, 3], 5) == [1, 2, 3]
    drawn = evenly(range(10 * MOST_LEFT_OUT), MOST_LEFT_OUT)
    assert len(drawn) == MOST_LEFT_OUT and drawn[:3] == [0, 10, 20]


@pytest.mark.parametrize(
    ("question", "is_alone"), [("And then?", False), ("Why is that?", False), ("How much does it hold?", True)]
)
def test_short_questions_lean_on_what_was_said_before(question, is_alone):
    assert stands_alone(question) == is_alone
