"""Training all weights of a model (`method="full"`) instead of an adapter beside them."""

from dataclasses import replace
from pathlib import Path

import torch

from core.models.causal import CausalModel, load_causal
from core.records import ModelFormat
from core.settings import Precision, TrainingSettings
from core.training.targets import untouched


def load_to_train(
    path: Path, format: ModelFormat, *, settings: TrainingSettings, template: str = "", cache: Path | None = None
) -> CausalModel:
    """Load a model as a training needs it: frozen in the precision of the settings, or with all weights to learn.

    Arguments and errors are those of `load_causal`.
    """
    if settings.method != "full":
        is_staged = settings.weights == "divided"
        return load_causal(path, format, precision=settings.precision, template=template, cache=cache, is_staged=is_staged)
    return unfrozen(load_causal(path, format, template=template, cache=cache), settings.precision)


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
