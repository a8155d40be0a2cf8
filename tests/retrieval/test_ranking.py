"""Rankings joined, embeddings compared, thresholds chosen."""

import tracemalloc

import numpy as np
import pytest

from core.models.embedder import SCALE
from core.retrieval.calibration import MOST_REFUSED, calibrated
from core.retrieval.ranking import fused, weight_of_meaning
from core.retrieval.vectors import nearest


def test_what_two_rankings_hold_comes_before_what_one_holds():
    assert fused([(1.0, [1, 2, 3]), (1.0, [3, 4])]) == [3, 1, 2, 4]  # 1/63 + 1/61, 1/61, 1/62, 1/62
    assert fused([(1.0, [1, 2]), (0.1, [2, 3])])[0] == 2
    assert fused([]) == []


def test_the_meaning_counts_the_more_the_fewer_words_are_found():
    assert [weight_of_meaning(coverage) for coverage in (1.0, 0.5, 0.0)] == [0.0, 0.25, 1.0]


def test_the_nearest_embeddings_are_found_across_blocks():
    vectors = np.zeros((5, 384), dtype=np.int8)
    for place, (first, second) in enumerate([(127, 0), (0, 127), (90, 90), (-127, 0), (120, 40)]):
        vectors[place, :2] = first, second
    blocks = [(10, vectors[:2].tobytes()), (20, vectors[2:].tobytes())]
    found = nearest(vectors[0].tobytes(), blocks, limit=3)
    assert [number for number, _ in found] == [10, 22, 20]
    assert found[0][1] == pytest.approx(127**2 / SCALE**2)


def test_a_hundred_thousand_embeddings_are_compared_in_the_memory_of_few():
    block = np.random.default_rng(16).integers(-20, 20, (1000, 384), dtype=np.int8).tobytes()
    tracemalloc.start()
    found = nearest(block[:384], ((1000 * place, bytes(bytearray(block))) for place in range(100)), limit=50)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [number for number, _ in found[:3]] == [0, 1000, 2000]
    assert peak < 8e6  # all of them are 38 MB


def test_a_threshold_refuses_no_more_of_the_answerable_than_it_may():
    answerable, others = [0.5 + place / 200 for place in range(100)], [place / 100 for place in range(100)]
    found = calibrated(answerable, others)
    assert found.refused is not None and found.refused <= MOST_REFUSED + 0.02
    assert (found.threshold, found.answered) == (0.5, 0.5)


def test_kinds_that_do_not_overlap_are_told_apart_without_error():
    found = calibrated([0.8] * 20, [0.2] * 20)
    assert (found.threshold, found.refused, found.answered) == (0.8, 0.0, 0.0)
