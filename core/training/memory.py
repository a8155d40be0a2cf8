"""How much memory a training holds, and the most it held."""

import sys
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from torch import nn


def held_bytes(device: str) -> int:
    """Return what this process holds in main memory, or on a GPU what torch holds there, in bytes."""
    if device == "cuda":
        import torch

        return int(torch.cuda.memory_allocated())
    return int(psutil.Process().memory_info().rss)


def held_weight_bytes(model: "nn.Module") -> int:
    """Return the bytes of a model's weights that this process holds: of those divided among several, its part."""
    held = (weight.to_local() if hasattr(weight, "to_local") else weight for weight in model.parameters())
    return sum(weight.numel() * weight.element_size() for weight in held)


def peak_bytes(device: str) -> int:
    """Return the most that `held_bytes` would have given so far."""
    if device == "cuda":
        import torch

        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
