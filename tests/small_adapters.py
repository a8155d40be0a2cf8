"""The smallest adapter that is whole: LoRA on two kinds of layers of the model in `tests/small_models.py`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.small_models import LAYERS, WIDTH, Shapes, write_safetensors

RANK = 4
ADAPTED = ("self_attn.q_proj", "self_attn.v_proj")
DESCRIBED: dict[str, Any] = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "base_model_name_or_path": "publisher/Tiny",
    "r": RANK,
    "lora_alpha": 8,
    "bias": "none",
    "target_modules": ["q_proj", "v_proj"],
    "init_lora_weights": True,
    "peft_version": "0.21.2",
    "qalora_group_size": 16,
    "megatron_core": "megatron.core",
}


def tensor(layer: int, name: str, half: str) -> str:
    """The name of a tensor."""
    return f"base_model.model.model.layers.{layer}.{name}.lora_{half}.weight"


def halves(rank: int = RANK) -> Shapes:
    """The weights of the adapter."""
    found: Shapes = {}
    for layer in range(LAYERS):
        for name in ADAPTED:
            found |= {tensor(layer, name, "A"): (rank, WIDTH), tensor(layer, name, "B"): (WIDTH, rank)}
    return found


def write_adapter(folder: Path, *, change: Callable[[Shapes], object] = lambda shapes: None, **described: Any) -> Path:
    """The adapter as a folder; `change` may take weights away or add some, `described` changes its description."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = halves()
    change(weights)
    write_safetensors(folder / "adapter_model.safetensors", weights, fill=0)
    (folder / "adapter_config.json").write_text(json.dumps(DESCRIBED | described), encoding="utf-8")
    return folder
