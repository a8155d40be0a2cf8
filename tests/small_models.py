"""The smallest models that are whole: a llama of one layer, as a GGUF and as a folder of safetensors, without a library."""

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

WIDTH, LAYERS, TOKENS = 32, 2, 8
CONFIG = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": WIDTH,
    "intermediate_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "vocab_size": TOKENS,
    "max_position_embeddings": 64,
    "tie_word_embeddings": False,
}
SQUARE = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
SQUARE += ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
NORMS = ("input_layernorm", "post_attention_layernorm")
IN_GGUF = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
NORMS_IN_GGUF = ("attn_norm", "ffn_norm")

Shapes = dict[str, tuple[int, ...]]


def shapes() -> Shapes:
    """The weights of the folder."""
    layers: Shapes = {}
    for layer in range(LAYERS):
        layers |= {f"model.layers.{layer}.{name}.weight": (WIDTH, WIDTH) for name in SQUARE}
        layers |= {f"model.layers.{layer}.{name}.weight": (WIDTH,) for name in NORMS}
    ends = {"model.embed_tokens.weight": (TOKENS, WIDTH), "lm_head.weight": (TOKENS, WIDTH), "model.norm.weight": (WIDTH,)}
    return layers | ends


def shapes_in_gguf() -> Shapes:
    """The weights of the GGUF."""
    layers: Shapes = {}
    for layer in range(LAYERS):
        layers |= {f"blk.{layer}.{name}.weight": (WIDTH, WIDTH) for name in IN_GGUF}
        layers |= {f"blk.{layer}.{name}.weight": (WIDTH,) for name in NORMS_IN_GGUF}
    ends = {"token_embd.weight": (TOKENS, WIDTH), "output.weight": (TOKENS, WIDTH), "output_norm.weight": (WIDTH,)}
    return layers | ends


def write_safetensors(file: Path, weights: Mapping[str, tuple[int, ...]], *, fill: int = 0) -> None:
    """A file of numbers in fp32, all bytes the same."""
    header, at = {}, 0
    for name, shape in weights.items():
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    told = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(told)) + told + bytes([fill]) * at)


def write_folder(
    folder: Path, *, fill: int = 0, change: Callable[[Shapes], object] = lambda shapes: None, **config: Any
) -> Path:
    """The model as a folder; `change` may take weights away or add some, `config` changes its description."""
    from tokenizers import Tokenizer, models

    folder.mkdir(parents=True, exist_ok=True)
    weights = shapes()
    change(weights)
    write_safetensors(folder / "model.safetensors", weights, fill=fill)
    (folder / "config.json").write_text(json.dumps(CONFIG | config), encoding="utf-8")
    tokens = {token: index for index, token in enumerate(["<unk>", "<s>", "</s>", *"abcde"])}
    Tokenizer(models.BPE(tokens, [], unk_token="<unk>")).save(str(folder / "tokenizer.json"))
    named = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(named), encoding="utf-8")
    return folder


def write_gguf(
    path: Path, *, license: str = "", change: Callable[[Shapes], object] = lambda shapes: None, **said: Any
) -> Path:
    """The model as a GGUF; `change` as in `write_folder`, `said` adds metadata, with `__` for a dot."""
    writer = gguf.GGUFWriter(path, "llama")
    if license:
        writer.add_license(license)
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // 2)
    writer.add_vocab_size(TOKENS)
    writer.add_tokenizer_model("no_vocab")
    for key, value in said.items():
        add = writer.add_string if isinstance(value, str) else writer.add_uint16
        add(key.replace("__", "."), value)
    weights = shapes_in_gguf()
    change(weights)
    for name, shape in weights.items():
        writer.add_tensor(name, np.ones(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
