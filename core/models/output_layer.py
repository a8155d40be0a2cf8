"""The loss of answer tokens together with a model's output layer, a few tokens at a time.

With a vocabulary of 49,152 tokens, the output layer's result for 150 tokens takes 30 MB, and its softmax, its gradient and
what is filled with zeros for it as much again. Here the gradient is computed while the result is at hand, which is then
dropped.
"""

from typing import Any

import torch
from torch import Tensor, nn

TOKENS_AT_ONCE = 64


class _OutputLoss(torch.autograd.Function):
    """Cross-entropy (A) of A tokens whose last hidden states are (A, D), with a frozen weight (vocabulary, D)."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, is_learning: bool) -> Tensor:
        losses, of_hidden = [], []
        for states, right in zip(torch.split(hidden, TOKENS_AT_ONCE), torch.split(targets, TOKENS_AT_ONCE), strict=True):
            logits = (states @ weight.to(states.dtype).t()).float()  # (tokens, vocabulary)
            of_right = logits.gather(1, right[:, None])
            top = logits.amax(1, keepdim=True)
            shares = logits.sub_(top).exp_()
            total = shares.sum(1, keepdim=True)
            losses.append((total.log() + top - of_right)[:, 0])
            if is_learning:  # of the softmax less 1 for the right token, times the weight
                expected = (shares.to(states.dtype) @ weight.to(states.dtype)) / total.to(states.dtype)
                of_hidden.append(expected.sub_(weight[right]))
        ctx.save_for_backward(*([torch.cat(of_hidden)] if of_hidden else []))
        return torch.cat(losses)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = gradients
        (of_hidden,) = ctx.saved_tensors
        return of_hidden * gradient[:, None].to(of_hidden.dtype), None, None, None


def output_losses(model: Any, hidden: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy (A) of the tokens `targets` (A), in nats, from the last hidden states (A, D) before each.

    The model's output layer must be plain, see `has_plain_output`.
    """
    is_learning = torch.is_grad_enabled() and hidden.requires_grad
    weight = model.get_output_embeddings().weight
    losses: Tensor = _OutputLoss.apply(hidden, weight, targets, is_learning)  # type: ignore[no-untyped-call]
    return losses


def may_be_plain(model: Any) -> bool:
    """Return whether the output layer is one frozen matrix: what comes after it, such as a cap, is to be measured."""
    layer = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    if type(layer) is not nn.Linear or layer.bias is not None or not hasattr(model, "get_decoder"):
        return False
    return layer.weight.is_floating_point() and not layer.weight.requires_grad
