"""Whether a training fits, from sizes alone."""

from dataclasses import replace

import pytest

from core.records import Model
from core.settings import TrainingSettings
from core.training.fit import START_S, Amount, estimate, remedies, weight_count

EMBEDDED = Model(name="m", path="/m/SmolLM2-135M-Instruct.Q4_1.gguf", format="gguf", size_bytes=98_362_432, sha256="")


PAIRS = Amount(pairs=400, facts=400, characters=400 * 120)


def fit_of(settings: TrainingSettings, *, amount=PAIRS, free_memory_bytes=8e9, tokens_per_s=0.0):
    return estimate(
        EMBEDDED,
        settings,
        amount=amount,
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


def test_time_follows_from_the_measured_speed():
    settings = TrainingSettings(epochs=10)
    slow, fast = (fit_of(settings, tokens_per_s=speed).duration_s for speed in (100.0, 200.0))
    tokens = PAIRS.pairs * (120 / 4 + 30)
    assert slow - START_S == pytest.approx(10 * tokens / 100)
    assert slow - START_S == pytest.approx(2 * (fast - START_S))


def test_an_epoch_takes_as_long_as_there_are_facts_in_whatever_number_of_wordings():
    settings = TrainingSettings(epochs=10)
    five = fit_of(settings, amount=replace(PAIRS, facts=80), tokens_per_s=100.0).duration_s
    assert five - START_S == pytest.approx((fit_of(settings, tokens_per_s=100.0).duration_s - START_S) / 5)


def test_nothing_to_train_on_takes_no_time():
    assert fit_of(TrainingSettings(), amount=Amount(pairs=0, facts=0, characters=0)).duration_s == START_S


def test_too_little_memory_does_not_fit():
    assert not fit_of(TrainingSettings(), free_memory_bytes=5e8).is_memory_enough


def test_fits_only_if_both_memory_and_disk_suffice():
    enough = fit_of(TrainingSettings())
    assert enough.is_enough
    assert not replace(enough, free_memory_bytes=enough.memory_bytes).is_enough  # a tenth must stay free
    assert not replace(enough, free_disk_bytes=enough.disk_bytes).is_enough


@pytest.mark.parametrize("changes", [{}, {"batch_size": 3}, {"precision": "4bit"}, {"precision": "8bit", "batch_size": 1}])
def test_each_remedy_saves_memory(changes):
    settings = TrainingSettings(**changes)
    needed = fit_of(settings).memory_bytes
    offered = remedies(settings)
    assert offered
    for name, value in offered.items():
        assert fit_of(settings.model_copy(update={name: value})).memory_bytes < needed


def test_nothing_is_offered_where_nothing_more_can_be_saved():
    assert remedies(TrainingSettings(precision="4bit", batch_size=1)) == {}


def test_experts_take_what_they_take_whatever_the_precision():
    """8x7B: 46.7 billion weights, of which 45.1 are those of experts (Jiang et al. 2024)."""
    mixtral = Model(name="m", path="/m", format="safetensors", size_bytes=93_400_000_000, sha256="")
    few, free = (
        Amount(pairs=8, facts=8, characters=800),
        {"tokens_per_s": 0, "free_memory_bytes": 1e12, "free_disk_bytes": 1e12},
    )
    settings = TrainingSettings(precision="4bit")
    plain = estimate(mixtral, settings, amount=few, **free)
    known = estimate(mixtral, settings, amount=few, expert_weights=45_100_000_000, **free)
    assert known.memory_bytes - plain.memory_bytes == pytest.approx(45.1e9 * (4 - 1.25))


def test_all_weights_need_four_numbers_each_and_large_checkpoints():
    whole = fit_of(TrainingSettings(method="full"))
    small = fit_of(TrainingSettings(lora_rank=1))
    assert whole.memory_bytes - small.memory_bytes == pytest.approx(12 * 134.5e6, rel=0.03)  # gradient and two means
    assert whole.checkpoint_bytes == pytest.approx(12 * 134.5e6, rel=0.03)
    assert whole.disk_bytes > 2 * whole.checkpoint_bytes > 100 * small.checkpoint_bytes
    assert remedies(TrainingSettings(method="full"))["method"] == "lora"
    assert "precision" not in remedies(TrainingSettings(method="full"))


def test_rows_that_are_no_pairs_take_their_time():
    alone = fit_of(TrainingSettings(epochs=10)).duration_s - START_S
    shared = fit_of(TrainingSettings(epochs=10, passage_share=0.25, general_share=0.25)).duration_s - START_S
    assert shared == pytest.approx(2 * alone)
