"""What is free on the devices of this machine. Import this module inside the functions that need it: it loads torch."""

import sys
from pathlib import Path

import psutil
import torch

from core.errors import SetupError
from core.models.intake.layers import base_at
from core.models.loading import Loading, choose_loading
from core.models.spread import Device
from core.words import size


def free_devices() -> list[Device]:
    """Return the GPUs, the memory and the disk, with what is free on each.

    The disk holds every model: what is left there is read from the model's own files.
    """
    gpus = [
        Device(kind="gpu", number=number, free_bytes=torch.cuda.mem_get_info(number)[0])
        for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    ]
    memory = Device(kind="memory", free_bytes=psutil.virtual_memory().available)
    return [*gpus, memory, Device(kind="disk", free_bytes=sys.maxsize)]


def loading_of(path: Path) -> Loading:
    """Return how the model in a folder of safetensors would be opened now.

    Raises:
        InputError: transformers does not know this family.
        SetupError: not even one part of it has room where it would be computed.
    """
    devices = free_devices()
    loading = choose_loading(base_at(path, "safetensors"), devices)
    if loading is None:
        free = ", ".join(f"{size(device.free_bytes)} {device.words}" for device in devices if device.kind != "disk")
        raise SetupError(
            f"There is no room for the model {path.name!r}: {free} are free.",
            "Close other programs, or choose a smaller one.",
        )
    return loading
