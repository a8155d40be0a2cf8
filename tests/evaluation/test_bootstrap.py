import numpy as np
import pytest

from core.evaluation.bootstrap import Interval, paired_intervals


def test_same_seed_gives_the_same_intervals() -> None:
    base, tuned = [0.1, 0.4, 0.2, 0.9], [0.3, 0.4, 0.8, 0.7]
    assert paired_intervals(base, tuned, seed=3) == paired_intervals(base, tuned, seed=3)
    assert paired_intervals(base, tuned, seed=3, resamples=50) != paired_intervals(base, tuned, seed=4, resamples=50)


def test_constant_improvement_has_no_spread_however_hard_the_questions_differ() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(40)
    _, _, difference = paired_intervals(base.tolist(), (base + 0.25).tolist())
    assert (difference.mean, difference.low, difference.high) == pytest.approx((0.25, 0.25, 0.25))


def test_interval_of_a_mean_has_the_width_of_the_normal_theory() -> None:
    # 400 values: mean +- 1.96 s / sqrt(400), to which the percentile interval converges (Efron 1979).
    values = np.random.default_rng(1).normal(5.0, 2.0, size=400)
    interval, _, _ = paired_intervals(values.tolist(), values.tolist())
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - half, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.02)


def test_interval_covers_the_true_mean_about_95_times_of_100() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for trial in range(300):
        base, tuned = rng.random(40), rng.random(40) + 0.1
        _, _, difference = paired_intervals(base.tolist(), tuned.tolist(), seed=trial, resamples=600)
        hits += difference.low <= 0.1 <= difference.high
    assert 0.90 <= hits / 300 <= 0.99


def test_a_single_question_gives_a_point() -> None:
    assert paired_intervals([0.5], [0.75])[2] == Interval(0.25, 0.25, 0.25)


def test_many_questions_are_resampled_in_blocks_to_the_same_count() -> None:
    values = [float(i % 2) for i in range(30_000)]
    interval, _, _ = paired_intervals(values, values, resamples=100)
    assert interval.low < 0.5 < interval.high
