"""How a run is going, told from its errors."""

import pytest

from core.training.learning import is_diverging, trend


@pytest.mark.parametrize(
    ("held_back", "expected"),
    [
        ([], "starting"),
        ([2.5, 2.0, 1.5], "learning"),
        ([2.0, 1.5, 1.499, 1.498], "stalled"),
        ([2.0, 1.5, 1.6, 1.8], "memorizing"),
    ],
)
def test_trend_is_told_from_held_back_questions(held_back, expected):
    rows = [{"step": step, "loss": 3.0 - step / 10} for step in range(1, 9)]
    rows += [{"step": 2 * step, "validation_loss": loss} for step, loss in enumerate(held_back, start=1)]
    assert trend(rows) == expected


def test_run_without_measurements_has_just_started():
    assert trend([]) == "starting"


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([3.0] * 10 + [0.5] * 10 + [2.5] * 10, True),
        ([0.5] * 10 + [5.0] + [0.5] * 9, False),  # one bad step
        ([3.0, 2.0, 1.0, 4.0, 5.0], False),  # too early to tell
        ([3.0] * 15 + [1.0] * 15, False),
    ],
)
def test_a_training_that_comes_apart_is_told_from_one_with_a_bad_step(losses, expected):
    assert is_diverging(losses) is expected
