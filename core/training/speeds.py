"""How fast this machine trains in each precision, measured once and kept.

A rule would be wrong somewhere: a processor with AMX multiplies in bf16 six times as fast as in fp32, another one may be
slower in it; and a training is more than products. So real steps are taken, on a model of the embedded one's shape with few
of its layers.
"""

import json
import platform
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.files import sha256_text, write_atomic
from core.settings import Precision, TrainingSettings

if TYPE_CHECKING:
    from core.training.loop import Trainer

LAYERS = 2  # of the embedded model's 30
ROWS, TOKENS, ANSWER_TOKENS = 8, 40, 16  # of a step, about what question pairs are
SECONDS = 2.0  # for all precisions together
WORTH = 1.5  # times as fast, from which bf16 is worth what it rounds away (docs/decisions/training.md)
MEASURED: tuple[Precision, ...] = ("fp32", "bf16")


def measure_speeds(seconds: float = SECONDS) -> dict[str, float]:
    """Return at how many tokens a second this machine's processor trains a few layers, by precision.

    The precisions take turns, and the median of their steps counts: other work on the machine slows down both.
    """
    from core.models.torch_setup import prepare_libraries

    prepare_libraries()
    trainers = {precision: _trainer(precision) for precision in MEASURED}
    taken: dict[str, list[float]] = {precision: [] for precision in MEASURED}
    for trainer in trainers.values():
        trainer.take_step()  # the first one also chooses how to multiply
    started_s = time.perf_counter()
    while time.perf_counter() - started_s < seconds or not all(taken.values()):
        for precision, trainer in trainers.items():
            taken[precision].append(trainer.take_step().tokens_per_s)
    return {precision: round(statistics.median(speeds), 1) for precision, speeds in taken.items()}


def _trainer(precision: Precision) -> "Trainer":
    """Return the training of a model with random weights: LAYERS of the embedded model, and as much of its vocabulary."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from core.models.causal import CausalModel
    from core.models.conversation import Encoded
    from core.models.row_attention import attend_by_rows
    from core.training.loop import Trainer

    attend_by_rows()
    config = LlamaConfig(
        vocab_size=49_152 * LAYERS // 30,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=LAYERS,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2 * TOKENS,
    )
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    model = LlamaForCausalLM(config).to(dtype).requires_grad_(False)
    rows = [Encoded((1, *range(2 + row, 1 + TOKENS + row)), TOKENS - ANSWER_TOKENS) for row in range(ROWS)]
    causal = CausalModel(
        model=model, tokenizer=None, vocabulary=None, template="", precision=precision, device="cpu",  # type: ignore[arg-type]
    )  # fmt: skip
    settings = TrainingSettings(precision=precision, batch_size=ROWS, max_steps=1_000_000)
    return Trainer(causal, rows, validation=[], settings=settings)


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
    """Return what the speeds depend on: the processor by its name and abilities, torch's version, and what a step is."""
    from importlib.metadata import version

    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = [platform.processor()]
    told = dict.fromkeys(line for line in lines if line.startswith(("model name", "flags")))
    return f"{platform.machine()} {sha256_text(' '.join(told))[:16]} torch {version('torch')} steps"
