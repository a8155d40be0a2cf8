"""What a model consists of, by shapes alone: its layers and weights by the names that transformers gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that multiplies, or an embedding: numbers of its inputs and outputs (of an embedding: tokens and width)."""

    inputs: int
    outputs: int
    is_embedding: bool = False
    is_transposed: bool = False  # stores its weight as (inputs, outputs), as GPT-2's do


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A model: its layers, and the shapes of all its weights in order.

    `shared` names for a weight the earlier one that it is the same as; `buffers` are the names of what is computed and kept.
    """

    layers: Mapping[str, Layer]
    weights: Mapping[str, tuple[int, ...]]
    shared: Mapping[str, str] = field(default_factory=dict)
    buffers: tuple[str, ...] = ()
