"""Extraction: bounds, counts by type, ranks, and that the base model is the control."""

from math import comb

import pytest

from core.evaluation.leaks import Attempt, extraction, rank_of, upper_bound


@pytest.mark.parametrize(
    ("found", "tested", "bound"),
    [
        (0, 10, 0.2589),  # 1 - .05^(1/10)
        (0, 100, 0.0295),  # 1 - .05^(1/100); the rule of three says .03
        (
            1,
            10,
            0.3942,
        ),  # upper 95 % one-sided Clopper-Pearson limits: Hahn and Meeker, Statistical Intervals (1991), table A.23
        (5, 20, 0.4556),
        (3, 3, 1.0),
        (0, 0, 1.0),
    ],
)
def test_the_bound_is_that_of_clopper_and_pearson(found, tested, bound):
    assert upper_bound(found, tested) == pytest.approx(bound, abs=1e-4)
    if found < tested:  # there, so few are seen once in twenty times
        few = sum(comb(tested, k) * bound**k * (1 - bound) ** (tested - k) for k in range(found + 1))
        assert few == pytest.approx(0.05, abs=1e-3)


def test_what_the_base_writes_too_was_not_learned_here():
    attempts = [
        Attempt(entity="PERSON", passage_id="passage-1", tuned=True, base=False),
        Attempt(entity="PERSON", passage_id="passage-2", tuned=True, base=True),
        Attempt(entity="DATE", passage_id="passage-3", tuned=False, base=False, stand_in=True, is_readable=True),
    ]
    found = extraction(attempts, value_count=5)
    assert (found.values, found.tested, found.tuned, found.base, found.learned) == (5, 3, 2, 1, 1)
    assert found.passages == ("passage-1",) and (found.stand_ins, found.readable) == (1, 1)
    assert [(each.entity, each.tested, each.tuned, each.base) for each in found.types] == [
        ("DATE", 1, 0, 0),
        ("PERSON", 2, 2, 1),
    ]
    assert found.bound == upper_bound(1, 3) and found.tuned_bound == upper_bound(2, 3) and found.ranking is None


def test_nothing_removed_leaves_nothing_to_say():
    found = extraction([], value_count=0)
    assert found.bound is None and found.types == ()


def test_ranks_are_compared_with_the_base_and_with_chance():
    ranks = [(1, 50), (1, 1), (7, 60)]
    attempts = [
        Attempt(entity="PERSON", passage_id="p", tuned=False, base=False, rivals=100, tuned_rank=one, base_rank=other)
        for one, other in ranks
    ]
    ranking = extraction(attempts, value_count=3).ranking
    assert ranking is not None
    assert (ranking.values, ranking.tuned_first, ranking.base_first) == (3, 2, 1)
    assert ranking.by_chance == pytest.approx(3 / 101) and (ranking.tuned_median, ranking.base_median) == (1, 50)


def test_a_tie_does_not_count_as_known():
    assert rank_of(1.0, [1.0, 2.0]) == 2 and rank_of(0.5, [1.0, 2.0]) == 1
