"""Writing GGUF files: what a merged model consists of, tensor by tensor, so that only one is in memory twice.

Where the base is a GGUF, its description and tokenizer are copied and the adapter is added to the tensors it changes.
Llama models keep the rows of their query and key weights in another order in a GGUF than in transformers; which order a
tensor has is read off the tensor itself, by comparing it with the loaded model's.
"""

import ctypes
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, SetupError
from core.models.causal import CausalModel
from core.models.gguf_vocabulary import describe_tokenizer

Array = NDArray[np.float32]
Describe = Callable[[gguf.GGUFWriter], None]

NOT_COPIED = {"general.architecture", "general.file_type", "general.quantization_version", "tokenizer.chat_template"}
OTHER_WAY = "Export as merged, and convert that folder with llama.cpp's convert_hf_to_gguf.py."


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """A tensor to write: its name, its shape (rows, columns) as numpy has it, and how to make its numbers."""

    name: str
    shape: tuple[int, ...]
    make: Callable[[], Array]


@dataclass(frozen=True, slots=True)
class Content:
    """All of a GGUF file."""

    architecture: str
    describe: Describe
    tensors: list[PlannedTensor]


def from_gguf(path: Path, causal: CausalModel) -> Content:
    """The GGUF at `path` with the adapter of `causal` (loaded from the same file in fp32) added.

    Raises:
        InputError: a changed weight cannot be found in the file.
    """
    reader = gguf.GGUFReader(path)
    architecture = str(reader.get_field("general.architecture").contents())
    changed = _changed_layers(causal, architecture)
    missing = changed.keys() - {tensor.name for tensor in reader.tensors}
    if missing:
        raise InputError(f"{len(missing)} of the changed weights are not in the GGUF file under a known name.", OTHER_WAY)

    def describe(writer: gguf.GGUFWriter) -> None:
        for key, field in reader.fields.items():
            if not key.startswith(("GGUF.", "split.")) and key not in NOT_COPIED:
                is_array = field.types[0] == gguf.GGUFValueType.ARRAY
                writer.add_key_value(key, field.contents(), field.types[0], field.types[-1] if is_array else None)
        writer.add_chat_template(causal.template)

    def plan(tensor: Any) -> PlannedTensor:
        def make() -> Array:
            numbers: Array = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            layer = changed.get(tensor.name)
            return numbers if layer is None else numbers + _in_order_of(numbers, layer, causal)

        return PlannedTensor(tensor.name, tuple(int(size) for size in reversed(tensor.shape)), make)

    return Content(architecture, describe, [plan(tensor) for tensor in reader.tensors])


def from_model(causal: CausalModel) -> Content:
    """A model of the kind Llama or Mistral, loaded from safetensors in fp32, with its adapter added.

    Raises:
        InputError: another kind of model, or a tokenizer that llama.cpp does not read alike.
    """
    config = causal.model.config
    rope = dict(getattr(config, "rope_parameters", None) or {})
    if config.model_type not in ("llama", "mistral") or rope.get("rope_type", "default") != "default":
        raise InputError(f"A model of the kind {config.model_type!r} as it is here cannot be written as GGUF.", OTHER_WAY)
    head_size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    describe_vocabulary = describe_tokenizer(causal)

    def describe(writer: gguf.GGUFWriter) -> None:
        writer.add_context_length(config.max_position_embeddings)
        writer.add_embedding_length(config.hidden_size)
        writer.add_block_count(config.num_hidden_layers)
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count(config.num_attention_heads)
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_key_length(head_size)
        writer.add_value_length(head_size)
        writer.add_rope_dimension_count(head_size)
        writer.add_rope_freq_base(rope.get("rope_theta", 10000.0))
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_vocab_size(config.vocab_size)
        describe_vocabulary(writer)

    return Content("llama", describe, list(_planned_weights(causal)))


def write(path: Path, content: Content, *, quantization: Literal["f16", "q8_0"], license: str = "") -> None:
    """Write `content` to `path`: vectors in fp32, everything else in fp16 or in blocks of 8 bits.

    `license` goes into the header where `content` names none.
    """
    writer = gguf.GGUFWriter(path, content.architecture)
    content.describe(writer)
    if license and not any("general.license" in part for part in writer.kv_data):
        writer.add_license(license)
    is_q8 = quantization == "q8_0"
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if is_q8 else gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    kinds = []
    for tensor in content.tensors:
        kind = _kind(tensor.shape, is_q8=is_q8)
        block, block_bytes = gguf.GGML_QUANT_SIZES[kind]
        size = int(np.prod(tensor.shape)) // block * block_bytes
        writer.add_tensor_info(tensor.name, tensor.shape, np.dtype(np.float32), size, raw_dtype=kind)
        kinds.append(kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor, kind in zip(content.tensors, kinds, strict=True):
        writer.write_tensor_data(gguf.quantize(tensor.make(), kind))
    writer.close()


def quantize(source: Path, target: Path) -> None:
    """Write the fp16 GGUF `source` as Q4_K_M: 4 bits in blocks of 256, more for the weights that matter most.

    llama.cpp gives rows whose length is no multiple of 256 five or eight bits.

    Raises:
        SetupError: llama.cpp refused, mostly for want of disk space.
    """
    import llama_cpp.llama_cpp as C

    from core.models.cores import thread_count
    from core.models.llama import start_library

    start_library()
    options = C.llama_model_quantize_default_params()
    options.ftype = C.LLAMA_FTYPE_MOSTLY_Q4_K_M
    options.nthread = thread_count()
    if C.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(options)) != 0:
        raise SetupError("llama.cpp could not quantize the model.", "Free some disk space, or export as q8_0.")


