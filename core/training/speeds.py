"""How fast this machine multiplies matrices in each precision, measured once and kept.

A rule would be wrong somewhere: a processor with AMX multiplies in bf16 five times as fast as in fp32, another one may be
slower in it.
"""

import json
import platform
import time
from collections.abc import Mapping
from pathlib import Path

from core.files import sha256_text, write_atomic

ROWS, WIDE = 512, 1024  # of the products: tokens of a pack, and a width between those of small and of large models
SECONDS = 1.0  # for each precision
WORTH = 4.0  # times as fast, from which bf16 is worth it: 3.2 times here gave no faster training (docs/training.md)


def measure_speeds(seconds: float = SECONDS) -> dict[str, float]:
    """Return the products that this machine's processor computes, in GFLOP/s, by precision."""
    import torch

    speeds: dict[str, float] = {}
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        left, right = torch.randn(ROWS, WIDE, dtype=dtype), torch.randn(WIDE, WIDE, dtype=dtype)
        left @ right  # the first one also chooses how
        started_s, count = time.perf_counter(), 0
        while (elapsed_s := time.perf_counter() - started_s) < seconds:
            left @ right
            count += 1
        speeds[precision] = round(2 * ROWS * WIDE * WIDE * count / elapsed_s / 1e9, 1)
    return speeds


def kept_speeds(path: Path) -> Mapping[str, float]:
    """Return the speeds measured earlier on this machine; none if another processor or version of torch is there now."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_same = isinstance(kept, dict) and kept.get("machine") == _machine()
    return kept["speeds"] if is_same else {}


def measured_once(path: Path) -> Mapping[str, float]:
    """Return the speeds kept at `path`, after measuring them if need be."""
    if kept := kept_speeds(path):
        return kept
    speeds = measure_speeds()
    write_atomic(path, json.dumps({"machine": _machine(), "speeds": speeds}))
    return speeds


def gain_of_bf16(speeds: Mapping[str, float]) -> float | None:
    """Return how many times as fast as fp32 bf16 is; None if that was not measured."""
    return speeds["bf16"] / speeds["fp32"] if speeds.get("fp32") and "bf16" in speeds else None


def _machine() -> str:
    """Return what the speeds depend on: the processor by its name and abilities, and torch's version."""
    from importlib.metadata import version

    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = [platform.processor()]
    told = dict.fromkeys(line for line in lines if line.startswith(("model name", "flags")))
    return f"{platform.machine()} {sha256_text(' '.join(told))[:16]} torch {version('torch')}"
