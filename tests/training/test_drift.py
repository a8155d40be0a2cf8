"""General rows keep a run to its base model: the divergence, its gradient, and what it does to a training."""

import json
import math
from dataclasses import replace

import pytest
import torch

from core.errors import InputError, JobCancelled
from core.models.causal import load_causal
from core.models.conversation import encode_rows
from core.models.packing import answer_logits, pack
from core.settings import TrainingSettings
from core.training import train
from core.training.drift import as_base, drifts
from core.training.general import general_pairs
from core.training.loop import attach_adapter
from tests.training.test_training import cancel_at, losses

pytestmark = pytest.mark.model


@pytest.fixture
def adapted(tiny, settings):
    """The tiny model with an adapter that changes what it says."""
    causal = load_causal(tiny, "safetensors")
    torch.manual_seed(0)
    model = attach_adapter(causal, settings())
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.1)
    return replace(causal, model=model)


@pytest.fixture
def general(adapted):
    return encode_rows(adapted.vocabulary, adapted.template, general_pairs()[:3])


def test_the_drift_is_the_divergence_from_the_base_at_each_answer_token(adapted, general):
    packed = pack(general)
    measured = drifts(adapted.model, packed)
    with torch.no_grad():
        tuned = answer_logits(adapted.model, packed).softmax(-1)
        with adapted.model.disable_adapter():
            base = answer_logits(adapted.model, packed).softmax(-1)
    assert measured.shape == packed.targets.shape
    torch.testing.assert_close(measured, (base * (base / tuned).log()).sum(-1), rtol=1e-3, atol=1e-5)
    assert float(measured.detach().mean()) > 0.01


def test_its_gradient_leads_the_adapter_back_to_the_base(adapted, general):
    packed = pack(general)
    weights = [weight for weight in adapted.model.parameters() if weight.requires_grad]
    before = drifts(adapted.model, packed).mean()
    before.backward()
    with torch.no_grad():
        for weight in weights:
            weight -= 0.1 * weight.grad
    assert float(drifts(adapted.model, packed).mean().detach()) < float(before.detach())


def test_a_fresh_adapter_has_not_drifted(tiny, settings):
    causal = load_causal(tiny, "safetensors")
    rows = encode_rows(causal.vocabulary, causal.template, general_pairs()[:2])
    assert float(drifts(attach_adapter(causal, settings()), pack(rows)).detach().abs().max()) < 1e-5


def test_what_is_frozen_stays_frozen_and_the_mode_is_as_before(adapted):
    frozen = next(weight for name, weight in adapted.model.named_parameters() if "lora_A" in name)
    frozen.requires_grad_(False)
    trained = sum(weight.requires_grad for weight in adapted.model.parameters())
    adapted.model.train()
    with as_base(adapted.model):
        assert not adapted.model.training
    assert adapted.model.training and not frozen.requires_grad
    assert sum(weight.requires_grad for weight in adapted.model.parameters()) == trained > 0


def test_with_general_rows_a_run_drifts_less_and_still_learns(tiny, rows, settings, tmp_path):
    def drift_after(name: str, **changes: float) -> tuple[list[float], float]:
        folder = tmp_path / name
        train(tiny, "safetensors", train_rows=rows, settings=settings(max_steps=16, **changes), folder=folder)
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        return losses(folder), sum(line["drift"] for line in lines[-4:]) / 4

    free, drifted = drift_after("free", general_share=0.25, general_weight=1e-6)
    held, kept = drift_after("held", general_share=0.25, general_weight=1.0)
    assert kept < 0.7 * drifted
    assert max(free[-1], held[-1]) < 0.97 * held[0]


def test_an_interrupted_run_with_general_rows_ends_where_an_uninterrupted_one_does(tiny, rows, settings, tmp_path):
    common = {"train_rows": rows, "settings": settings(max_steps=5, general_share=0.25, lora_dropout=0.1)}
    whole = train(tiny, "safetensors", **common, folder=tmp_path / "whole")
    with pytest.raises(JobCancelled):
        train(tiny, "safetensors", **common, folder=tmp_path / "halved", report=cancel_at(3))
    assert train(tiny, "safetensors", **common, folder=tmp_path / "halved").adapter_sha256 == whole.adapter_sha256


def test_each_step_keeps_room_for_a_pair(tiny, rows, settings, tmp_path):
    result = train(
        tiny,
        "safetensors",
        train_rows=rows,
        settings=settings(max_steps=2, batch_size=1, general_share=0.5),
        folder=tmp_path,
    )
    assert all(math.isfinite(loss) for loss in losses(tmp_path)) and result.metrics["steps"] == 2
    with pytest.raises(InputError, match="at most 0.75 together"):
        TrainingSettings.from_values({"general_share": 0.5, "passage_share": 0.5})


def test_general_pairs_are_short_questions_each_asked_once():
    pairs = general_pairs()
    assert len({pair["input"] for pair in pairs}) == len(pairs) > 150
    assert all(pair["output"] and len(pair["input"] + pair["output"]) < 240 for pair in pairs)
