"""An adapter that was made elsewhere, in the form the engine needs: base and adapter as GGUF."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.models.conversion.adapter import adapter_gguf
from core.models.conversion.model import folder_key
from core.models.engine.tuned import base_for_engine
from core.records import ModelFormat


@dataclass(frozen=True, slots=True)
class AdapterFiles:
    """The GGUF of a base, and that of an adapter on it."""

    model: Path
    adapter: Path


def adapter_files(base: Path, format: ModelFormat, *, folder: Path, cache: Path) -> AdapterFiles | None:
    """Return the files for the engine, converting missing ones; None if llama.cpp does not read this family or adapter.

    Args:
        base: the base model, a GGUF file or a folder of safetensors.
        format: its format.
        folder: the adapter's folder, in peft's format; it is left as it is.
        cache: folder for what is converted; the adapter's name begins as `core.models.unpacked.remove_made` looks for it.

    Raises:
        SetupError: the adapter or the converter is missing, memory ran out, or the disk is full.
    """
    model = base_for_engine(base, format, precision="fp32", cache=cache)
    if model is None:
        return None
    try:
        adapter = adapter_gguf(folder, base, cache / f"{folder.name}-{folder_key(folder)}-adapter")
    except InputError:
        return None
    return AdapterFiles(model, adapter)
