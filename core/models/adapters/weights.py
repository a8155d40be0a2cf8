"""The weights of an adapter against the layers of a base, by shapes alone: which fit, and what is wrong with the others."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import InputError
from core.models.adapters.description import COPY_AGAIN, MERGE, Description
from core.models.intake.accounts import listed
from core.models.intake.carried import ADAPTER_WEIGHTS
from core.models.intake.weights import header_of
from core.models.shapes import Base, Layer

KINDS = ("F32", "F16", "BF16")
PREFIX = "base_model.model."  # peft's, before the name of each layer
LAYER = re.compile(r"\w[\w.-]{0,199}")
Half = Literal["A", "B", "magnitude"]
HALVES: dict[str, Half] = {
    "lora_A.weight": "A",
    "lora_B.weight": "B",
    "lora_embedding_A": "A",
    "lora_embedding_B": "B",
    "lora_magnitude_vector": "magnitude",
    "lora_magnitude_vector.weight": "magnitude",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """An adapter as it was brought: its description, its tensors by layer and half, and all others by their names."""

    described: Description
    halves: Mapping[str, Mapping[Half, tuple[int, ...]]]
    others: Mapping[str, tuple[int, ...]]  # without peft's prefix
    embeddings: frozenset[str] = frozenset()  # the layers whose halves are those of an embedding

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that it adapts, in order."""
        return tuple(sorted(self.halves))

    @property
    def ranks(self) -> tuple[int, ...]:
        """The ranks of its layers, each once, the lowest first."""
        return tuple(sorted({shapes["A"][0] for shapes in self.halves.values()}))


def read_weights(folder: Path, described: Description, name: str) -> Adapter:
    """Read the shapes of an adapter's weights, and check what needs no base: types, halves and ranks.

    Raises:
        InputError: they are damaged, or halves are missing, or a rank is not as the description says.
    """
    stored = header_of(folder / ADAPTER_WEIGHTS)
    odd = [key for key, weight in stored.items() if weight.kind not in KINDS]
    if odd:
        raise InputError(f"{name!r} has weights that are no plain numbers: {_listed(odd)}.", MERGE)
    halves: dict[str, dict[Half, tuple[int, ...]]] = {}
    others: dict[str, tuple[int, ...]] = {}
    embeddings = set()
    for key, weight in stored.items():
        layer, part = _split(key)
        if part in HALVES:
            halves.setdefault(layer, {})[HALVES[part]] = weight.shape
            embeddings |= {layer} if "embedding" in part else set()
        else:
            others[key.removeprefix(PREFIX)] = weight.shape
    adapter = Adapter(described=described, halves=halves, others=others, embeddings=frozenset(embeddings))
    _check_halves(adapter, name)
    return adapter


def _split(key: str) -> tuple[str, str]:
    """Return the layer and the part in the name of a tensor; ("", "") if it is none of a LoRA adapter."""
    layer, mark, part = key.removeprefix(PREFIX).partition(".lora_")
    is_named = key.startswith(PREFIX) and mark and LAYER.fullmatch(layer)
    return (layer, f"lora_{part}") if is_named else ("", "")


def _check_halves(adapter: Adapter, name: str) -> None:
    if not adapter.halves:
        raise InputError(f"{name!r} holds no weights of a LoRA adapter.", COPY_AGAIN)
    wanted: set[Half] = {"A", "B", "magnitude"} if adapter.described.has_magnitudes else {"A", "B"}
    lame = [layer for layer, shapes in adapter.halves.items() if shapes.keys() != wanted]
    if lame:
        raise InputError(
            f"The adapter {name!r} is not whole: a half is missing or too much in {_listed(lame, 'layer')}.", COPY_AGAIN
        )
    flat = [layer for layer, shapes in adapter.halves.items() if len(shapes["A"]) != 2 or len(shapes["B"]) != 2]
    if flat:
        raise InputError(f"{name!r} has halves that are no tables: {_listed(flat, 'layer')}.", COPY_AGAIN)
    odd = [
        layer
        for layer, shapes in adapter.halves.items()
        if not shapes["A"][0] == shapes["B"][1] == adapter.described.rank_of(layer)
    ]
    if odd:
        raise InputError(f"{name!r} has other ranks than it says: {_listed(odd, 'layer')}.", COPY_AGAIN)


def misfits(adapter: Adapter, base: Base) -> tuple[str, ...]:
    """Return what is wrong with an adapter on a base, in clauses; none if all of it fits.

    The account is that of peft: a layer that is not in the base, or a tensor that goes nowhere, would be left out by it
    with a warning, and a layer that the description names and the file lacks would be filled with numbers that do nothing.
    """
    layers = adapter.layers
    unknown = [layer for layer in layers if layer not in base.layers]
    misshapen = [layer for layer in layers if layer in base.layers and not _fits(adapter, layer, base.layers[layer])]
    untold = [layer for layer in layers if not adapter.described.is_target(layer)]
    whole = {key for key in base.weights if adapter.described.is_replaced(key.rpartition(".")[0])}
    extra = [key for key in adapter.others if key not in whole]
    misshapen += [key for key in adapter.others if key in whole and adapter.others[key] != base.weights[key]]
    found = (
        (unknown, "layer", "not in it"),
        (misshapen, "layer", "of another size"),
        (untold, "layer", "not named in its description"),
        (_missing(adapter, base, whole), "layer", "missing"),
        (extra, "weight", "more than it says"),
    )
    return tuple(f"{_listed(names, word)} {fault}" for names, word, fault in found if names)


def _missing(adapter: Adapter, base: Base, whole: Iterable[str]) -> list[str]:
    missing = [key for key in whole if key not in adapter.others]
    described = adapter.described
    if described.targets is not None and not described.is_of_some_layers:
        missing += [
            layer
            for layer in base.layers
            if described.is_target(layer) and layer not in adapter.halves and not described.is_replaced(layer)
        ]
    return missing


def _fits(adapter: Adapter, layer: str, base: Layer) -> bool:
    shapes = adapter.halves[layer]
    rank = shapes["A"][0]
    magnitude = shapes.get("magnitude", (base.outputs,))
    if base.is_embedding != (layer in adapter.embeddings):
        return False
    return (shapes["A"], shapes["B"]) == ((rank, base.inputs), (base.outputs, rank)) and magnitude == (base.outputs,)


def _listed(names: Iterable[str], word: str = "weight") -> str:
    """Return a count with the first names, with nothing in them that a screen would not show."""
    return listed(["".join(sign for sign in name if sign.isprintable())[:80] for name in names], word)
