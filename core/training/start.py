"""Begin a training with the adapter of an earlier run instead of a fresh one."""

from pathlib import Path
from typing import Any

from peft import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file

from core.errors import InputError, SetupError

WEIGHTS = "adapter_model.safetensors"


def begin_with(model: Any, adapter: Path) -> None:
    """Give a model's fresh adapter the weights of an earlier one of the same kind, size and layers.

    Args:
        model: a model with an adapter attached.
        adapter: the folder of the earlier adapter, in peft's format.

    Raises:
        SetupError: its file is missing or damaged.
        InputError: it has other weights than the model's adapter, by name or shape.
    """
    try:
        weights = load_file(adapter / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise SetupError(
            "The adapter to begin with is missing or damaged.", "Restore it from a backup, or begin with the model."
        ) from error
    fresh = get_peft_model_state_dict(model, save_embedding_layers=False)
    if {name: weight.shape for name, weight in weights.items()} != {name: weight.shape for name, weight in fresh.items()}:
        raise InputError(
            "The adapter to begin with does not fit: it has another kind, size or layers.",
            "Train with the settings and the model that it was made with, or begin with the model.",
        )
    set_peft_model_state_dict(model, weights)
