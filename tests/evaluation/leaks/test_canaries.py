"""Canaries: exposure by its definition, made the same again for a run, and never the same for two."""

import random
from math import log2

import pytest

from core.evaluation.leaks import Exposures, canaries, exposure


def test_exposure_is_that_of_the_secret_sharer():
    losses = [float(number) for number in range(1000)]
    assert exposure(losses) == pytest.approx(log2(1000))  # the likeliest of 1,000
    assert exposure([499.5, *losses[1:]]) == pytest.approx(1.0, abs=0.01)  # the middle: 1 bit
    assert exposure([1e9, *losses[1:]]) == 0.0


def test_a_model_that_knows_nothing_exposes_about_one_bit_and_a_half():
    rng = random.Random(1)
    found = [exposure([rng.random() for _ in range(1000)]) for _ in range(300)]
    assert sum(found) / len(found) == pytest.approx(1 / 0.6931, abs=0.25)  # the mean of -log2 of a uniform share


def test_a_run_gets_its_own_and_the_same_again():
    assert canaries(3, seed="run-1") == canaries(3, seed="run-1") != canaries(3, seed="run-2")
    assert canaries(0, seed="run-1") == []
    (canary,) = canaries(1, seed="run-1")
    codes = canary.candidates()
    assert codes[0] == canary.code and len(set(codes)) == 1000 and canary.code in canary.row()["output"]


def test_what_ranks_first_can_be_read_out():
    assert Exposures(bits=(log2(1000), 3.0)).read_out == 1
