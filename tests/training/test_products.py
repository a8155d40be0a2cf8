"""Layers that compute their product and their adapter's at once learn what peft's layers learn."""

import pytest
import torch
from peft import LoraConfig, get_peft_model

from core.models.causal import load_causal
from core.models.conversation import encode_rows
from core.settings import TrainingSettings
from core.training import loop
from core.training.loop import Trainer, attach_adapter

pytestmark = pytest.mark.model

TOKENS = torch.arange(24)[None] % 90


def adapted(tiny, *, precision="fp32", by_peft=False, monkeypatch=None, **changes):
    """The tiny model with an adapter that is not without effect any more."""
    causal = load_causal(tiny, "safetensors", precision=precision)
    torch.manual_seed(1)
    if by_peft:
        monkeypatch.setattr(loop, "join_products", lambda model: None)
    model = attach_adapter(causal, TrainingSettings(lora_rank=4, lora_alpha=12, **changes))
    if by_peft:
        monkeypatch.undo()
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    return model


def outputs_and_gradients(model):
    logits = model(input_ids=TOKENS).logits.float()
    logits.logsumexp(-1).sum().backward()
    return logits.detach(), {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize("changes", [{}, {"method": "rslora"}, {"method": "dora"}, {"layers": "mlp"}])
def test_outputs_and_gradients_are_those_of_peft(tiny, monkeypatch, changes):
    logits, gradients = outputs_and_gradients(adapted(tiny, **changes))
    expected, by_peft = outputs_and_gradients(adapted(tiny, by_peft=True, monkeypatch=monkeypatch, **changes))
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    assert gradients.keys() == by_peft.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, by_peft[name], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("precision", ["bf16", "fp16", "8bit", "4bit"])
def test_the_adapter_stays_exact_whatever_the_model_is_stored_in(tiny, monkeypatch, precision):
    model = adapted(tiny, precision=precision)
    logits, gradients = outputs_and_gradients(model)
    expected, by_peft = outputs_and_gradients(adapted(tiny, precision=precision, by_peft=True, monkeypatch=monkeypatch))
    assert all(gradient.dtype == torch.float32 for gradient in gradients.values())
    assert float((logits - expected).abs().max()) < 0.05
    whole, usual = (torch.cat([gradient.flatten() for gradient in found.values()]) for found in (gradients, by_peft))
    assert float(torch.nn.functional.cosine_similarity(whole, usual, dim=0)) > 0.99


def test_a_model_whose_adapter_is_off_or_merged_answers_as_peft_would(tiny):
    model = adapted(tiny)
    base = load_causal(tiny, "safetensors").model(input_ids=TOKENS).logits
    tuned = model(input_ids=TOKENS).logits
    assert not torch.allclose(tuned, base, atol=1e-3)
    with model.disable_adapter():
        torch.testing.assert_close(model(input_ids=TOKENS).logits, base)
    model.merge_adapter()
    torch.testing.assert_close(model(input_ids=TOKENS).logits, tuned, atol=1e-5, rtol=1e-4)


def test_dropout_is_left_to_peft(tiny):
    model = adapted(tiny, lora_dropout=0.5)
    model.train()
    torch.manual_seed(0)
    first = model(input_ids=TOKENS).logits
    assert not torch.allclose(first, model(input_ids=TOKENS).logits)


def test_layers_with_two_adapters_are_left_to_peft(tiny):
    model = adapted(tiny)
    alone = model(input_ids=TOKENS).logits
    model.add_adapter("second", LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False))
    model.base_model.set_adapter(["default", "second"])
    assert not torch.allclose(alone, model(input_ids=TOKENS).logits, atol=1e-3)


def test_peft_alone_is_what_others_use(tiny):
    causal = load_causal(tiny, "safetensors")
    model = get_peft_model(causal.model, LoraConfig(r=2, target_modules="all-linear"))
    assert "forward" not in vars(model.base_model.model.get_decoder().layers[0].mlp.up_proj)


def test_bf16_learns_in_fifty_steps_what_fp32_learns(tiny, rows):
    losses = {}
    for precision in ("fp32", "bf16"):
        causal = load_causal(tiny, "safetensors", precision=precision)
        encoded = encode_rows(causal.vocabulary, causal.template, rows)
        settings = TrainingSettings(precision=precision, max_steps=50, learning_rate=1e-2)
        trainer = Trainer(causal, encoded, validation=[], settings=settings)
        for _ in range(50):
            trainer.take_step()
        losses[precision] = (trainer.losses[0], trainer.metrics()["recent_loss"])
    assert losses["fp32"][1] < losses["fp32"][0] - 0.5
    assert losses["bf16"] == pytest.approx(losses["fp32"], abs=0.05)
