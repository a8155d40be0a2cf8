"""A run beside its base in the engine, by the size of the model: llamas with weights by chance, adapters by chance.

What an adapter costs is its products, four small ones for every weight it changes, and they cost the same few microseconds
whether the weight is small or large. The embedded model is the smallest that a site will ever use.
"""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from core.models.gguf_file import NOT_COPIED, quantize
from tests.benchmarks.frame import Measured
from tests.benchmarks.material import gguf as embedded

TOKENS, ROUNDS = 48, 3
QUESTION = [{"role": "user", "content": "Say how a diesel generator is started."}]
EMBEDDING, MARKS = "token_embd.weight", 17  # the embedded model's marks are its first tokens
RANK = 16  # of the goal `facts`
# layers, width, width between, heads, heads of keys: the published config.json of each
SHAPES: Mapping[str, tuple[int, int, int, int, int]] = {
    "SmolLM2-135M": (30, 576, 1536, 9, 3),
    "SmolLM2-360M": (32, 960, 2560, 15, 5),
    "Llama-3.2-1B": (16, 2048, 8192, 32, 8),
    "SmolLM2-1.7B": (24, 2048, 8192, 32, 32),
}


def run(*, shape: str) -> Measured:
    """The base with an adapter on every linear weight."""
    return _written(shape, has_adapter=True)


def base(*, shape: str) -> Measured:
    """The base alone."""
    return _written(shape, has_adapter=False)


def _written(shape: str, *, has_adapter: bool) -> Measured:
    from core.models.engine.model import EngineModel
    from core.models.engine.supervisor import Supervisor

    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        model, adapter = _build(folder, SHAPES[shape])
        supervisor = Supervisor()
        try:
            asked = EngineModel(supervisor, model, adapter=adapter if has_adapter else None)
            paces = [_tokens_per_s(asked) for _ in range(1 + ROUNDS)][1:]
        finally:
            supervisor.stop()
    count = sum(rows * columns for rows, columns in _weights(SHAPES[shape]).values())
    detail = f"{count / 1e6:,.0f} million weights, best of {ROUNDS} answers of {TOKENS} tokens"
    return Measured(figures={"tokens_per_s": max(paces)}, detail=detail)


def _tokens_per_s(model: Any) -> float:
    stream = model.stream(QUESTION, max_tokens=TOKENS, temperature=0.0)
    while True:
        try:
            next(stream)
        except StopIteration as end:
            time.sleep(0.5)
            return float(end.value.tokens_per_second)


def _build(folder: Path, shape: tuple[int, int, int, int, int]) -> tuple[Path, Path]:
    """Write a llama of this shape in 4 bits and an adapter for it; the tokenizer is the embedded model's."""
    weights = _weights(shape)
    whole, model, adapter = (folder / f"{name}.gguf" for name in ("whole", "q4_k_m", "adapter"))
    draw = np.random.default_rng(0)
    writer = gguf.GGUFWriter(whole, "llama")
    _describe(writer, shape)
    for name, size in weights.items():
        numbers = draw.standard_normal(size, dtype=np.float32) * np.float32(0.02)
        if name == EMBEDDING:
            numbers[:MARKS] = 0  # what ends a turn is never the likeliest
        writer.add_tensor(name, numbers.astype(np.float16))
    for name in [f"blk.{layer}.{part}_norm.weight" for layer in range(shape[0]) for part in ("attn", "ffn")]:
        writer.add_tensor(name, np.ones(shape[1], np.float32))
    writer.add_tensor("output_norm.weight", np.ones(shape[1], np.float32))
    _close(writer)
    quantize(whole, model, "q4_k_m")
    whole.unlink()
    writer = gguf.GGUFWriter(adapter, "llama")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0 * RANK)
    for name, (rows, columns) in weights.items():
        if name.startswith("blk."):
            for side, size in (("a", (RANK, columns)), ("b", (rows, RANK))):
                numbers = draw.standard_normal(size, dtype=np.float32) * np.float32(0.001)
                writer.add_tensor(f"{name}.lora_{side}", numbers.astype(np.float16))
    _close(writer)
    return model, adapter


def _weights(shape: tuple[int, int, int, int, int]) -> dict[str, tuple[int, int]]:
    """Return the matrices of a llama, name by name: rows, columns."""
    layers, width, between, heads, key_heads = shape
    keys = width // heads * key_heads
    parts = {
        "attn_q": (width, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_output": (width, width),
        "ffn_gate": (between, width),
        "ffn_up": (between, width),
        "ffn_down": (width, between),
    }
    found = {EMBEDDING: (_token_count(), width)}
    for layer in range(layers):
        found |= {f"blk.{layer}.{part}.weight": size for part, size in parts.items()}
    return found


def _token_count() -> int:
    return len(gguf.GGUFReader(embedded()).get_field("tokenizer.ggml.tokens").data)


def _describe(writer: gguf.GGUFWriter, shape: tuple[int, int, int, int, int]) -> None:
    """Write what a file says of a llama: its shape, and the tokenizer of the embedded model."""
    layers, width, between, heads, key_heads = shape
    own = {
        "llama.block_count": layers,
        "llama.embedding_length": width,
        "llama.feed_forward_length": between,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": key_heads,
        "llama.rope.dimension_count": width // heads,
    }
    for key, field in gguf.GGUFReader(embedded()).fields.items():
        if not key.startswith("GGUF.") and key not in NOT_COPIED - {"tokenizer.chat_template"}:
            is_array = field.types[0] == gguf.GGUFValueType.ARRAY
            value = own.get(key, field.contents())
            writer.add_key_value(key, value, field.types[0], field.types[-1] if is_array else None)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _close(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
