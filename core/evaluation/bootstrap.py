"""Bootstrap intervals: how much a measured mean could vary had other questions been asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
# With 5 questions, even five improvements out of five are not significant at 5 % in the two-sided sign test
# (p = 2 / 2**5 = 0.0625), whatever a bootstrap of five values says.
LEAST_QUESTIONS = 6
BLOCK_VALUES = 1_000_000  # values drawn at once, to keep memory under 50 MB for any number of questions


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure of both models over all questions; `difference` is tuned minus base, resampled in pairs."""

    base: Interval
    tuned: Interval
    difference: Interval

    @classmethod
    def from_json(cls, values: Mapping[str, Mapping[str, float]]) -> "Comparison":
        """Rebuild a comparison from its fields as JSON."""
        return cls(**{side: Interval(**interval) for side, interval in values.items()})


def paired_intervals(
    base: Sequence[float], tuned: Sequence[float], *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[Interval, Interval, Interval]:
    """Compute 95 % intervals of the mean of `base`, of `tuned`, and of `tuned` minus `base`.

    Questions are drawn with replacement, and each draw counts for both models, so that hard questions do not blur the
    difference. Uses the percentile method (Efron 1979; Efron and Tibshirani 1993, section 13.3), whose intervals are too
    narrow for a handful of questions.

    Args:
        base: one value per question, shape (N,), N at least 1.
        tuned: values for the same questions in the same order, shape (N,).
        seed: the same seed gives the same intervals.
        resamples: how many times N questions are drawn.
    """
    values = np.array([base, tuned], dtype=np.float64)  # (2, N)
    values = np.vstack([values, values[1] - values[0]])  # (3, N)
    count = values.shape[1]
    rng = np.random.default_rng(seed)
    block = max(1, min(resamples, BLOCK_VALUES // count))
    means = []
    for start in range(0, resamples, block):
        drawn = rng.integers(0, count, size=(min(block, resamples - start), count))
        means.append(np.stack([row[drawn].mean(axis=1) for row in values]))  # (3, block)
    low, high = np.percentile(np.concatenate(means, axis=1), [2.5, 97.5], axis=1)
    centers = values.mean(axis=1)
    first, second, third = (
        Interval(float(center), float(a), float(b)) for center, a, b in zip(centers, low, high, strict=True)
    )
    return first, second, third


Statistic = Callable[[np.ndarray, np.ndarray], float]


def two_sample_intervals(
    first: Sequence[float],
    second: Sequence[float],
    statistics: Sequence[Statistic],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[Interval]:
    """Compute each statistic of two independent samples, with its 95 % interval by the percentile method.

    Each resample draws from both samples with replacement (Efron and Tibshirani 1993, section 8.3).

    Args:
        first: values, shape (N,), N at least 1.
        second: values, shape (M,), M at least 1.
        statistics: functions of two such samples.
        seed: the same seed gives the same intervals.
        resamples: how many times both are drawn.
    """
    one, other = np.array(first, dtype=np.float64), np.array(second, dtype=np.float64)
    rng = np.random.default_rng(seed)
    drawn = [
        (one[rng.integers(0, len(one), len(one))], other[rng.integers(0, len(other), len(other))]) for _ in range(resamples)
    ]
    intervals = []
    for statistic in statistics:
        low, high = np.percentile([statistic(*pair) for pair in drawn], [2.5, 97.5])
        intervals.append(Interval(statistic(one, other), float(low), float(high)))
    return intervals
