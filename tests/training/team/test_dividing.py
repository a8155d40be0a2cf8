"""Processes that hold a part of the model each learn what one process with the whole model learns."""

import os
import signal
from pathlib import Path

import pytest

from core.errors import JobCancelled, SetupError
from core.training import train
from tests.training.team.processes import losses, others

pytestmark = [pytest.mark.model, pytest.mark.slow]

DIVIDED = {"processes": 2, "weights": "divided"}


@pytest.fixture
def options(odd_tiny, rows):
    return {"path": odd_tiny, "format": "safetensors", "train_rows": rows[:20], "validation_rows": rows[20:]}


@pytest.fixture(scope="module")
def odd_tiny(build_tiny, tmp_path_factory) -> Path:
    """A llama of three layers with sizes that no two processes share evenly; its output layer is its embeddings."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    plain, odd = build_tiny(tmp_path_factory.mktemp("plain")), tmp_path_factory.mktemp("odd")
    config = LlamaConfig.from_pretrained(plain)
    config.num_hidden_layers, config.intermediate_size, config.tie_word_embeddings = 3, 131, True
    LlamaForCausalLM(config).save_pretrained(odd)
    AutoTokenizer.from_pretrained(plain).save_pretrained(odd)
    return odd


def test_divided_weights_have_the_losses_of_whole_ones(options, rows, settings, tmp_path):
    common = {**options, "passages": [row["output"] for row in rows]}
    shared = {"max_steps": 6, "batch_size": 5, "passage_share": 0.2, "general_share": 0.2, "sample_questions": 2}
    alone = train(**common, settings=settings(**shared), folder=tmp_path / "one")
    divided = train(**common, settings=settings(**shared, **DIVIDED), folder=tmp_path / "two")
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)
    assert divided.metrics["validation_loss"] == pytest.approx(alone.metrics["validation_loss"], rel=1e-4)
    assert (tmp_path / "two/samples.jsonl").read_bytes() == (tmp_path / "one/samples.jsonl").read_bytes()
    held = [result.metrics["held_weight_bytes"] for result in (alone, divided)]
    whole = alone.metrics["trainable_weights"] * 4 + 4 * 64 * 400  # adapter and embeddings, which are not divided
    assert held[1] - whole == pytest.approx((held[0] - whole) / 2, rel=0.05)
    assert not others()


def test_a_cancelled_run_with_divided_weights_goes_on_to_the_same_numbers(options, settings, tmp_path):
    def cancel(progress):
        if progress.step == 3:
            raise JobCancelled("Stopped.", "")

    values = {"max_steps": 5, "batch_size": 1}  # a row a step: one of the processes has none
    wanted = settings(**values, **DIVIDED)
    train(**options, settings=settings(**values), folder=tmp_path / "alone")
    with pytest.raises(JobCancelled):
        train(**options, settings=wanted, folder=tmp_path / "twice", report=cancel)
    assert not others()
    train(**options, settings=wanted, folder=tmp_path / "twice")
    assert losses(tmp_path / "twice") == pytest.approx(losses(tmp_path / "alone"), rel=1e-4)


def test_the_death_of_a_process_that_holds_a_part_is_told(options, settings, tmp_path):
    def kill(progress):
        if progress.step == 2:
            os.kill(others()[0].pid, signal.SIGKILL)

    with pytest.raises(SetupError, match="processes that train together has ended"):
        train(**options, settings=settings(max_steps=4, **DIVIDED), folder=tmp_path / "run", report=kill)
    assert not others()
