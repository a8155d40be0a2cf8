"""How much memory a training holds, and the most it held."""

import sys

import psutil


def held_bytes(device: str) -> int:
    """Return what this process holds in main memory, or on a GPU what torch holds there, in bytes."""
    if device == "cuda":
        import torch

        return int(torch.cuda.memory_allocated())
    return int(psutil.Process().memory_info().rss)


def peak_bytes(device: str) -> int:
    """Return the most that `held_bytes` would have given so far."""
    if device == "cuda":
        import torch

        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
