"""What transformers makes of a GGUF file: its configuration, and which of its tensors it would read, from the header alone.

transformers reads vocabularies so slowly that it takes half a minute to say what a file is. It is shown a file here that has
the same header without the vocabulary, and holes in place of the weights, which takes a fraction of a second.
Import this module inside the functions that need it: it loads torch and transformers.
"""

import math
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch

from core.errors import InputError
from core.models.intake.accounts import Account, check
from core.models.intake.folder import READER
from core.models.intake.header import Header, Tensor, read_header
from core.models.torch_setup import prepare_libraries

EMBEDDINGS, POSITIONS = "token_embd.weight", "position_embd.weight"
ROPE_FACTORS = "rope_freqs.weight"  # how much slower each pair of dimensions turns (Llama 3.1 and later)
GEMMA_27B = {("gemma2", 46), ("gemma3", 62)}  # architecture and layers of the two that scale attention by another number
# Llama 3.1, section 3.4.3 ("low" and "high" as in Meta's code and all its configurations).
LOW, HIGH = 1.0, 4.0
OLD_CONTEXTS = tuple(2**power for power in range(5, 18))


def check_gguf_for_training(path: Path) -> None:
    """Compare the tensors of the GGUF at `path` with those that transformers would read.

    Raises:
        InputError: they differ, or transformers does not know this family.
    """
    header = read_header(path)
    config = config_of(path, header)
    check(account_of(header, config), path.name, reader=READER)


def config_of(path: Path, header: Header | None = None) -> Any:
    """Return transformers' configuration of the model in the GGUF at `path`, with the scaling of Llama 3.1's positions.

    Raises:
        InputError: transformers does not know this family, or the file is damaged.
    """
    from transformers import AutoConfig

    prepare_libraries()
    header = header or read_header(path)
    with tempfile.TemporaryDirectory(prefix="garrison-") as folder:
        _write_outline(path, header, Path(folder) / path.name)
        try:
            config = AutoConfig.from_pretrained(folder, gguf_file=path.name, local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError, ImportError) as error:
            raise InputError(
                f"The model {path.name!r} is of a family that transformers does not read as GGUF ({header.architecture}).",
                "Bring it as a folder with safetensors, or choose another model.",
            ) from error
    _complete(config, header)
    _scale_positions(path, header, config)
    return config


def _complete(config: Any, header: Header) -> None:
    """Set what transformers does not take from the file: it leaves the value of the family's first model."""
    shapes = {tensor.name: tensor.shape for tensor in header.tensors}
    if EMBEDDINGS in shapes:
        config.vocab_size = shapes[EMBEDDINGS][0]
    if width := header.of_family("attention.key_length"):
        config.head_dim = int(width)
    if hasattr(config, "query_pre_attn_scalar"):  # llama.cpp, src/models/gemma2.cpp and gemma3.cpp: not in the file
        is_27b = (header.architecture, config.num_hidden_layers) in GEMMA_27B
        heads = config.num_attention_heads
        config.query_pre_attn_scalar = config.hidden_size // heads if is_27b else config.head_dim
    if POSITIONS in shapes:  # learned for each position (GPT-2)
        config.max_position_embeddings = shapes[POSITIONS][0]


def account_of(header: Header, config: Any) -> Account:
    """Return what is wrong with a GGUF as transformers reads it, given the configuration that `config_of` made."""
    from transformers import AutoModelForCausalLM
    from transformers.integrations.gguf.utils import is_gguf_arch_supported

    if is_gguf_arch_supported(header.architecture):  # a newer way to read, which says itself what it lacks
        return Account()
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    expected: dict[str, int] = {name: weight.numel() for name, weight in model.state_dict().items()}
    with quick_names():
        read, unread = _places(header, config, model)
    if config.tie_word_embeddings:
        expected.pop("lm_head.weight", None)
    found: dict[str, int] = {}
    for tensor, name in read:
        found[name] = found.get(name, 0) + tensor.count
    if is_scaled(config):
        unread = [name for name in unread if name != ROPE_FACTORS]
    if header.of_family("rope.scaling.type", "none") != "none" and not is_scaled(config):
        unread.append(f"{header.architecture}.rope.scaling")
    return Account(
        missing=tuple(sorted(expected.keys() - found.keys())),
        misshapen=tuple(sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name])),
        unread=tuple(sorted(unread)),
    )


