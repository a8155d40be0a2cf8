"""Training all weights of a model (`method="full"`) instead of an adapter beside them."""

from dataclasses import replace

import torch

from core.models.causal import CausalModel
from core.settings import Precision
from core.training.targets import untouched


def unfrozen(causal: CausalModel, precision: Precision) -> CausalModel:
    """Return a model loaded in fp32 whose weights learn, but for routers and what sees pictures or hears.

    With bf16 its products are computed in bf16 (autocast) while the weights stay fp32: a step of full training is smaller
    than the distance of two bf16 numbers, and would be rounded away.
    """
    model = causal.model
    model.requires_grad_(True)
    for name in untouched(model):
        model.get_submodule(name).requires_grad_(False)
    if precision == "bf16":
        model.forward = torch.autocast(causal.device, dtype=torch.bfloat16)(model.forward)
    return replace(causal, precision=precision)
