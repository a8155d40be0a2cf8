"""Which layers of a model an adapter is attached to: the linear layers of the part that reads and writes text.

Not adapted: the output layer; routers, which choose the experts of a token and learn little from a few hundred rows but to
choose worse; and what sees pictures or hears, which no question pair reaches.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn

from core.models.state_space import READ_BESIDE, STATE_SPACE


def left_out(model: Any) -> str | None:
    """Return an expression for the names of the modules to attach no adapter to, for peft; None if there are none."""
    beside = [rf"{re.escape(name)}(\..*)?" for name in untouched(model)]
    if model.config.model_type in STATE_SPACE:
        beside.append(rf".*\.({'|'.join(READ_BESIDE)})")
    return "|".join(beside) or None


def untouched(model: Any) -> list[str]:
    """Return the names of the modules that no training changes: routers, and what stands beside the part that reads text."""
    return [*_beside_text(model), *routers(model)]


def freeze(tuned: Any, names: Sequence[str]) -> None:
    """Keep adapters that peft attached to these modules all the same as they are, without effect (it does for Mixtral)."""
    for name in names:
        tuned.base_model.model.get_submodule(name).requires_grad_(False)


def adapted(model: nn.Module) -> list[str]:
    """Return the kinds of layers that an adapter was attached to, such as `q_proj`, sorted."""
    kinds = set()
    for name, weight in model.named_parameters():
        if weight.requires_grad and ".lora_" in name:
            kinds.add(name.partition(".lora_")[0].replace(".base_layer", "").rpartition(".")[2])
    return sorted(kinds)


def _beside_text(model: Any) -> list[str]:
    """Return the names of the modules that stand beside the part that reads text, at any height above it."""
    decoder = model.get_decoder() if hasattr(model, "get_decoder") else None
    path = next((name for name, module in model.named_modules() if module is decoder), "")
    above, beside = "", []
    for part in path.split(".") if path else []:
        parent = model.get_submodule(above)
        beside += [f"{above}.{name}".lstrip(".") for name, _ in parent.named_children() if name != part]
        above = f"{above}.{part}".lstrip(".")
    outputs = model.get_output_embeddings()
    return [name for name in beside if model.get_submodule(name) is not outputs]


def routers(model: nn.Module) -> Iterator[str]:
    """Yield the names of the modules beside experts that give a number for each of them."""
    for name, experts in model.named_modules():
        above, _, own = name.rpartition(".")
        if own != "experts":
            continue
        count = len(experts) if isinstance(experts, nn.ModuleList) else len(next(experts.parameters()))
        for child, module in model.get_submodule(above).named_children():
            weight = getattr(module, "weight", None)
            if child != own and weight is not None and getattr(module, "out_features", len(weight)) == count:
                yield f"{above}.{child}"
