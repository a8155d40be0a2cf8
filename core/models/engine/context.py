"""How long a conversation a model can hold: its context length, as far as memory allows, from the GGUF header."""

import struct
from pathlib import Path
from typing import Any, BinaryIO

import psutil

MEMORY_SHARE = 0.25  # of free memory, for conversations
LEAST_TOKENS = 512
SHORT_TOKENS = 8192  # shared by several conversations if the model's context is shorter than this
STEP = 256  # llama.cpp allocates memory in multiples of this
UNKNOWN_TOKENS = 4096  # assumed if the header does not say
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


def context_tokens(path: Path, *, conversations: int = 1, free_bytes: int | None = None) -> int:
    """Return how many tokens to allocate memory for, summed over all parallel conversations.

    A single conversation may use the model's full context length; several have to share the total.

    Args:
        path: a GGUF file.
        conversations: held in parallel.
        free_bytes: memory to plan with; None for what is free now.
    """
    told = read_head(path)
    made_for = _made_for(told) or UNKNOWN_TOKENS
    free_bytes = psutil.virtual_memory().available if free_bytes is None else free_bytes
    fits = int(free_bytes * MEMORY_SHARE) // max(1, bytes_per_token(told)) // STEP * STEP
    wanted = -(-max(made_for, min(made_for * conversations, SHORT_TOKENS)) // STEP) * STEP
    return max(min(wanted, fits, 1 << 20), min(made_for, LEAST_TOKENS))


def made_for_tokens(path: Path) -> int:
    """Return the context length the model was trained for, in tokens; 0 if the file does not say."""
    return _made_for(read_head(path))


def _made_for(told: dict[str, Any]) -> int:
    return _number(told.get(f"{told.get('general.architecture', '')}.context_length"))


def bytes_per_token(told: dict[str, Any]) -> int:
    """Return an upper bound of the bytes that the keys and values of one token take in 16-bit precision."""
    kind = str(told.get("general.architecture", ""))
    layers, heads = _number(told.get(f"{kind}.block_count")), _number(told.get(f"{kind}.attention.head_count")) or 1
    width = _number(told.get(f"{kind}.embedding_length")) // heads
    key_width = _number(told.get(f"{kind}.attention.key_length")) or width
    value_width = _number(told.get(f"{kind}.attention.value_length")) or width
    return 2 * layers * (_number(told.get(f"{kind}.attention.head_count_kv")) or heads) * (key_width + value_width)


def read_head(path: Path) -> dict[str, Any]:
    """Return the metadata of a GGUF file up to its vocabulary; {} if it is not a GGUF file.

    Source: ggml, `docs/gguf.md`. The vocabulary comes after the other metadata and is long, so it is not read.
    """
    head: dict[str, Any] = {}
    try:
        with path.open("rb") as file:
            magic, version, _, count = struct.unpack("<4sIQQ", file.read(24))
            if magic != b"GGUF" or version < 2:
                return {}
            for _ in range(count):
                name = _string(file)
                if name.startswith("tokenizer."):
                    break
                head[name] = _value(file, _one(file, "I"))
    except (OSError, struct.error, UnicodeDecodeError, KeyError, MemoryError, OverflowError):
        return head
    return head


def _number(value: Any) -> int:
    """Return a metadata value as an integer: the largest of a per-layer list, 0 for anything unusable."""
    if isinstance(value, list):
        return max((_number(part) for part in value), default=0)
    return int(value) if isinstance(value, int | float) and 0 <= value < 1 << 40 else 0


def _one(file: BinaryIO, form: str) -> Any:
    return struct.unpack(f"<{form}", file.read(struct.calcsize(form)))[0]


def _string(file: BinaryIO) -> str:
    size = _one(file, "Q")
    if size > 1 << 24:
        raise OverflowError(size)
    return file.read(size).decode("utf-8")


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        return _string(file)
    if kind == ARRAY:
        inner, size = _one(file, "I"), _one(file, "Q")
        if size > 1 << 20:
            raise OverflowError(size)
        return [_value(file, inner) for _ in range(size)]
    return _one(file, NUMBERS[kind])