@contextmanager
def quick_names() -> Iterator[None]:
    """Have gguf's table of names made once instead of once for each part of a model, which took most of a loading's time."""
    made = gguf.get_tensor_name_map
    gguf.get_tensor_name_map = cache(made)
    try:
        yield
    finally:
        gguf.get_tensor_name_map = made


def is_scaled(config: Any) -> bool:
    """Return whether positions are scaled as in Llama 3.1."""
    return (getattr(config, "rope_parameters", None) or {}).get("rope_type") == "llama3"


def _places(header: Header, config: Any, model: Any) -> tuple[list[tuple[Tensor, str]], list[str]]:
    """Return each tensor with transformers' name of the weight that it goes to, and the names of those that go nowhere."""
    from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor, get_gguf_hf_weights_map

    processor = TENSOR_PROCESSORS.get(header.architecture, TensorProcessor)(config=config.to_dict())
    places: dict[str, str] = get_gguf_hf_weights_map(model, processor)
    read, unread = [], []
    for tensor in header.tensors:
        name = places.get(tensor.name) or places.get(tensor.name.removesuffix(".weight"))
        if name:
            read.append((tensor, name))
        else:
            unread.append(tensor.name)
    return read, unread


def _write_outline(path: Path, header: Header, target: Path) -> None:
    """Write the file's metadata without arrays of the vocabulary, its table of tensors, and a hole of the data's size."""
    kept = [entry for entry in header.entries if not (entry.is_array and entry.key.startswith("tokenizer."))]
    with path.open("rb") as source, target.open("wb") as outline:
        outline.write(struct.pack("<4sIQQ", b"GGUF", header.version, len(header.tensors), len(kept)))
        for start, end in [(entry.start, entry.end) for entry in kept] + [(header.table_start, header.table_end)]:
            source.seek(start)
            outline.write(source.read(end - start))
        outline.truncate(outline.tell() + header.size_bytes - header.table_end + header.alignment)


def _scale_positions(path: Path, header: Header, config: Any) -> None:
    """Set the scaling of positions to what gives the factors in the file: converters store these and not its parameters.

    Nothing is set where no parameters of Llama 3.1's kind give them; the tensor then counts as unread.
    """
    tensor = next((each for each in header.tensors if each.name == ROPE_FACTORS), None)
    if tensor is None or tensor.kind != gguf.GGMLQuantizationType.F32:
        return
    stored = np.fromfile(path, np.float32, tensor.count, offset=header.data_start + tensor.offset)
    parameters = dict(getattr(config, "rope_parameters", None) or {})
    base, factor = float(parameters.get("rope_theta", 10000.0)), float(stored.max())
    for context in OLD_CONTEXTS:
        if np.allclose(_factors(tensor.count, base, factor, context), stored, rtol=1e-4):
            config.rope_parameters = parameters | {
                "rope_type": "llama3",
                "rope_theta": base,
                "factor": factor,
                "low_freq_factor": LOW,
                "high_freq_factor": HIGH,
                "original_max_position_embeddings": context,
            }
            return


def _factors(pairs: int, base: float, factor: float, context: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how much slower each of `pairs` pairs of dimensions turns. Source: llama.cpp, convert_hf_to_gguf.py (Llama)."""
    waves = 2 * math.pi * base ** (np.arange(pairs) / pairs)  # wavelength in tokens
    smooth = np.clip((context / waves - LOW) / (HIGH - LOW), 0.0, 1.0)
    return 1 / ((1 - smooth) / factor + smooth)
