"""Divide the frozen weights of a model among the processes of a team, decoder layer by decoder layer.

A layer is put together where it is computed, forward and backward, and dropped again (torch's `fully_shard`). Each process
holds its part of all layers, one or two layers as a whole, and what no layer contains: embeddings and the output layer,
which models may share and which we read beside them. Adapters stay whole everywhere, with their gradients.

To put a layer together takes all processes, so all of them go through the model equally often, and at the same time.
"""

from typing import Any

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from core.errors import InputError, SetupError
from core.models.causal import CausalModel
from core.models.torch_setup import memory_errors
from core.training.team.team import Team


def divide(causal: CausalModel, model: Any, team: Team) -> None:
    """Leave a process its part of a model's layers, in the precision that it computes in, on the device that it uses.

    Args:
        causal: what the model is computed with; the weights are in main memory, as they are stored (`load_causal`).
        model: the same model with an adapter attached.
        team: the processes, of which this is one.

    Raises:
        InputError: the model has no layers.
        SetupError: there is not a GPU for each process, or too little memory.
    """
    if causal.device == "cuda" and torch.cuda.device_count() < team.size:
        raise SetupError(
            f"The weights cannot be divided among {team.size} processes on {torch.cuda.device_count()} GPU(s).",
            "Set processes to the number of GPUs.",
        )
    decoder = causal.model.get_decoder() if hasattr(causal.model, "get_decoder") else None
    layers = layers_of(decoder) if decoder is not None else []
    if decoder is None or not layers:
        raise InputError("The weights of this model cannot be divided: it has no layers in a row.", "Set weights=whole.")
    mesh = init_device_mesh(causal.device, (team.size,))
    learning = {weight for weight in model.parameters() if weight.requires_grad}
    with memory_errors():
        for layer in layers:
            beside = learning | {weight for weight in layer.parameters() if not weight.is_floating_point()}
            for weight in layer.parameters():
                if weight not in beside:
                    weight.data = weight.data.to(causal.dtype)
            fully_shard(layer, mesh=mesh, reshard_after_forward=True, ignored_params=beside)
        undivided = {weight for weight in decoder.parameters() if not isinstance(weight, DTensor)}
        fully_shard(decoder, mesh=mesh, ignored_params=undivided)  # what the layers have in common: the order they come in
        _take_along(model, causal, learning)


def layers_of(decoder: nn.Module) -> list[nn.Module]:
    """Return the layers that a decoder's states go through one after another: its longest list of modules."""
    lists = [child for child in decoder.children() if isinstance(child, nn.ModuleList)]
    return list(max(lists, key=len, default=[]))


def _take_along(model: nn.Module, causal: CausalModel, learning: set[nn.Parameter]) -> None:
    """Copy what is not divided to the device: not a view of the file any more, which can then leave the memory."""
    for weight in model.parameters():
        if not isinstance(weight, DTensor):
            dtype = causal.dtype if weight.is_floating_point() and weight not in learning else weight.dtype
            weight.data = weight.data.to(causal.device, dtype, copy=True)
    for buffer in model.buffers():
        buffer.data = buffer.data.to(causal.device, copy=True)