def _kind(shape: tuple[int, ...], *, is_q8: bool) -> gguf.GGMLQuantizationType:
    if len(shape) == 1:
        return gguf.GGMLQuantizationType.F32
    block = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType.Q8_0][0]
    fits = shape[-1] % block == 0
    return gguf.GGMLQuantizationType.Q8_0 if is_q8 and fits else gguf.GGMLQuantizationType.F16


def _changed_layers(causal: CausalModel, architecture: str) -> dict[str, Any]:
    """The layers that carry an adapter, by the name of their weight in a GGUF; unknown names as they are."""
    names = _names(architecture, causal.model.config.num_hidden_layers)
    layers = {}
    for name, module in causal.model.named_modules():
        if hasattr(module, "get_delta_weight") and hasattr(module, "base_layer"):
            own = name.removeprefix("base_model.model.")
            layers[f"{names.get_name(own) or own}.weight"] = module
    return layers


def _names(architecture: str, layer_count: int) -> gguf.TensorNameMap:
    known = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}
    if architecture not in known:
        raise InputError(f"The architecture {architecture!r} cannot be written as GGUF.", OTHER_WAY)
    return gguf.get_tensor_name_map(known[architecture], layer_count)


def _in_order_of(numbers: Array, layer: Any, causal: CausalModel) -> Array:
    """What the adapter adds to `layer`, in the row order that `numbers` (the layer's weight in the GGUF) has."""
    weight = layer.base_layer.weight.detach().float().cpu().numpy()
    delta: Array = layer.get_delta_weight("default").detach().float().cpu().numpy()
    orders: Iterable[Callable[[Array], Array]] = (
        lambda rows: rows,
        lambda rows: permute(rows, causal.model.config.num_attention_heads),
        lambda rows: permute(rows, causal.model.config.num_key_value_heads),
    )
    for order in orders:
        if weight.shape == numbers.shape and np.allclose(order(weight), numbers, rtol=1e-3, atol=1e-4):
            return order(delta)
    raise InputError("The weights of this GGUF are laid out in an unknown way.", OTHER_WAY)


def permute(rows: Array, head_count: int) -> Array:
    """Rows of a query or key weight, (heads x size, columns), from transformers' order to that of a llama GGUF.

    transformers rotates the first half of a head against its second half, llama.cpp neighbors. Source: llama.cpp,
    convert_hf_to_gguf.py, `LlamaModel.permute`.
    """
    if rows.shape[0] % (2 * head_count):
        return rows
    return rows.reshape(head_count, 2, rows.shape[0] // head_count // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def _planned_weights(causal: CausalModel) -> Iterable[PlannedTensor]:
    """Every weight of a llama model, adapter added, query and key rows permuted."""
    config = causal.model.config
    names = _names("llama", config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    layers: Mapping[str, Any] = {
        name.removeprefix("base_model.model."): module
        for name, module in causal.model.named_modules()
        if hasattr(module, "get_delta_weight") and hasattr(module, "base_layer")
    }
    for full_name, weight in causal.model.named_parameters():
        if "lora_" in full_name:
            continue
        name = full_name.removeprefix("base_model.model.").replace(".base_layer", "")
        own, _, suffix = name.rpartition(".")
        found = names.get_name(own)
        if found is None:
            raise InputError("One of the model's weights has no name in a GGUF of the kind llama.", OTHER_WAY)

        def make(own: str = own, weight: Any = weight, suffix: str = suffix) -> Array:
            numbers: Array = weight.detach().float().cpu().numpy()
            if own in layers and suffix == "weight":
                numbers = numbers + layers[own].get_delta_weight("default").detach().float().cpu().numpy()
            kind = own.rpartition(".")[2]
            return np.ascontiguousarray(permute(numbers, heads[kind]) if kind in heads else numbers)

        yield PlannedTensor(f"{found}.{suffix}", tuple(weight.shape), make)
