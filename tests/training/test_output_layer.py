"""The loss made with the output layer, a few tokens at a time, is the one made of all logits."""

import pytest
import torch

from core.models.causal import load_causal
from core.models.conversation import encode_rows
from core.models.output_layer import TOKENS_AT_ONCE, output_losses
from core.models.packing import has_plain_output

pytestmark = pytest.mark.model


class Model:
    """Only an output layer."""

    def __init__(self, vocabulary: int, wide: int) -> None:
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(wide, vocabulary, bias=False).requires_grad_(False)

    def get_output_embeddings(self):
        return self.layer


@pytest.mark.parametrize("count", [1, TOKENS_AT_ONCE, 2 * TOKENS_AT_ONCE + 1])
def test_losses_and_gradients_are_those_of_all_logits(count):
    model = Model(vocabulary=50, wide=16)
    hidden = (10 * torch.randn(count, 16)).requires_grad_()
    targets = torch.randint(50, (count,))
    weights = torch.rand(count)  # of the tokens in the whole loss
    ours = output_losses(model, hidden, targets)
    usual = torch.nn.functional.cross_entropy(model.layer(hidden), targets, reduction="none")
    torch.testing.assert_close(ours, usual, atol=1e-5, rtol=1e-5)
    gradients = [torch.autograd.grad((losses * weights).sum(), hidden)[0] for losses in (ours, usual)]
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-4)


def test_a_layer_that_is_not_all_there_is_is_found_out(tiny, rows):
    model = load_causal(tiny, "safetensors")
    row = encode_rows(model.vocabulary, model.template, rows[:1])[0]
    chosen = {"dtype": torch.float32, "device": "cpu"}
    assert has_plain_output(model.model, row, **chosen)
    for weight in model.model.parameters():
        weight.data *= 3
    usual = model.model.forward

    def capped(**inputs):  # as Gemma 2 does
        outputs = usual(**inputs)
        outputs.logits = outputs.logits.tanh() / 3
        return outputs

    capped.__signature__ = __import__("inspect").signature(usual)
    model.model.forward = capped
    assert not has_plain_output(model.model, row, **chosen)


def test_a_trained_output_layer_is_left_to_torch(tiny, rows):
    model = load_causal(tiny, "safetensors")
    row = encode_rows(model.vocabulary, model.template, rows[:1])[0]
    model.model.get_output_embeddings().weight.requires_grad_(True)
    assert not has_plain_output(model.model, row, dtype=torch.float32, device="cpu")
