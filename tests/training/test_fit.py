"""Whether a training fits, from sizes alone."""

from dataclasses import replace

import pytest

from core.records import Model
from core.settings import TrainingSettings
from core.training.fit import START_S, estimate, remedies, weight_count

EMBEDDED = Model(name="m", path="/m/SmolLM2-135M-Instruct.Q4_1.gguf", format="gguf", size_bytes=98_362_432, sha256="")


def fit_of(settings: TrainingSettings, *, pairs=(), free_memory_bytes=8e9, tokens_per_s=0.0):
    return estimate(
        EMBEDDED,
        settings,
        pairs=pairs,
        tokens_per_s=tokens_per_s,
        free_memory_bytes=free_memory_bytes,
        free_disk_bytes=1e12,
    )


def test_weights_of_the_embedded_model_are_told_from_its_size():
    # 134.5 M weights: field measurement with transformers, docs/benchmarks.md
    assert weight_count(EMBEDDED) == pytest.approx(134.5e6, rel=0.02)


def test_four_bits_need_less_memory_than_thirty_two():
    full, small = (fit_of(TrainingSettings(precision=precision)).memory_bytes for precision in ("fp32", "4bit"))
    # 538 MB against 166 MB as loaded, docs/benchmarks.md
    assert full - small == pytest.approx(538e6 - 166e6, rel=0.03)


def test_time_follows_from_the_measured_speed(learned):
    settings = TrainingSettings(epochs=10)
    slow, fast = (fit_of(settings, pairs=learned.pairs, tokens_per_s=speed).duration_s for speed in (100.0, 200.0))
    tokens = sum(len(pair.input) + len(pair.output) for pair in learned.pairs) / 4 + 30 * len(learned.pairs)
    assert slow - START_S == pytest.approx(10 * tokens / 100)
    assert slow - START_S == pytest.approx(2 * (fast - START_S))


def test_too_little_memory_does_not_fit():
    assert not fit_of(TrainingSettings(), free_memory_bytes=5e8).is_memory_enough


def test_fits_only_if_both_memory_and_disk_suffice():
    enough = fit_of(TrainingSettings())
    assert enough.is_enough
    assert not replace(enough, free_memory_bytes=enough.memory_bytes).is_enough  # a tenth must stay free
    assert not replace(enough, free_disk_bytes=enough.disk_bytes).is_enough


@pytest.mark.parametrize("changes", [{}, {"batch_size": 3}, {"precision": "4bit"}, {"precision": "8bit", "batch_size": 1}])
def test_each_remedy_saves_memory(learned, changes):
    pairs = learned.pairs * 10
    settings = TrainingSettings(**changes)
    needed = fit_of(settings, pairs=pairs).memory_bytes
    offered = remedies(settings)
    assert offered
    for name, value in offered.items():
        assert fit_of(settings.model_copy(update={name: value}), pairs=pairs).memory_bytes < needed


def test_nothing_is_offered_where_nothing_more_can_be_saved():
    assert remedies(TrainingSettings(precision="4bit", batch_size=1)) == {}
