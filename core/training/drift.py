"""How far a run has drifted from its base model on texts that neither is about, as a term that can be trained against."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.models.packing import Pack, answer_logits


def drifts(model: Any, pack: Pack) -> Tensor:
    """Return the divergence KL(base ‖ tuned) of what both expect at each answer token, (A), in nats.

    It is taken over the whole vocabulary and has a gradient in the adapter alone. Source: Li and Hoiem 2016 (Learning
    without Forgetting), with the divergence in place of their cross-entropy, from which it differs by a constant.

    Args:
        model: a model with an adapter that can be switched off.
        pack: rows of general text.
    """
    with torch.no_grad(), as_base(model):
        expected = nn.functional.log_softmax(answer_logits(model, pack).float(), dim=-1)  # (A, V)
    tuned = nn.functional.log_softmax(answer_logits(model, pack).float(), dim=-1)  # (A, V)
    return nn.functional.kl_div(tuned, expected, reduction="none", log_target=True).sum(dim=-1)


@contextmanager
def as_base(model: Any) -> Iterator[None]:
    """Switch the adapter and all dropout off for the block.

    peft makes all of an adapter trainable that it switches on again, so what was frozen before is frozen once more.
    """
    trained, was_training = {id(weight) for weight in model.parameters() if weight.requires_grad}, model.training
    model.eval()
    try:
        with model.disable_adapter():
            yield
    finally:
        model.train(was_training)
        for weight in model.parameters():
            if weight.requires_grad and id(weight) not in trained:
                weight.requires_grad_(False)
