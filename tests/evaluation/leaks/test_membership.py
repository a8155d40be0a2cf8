"""Membership: what the area and the caught share are, and what a run that learned by heart looks like."""

import numpy as np
import pytest

from core.evaluation.leaks import loss_ratios, membership
from core.evaluation.leaks.membership import area, caught_share


def test_the_area_counts_pairs_and_halves_ties():
    # of the 6 pairs 3 are right, 1 is a tie: (3 + 1/2) / 6
    assert area(np.array([1.0, 3.0]), np.array([2.0, 3.0, 0.5])) == pytest.approx((2 + 0.5) / 6)
    assert area(np.array([1.0]), np.array([2.0])) == 1.0 and area(np.array([2.0]), np.array([1.0])) == 0.0


def test_at_one_percent_false_one_of_a_hundred_may_be_taken_for_trained():
    held_out = np.arange(100, dtype=float)
    assert caught_share(np.array([0.5, 0.9, 1.0, 5.0]), held_out) == 0.5  # below 1, the second lowest: only 0 is wrong
    assert caught_share(np.array([0.5, -1.0]), held_out[:99]) == 0.5  # of 99 not one may be


def test_ratios_take_out_how_easy_a_text_is():
    assert loss_ratios([1.0, 4.0], [2.0, 8.0]) == [0.5, 0.5]


def test_a_run_that_knows_its_rows_is_told_and_one_that_knows_none_is_not():
    rng = np.random.default_rng(1)
    told = membership(rng.normal(0.2, 0.1, 64), rng.normal(1.0, 0.1, 64), resamples=500)
    assert told.auc.mean == 1.0 and told.caught.mean == 1.0 and told.auc.low == 1.0
    same = membership(rng.normal(1.0, 0.1, 64), rng.normal(1.0, 0.1, 64), resamples=500)
    assert same.auc.low < 0.5 < same.auc.high and (same.trained, same.held_out) == (64, 64)
