"""How far a training is: a share of its time, so that the time left is right after a slow start and on a slower machine."""

import pytest

from core.training.pace import Pace

STEPS, STEP_S, LOADING_S = 100, 3.0, 40.0


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now_s = 500.0

    def __call__(self) -> float:
        return self.now_s


def left_s(clock: Clock, percent: float) -> float:
    """What `core.jobs.eta_s` makes of the figure."""
    return (clock.now_s - 500) * (100 - percent) / percent


def test_time_left_is_that_of_the_steps_and_not_of_loading_the_model() -> None:
    clock = Clock()
    pace = Pace(clock)
    clock.now_s += LOADING_S
    clock.now_s += 5 * STEP_S  # the first step warms up
    assert pace.stepped(1, STEPS) == 0
    for step in range(2, STEPS + 1):
        clock.now_s += STEP_S
        percent = pace.stepped(step, STEPS)
        assert left_s(clock, percent) == pytest.approx((STEPS - step) * STEP_S, abs=0.01)
    assert percent == 100


def test_a_machine_that_becomes_slower_is_told_by_the_last_steps() -> None:
    clock = Clock()
    pace = Pace(clock)
    for step in range(1, 51):
        clock.now_s += STEP_S
        before = pace.stepped(step, STEPS)
    for step in range(51, 81):
        clock.now_s += 10 * STEP_S
        percent = pace.stepped(step, STEPS)
    assert left_s(clock, percent) == pytest.approx(20 * 10 * STEP_S)
    assert before == pytest.approx(50)


def test_the_figure_does_not_go_back_for_a_step_that_was_measured_after() -> None:
    clock = Clock()
    pace = Pace(clock)
    told = []
    for step in range(1, STEPS + 1):
        clock.now_s += STEP_S * (2 if step % 10 == 0 else 1)
        told.append(pace.stepped(step, STEPS))
    assert told == sorted(told)


def test_a_resumed_training_counts_its_own_steps() -> None:
    clock = Clock()
    pace = Pace(clock)
    for step in (91, 92):
        clock.now_s += STEP_S
        percent = pace.stepped(step, STEPS)
    assert left_s(clock, percent) == pytest.approx(8 * STEP_S)
