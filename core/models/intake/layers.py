"""The layers of a model as transformers builds and names them; their shapes alone, without any numbers.

Import this module inside the functions that need it: it loads torch and transformers.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from core.models.conversion.model import folder_key
from core.models.intake.folder import class_of, read_config
from core.models.intake.gguf_config import config_of
from core.models.shapes import Base, Layer
from core.records import ModelFormat


def base_at(path: Path, format: ModelFormat) -> Base:
    """Return the layers and weights of the model at `path`, a GGUF file or a folder of safetensors.

    Raises:
        InputError: transformers does not know this family.
    """
    return _base_at(path, format, folder_key(path) if path.is_dir() else str(path.stat().st_mtime_ns))


@lru_cache(maxsize=8)
def _base_at(path: Path, format: ModelFormat, _state: str) -> Base:
    from transformers import AutoModelForCausalLM

    config = config_of(path) if format == "gguf" else read_config(path, path.name)
    class_of(path.name, config)  # says in words that it is no language model
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    layers = {name: _layer(module) for name, module in model.named_modules()}
    weights, shared, names = {}, {}, dict[int, str]()
    for name, weight in model.named_parameters(remove_duplicate=False):
        weights[name] = tuple(weight.shape)
        if names.setdefault(id(weight), name) != name:
            shared[name] = names[id(weight)]
    return Base(
        layers={name: layer for name, layer in layers.items() if layer},
        weights=weights,
        shared=shared,
        buffers=tuple(name for name, _ in model.named_buffers()),
    )


def _layer(module: Any) -> Layer | None:
    if isinstance(module, nn.Linear):
        return Layer(module.in_features, module.out_features)
    if isinstance(module, nn.Embedding):
        return Layer(module.num_embeddings, module.embedding_dim, is_embedding=True)
    if isinstance(module, Conv1D):
        inputs, outputs = module.weight.shape
        return Layer(inputs, outputs, is_transposed=True)
    return None
