"""Merge a run's adapter into a GGUF tensor by tensor, so that only one is in memory at a time.

Everything but the changed weights comes from the base: metadata, tokenizer, and the order of the rows, in which
llama.cpp's converter writes adapters as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, SetupError
from core.models.conversion.child import Report, ignore, run
from core.models.engine.program import quantize_program

Array = NDArray[np.float32]

NOT_COPIED = {"general.architecture", "general.file_type", "general.quantization_version", "tokenizer.chat_template"}
LICENSE, END = "general.license", "tokenizer.ggml.eot_token_id"


@dataclass(frozen=True, slots=True)
class Change:
    """Update of a weight: `scale` times `b` (rows, rank) times `a` (rank, columns)."""

    a: Array
    b: Array
    scale: float

    def numbers(self) -> Array:
        """Return the update as one matrix (rows, columns)."""
        product: Array = np.matmul(self.b, self.a) * np.float32(self.scale)
        return product


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Metadata that a merged file has in addition to its base's."""

    template: str  # the run's chat template
    end: int | None = None  # the token that ends the template's turns, unless the base already names it
    license: str = ""  # used if the base names none


def write_sum(base: Path, adapter: Path, target: Path, added: Added, *, report: Report = ignore) -> None:
    """Write the GGUF `base` merged with the GGUF adapter to `target`, in fp16 except for tensors that are fp32 in the base.

    Args:
        base: the model.
        adapter: an adapter of that model.
        target: the file to write.
        added: additional metadata.
        report: called with progress, see `Report`.

    Raises:
        InputError: the adapter changes a weight the base does not have.
    """
    reader = gguf.GGUFReader(base)
    changes = _changes(gguf.GGUFReader(adapter))
    if changes.keys() - {tensor.name for tensor in reader.tensors}:
        raise InputError("The adapter was made for another model.", "Choose the one that the run was trained on.")
    writer = gguf.GGUFWriter(target, str(reader.get_field("general.architecture").contents()))
    left = NOT_COPIED | ({END} if added.end is not None else set())
    for key, field in reader.fields.items():
        if not key.startswith(("GGUF.", "split.")) and key not in left:
            is_array = field.types[0] == gguf.GGUFValueType.ARRAY
            writer.add_key_value(key, field.contents(), field.types[0], field.types[-1] if is_array else None)
    writer.add_chat_template(added.template)
    if added.end is not None:
        writer.add_eot_token_id(added.end)
    if added.license and LICENSE not in reader.fields:
        writer.add_license(added.license)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _write_tensors(writer, reader.tensors, changes, report)


def quantize(source: Path, target: Path, quantization: str, *, report: Report = ignore) -> None:
    """Quantize the GGUF `source` with llama.cpp's own program; `quantization` is its name for the type.

    Rows whose length is not a multiple of the block size get more bits than requested.

    Raises:
        SetupError: llama-quantize failed, usually for lack of disk space, or is missing.
    """
    expected = source.stat().st_size
    command = [str(quantize_program()), "--allow-requantize", str(source), str(target), quantization.upper()]

    def progress() -> None:
        report(min(1.0, target.stat().st_size / expected) if target.exists() else 0.0)

    if run(command, folder=target.parent, report=progress) != 0:
        raise SetupError("llama.cpp could not quantize the model.", "Free some disk space, or export as f16.")


def _changes(adapter: gguf.GGUFReader) -> dict[str, Change]:
    """Return the updates in a GGUF adapter by weight name."""
    alpha = float(adapter.get_field("adapter.lora.alpha").contents())
    parts: dict[str, Array] = {
        tensor.name: gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32) for tensor in adapter.tensors
    }
    names = {name.removesuffix(".lora_a").removesuffix(".lora_b") for name in parts}
    return {
        name: Change(parts[f"{name}.lora_a"], parts[f"{name}.lora_b"], alpha / parts[f"{name}.lora_a"].shape[-2])
        for name in names
    }


def _write_tensors(writer: gguf.GGUFWriter, tensors: list[Any], changes: Mapping[str, Change], report: Report) -> None:
    kinds = []
    for tensor in tensors:
        is_whole = tensor.tensor_type == gguf.GGMLQuantizationType.F32
        kind = gguf.GGMLQuantizationType.F32 if is_whole else gguf.GGMLQuantizationType.F16
        shape = tuple(int(size) for size in reversed(tensor.shape))
        size = int(np.prod(shape)) * (4 if is_whole else 2)
        writer.add_tensor_info(tensor.name, shape, np.dtype(np.float32), size, raw_dtype=kind)
        kinds.append(kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for done, (tensor, kind) in enumerate(zip(tensors, kinds, strict=True)):
        report(done / len(tensors))
        numbers: Array = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if change := changes.get(tensor.name):
            numbers = numbers + change.numbers()
        writer.write_tensor_data(gguf.quantize(numbers, kind))
    writer.close()
