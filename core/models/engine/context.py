"""How long a conversation a model can hold: what it was made for, as far as memory goes; read from the file's head."""

import struct
from pathlib import Path
from typing import Any, BinaryIO

import psutil

MEMORY_SHARE = 0.25  # of the memory that is free, for conversations
LEAST_TOKENS = 512
SHORT_TOKENS = 8192  # that several conversations have at least, where each may be only short
STEP = 256  # llama.cpp keeps memory for a multiple of it
UNKNOWN_TOKENS = 4096  # for a file whose head does not say
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


def context_tokens(path: Path, *, conversations: int = 1, free_bytes: int | None = None) -> int:
    """Return how many tokens of conversation to keep memory for, those of all conversations together.

    One of them may be as long as the model was made for; several share that, where they are short enough.

    Args:
        path: a GGUF file.
        conversations: held side by side.
        free_bytes: memory that may be thought of; None for what is free now.
    """
    told = read_head(path)
    made_for = _made_for(told) or UNKNOWN_TOKENS
    free_bytes = psutil.virtual_memory().available if free_bytes is None else free_bytes
    fits = int(free_bytes * MEMORY_SHARE) // max(1, bytes_per_token(told)) // STEP * STEP
    wanted = -(-max(made_for, min(made_for * conversations, SHORT_TOKENS)) // STEP) * STEP
    return max(min(wanted, fits, 1 << 20), min(made_for, LEAST_TOKENS))


def made_for_tokens(path: Path) -> int:
    """Return how long a conversation the model was made for; 0 where its file does not say."""
    return _made_for(read_head(path))


def _made_for(told: dict[str, Any]) -> int:
    return _number(told.get(f"{told.get('general.architecture', '')}.context_length"))


def bytes_per_token(told: dict[str, Any]) -> int:
    """Return what the keys and values of a token take in memory, in 16 bits, at most."""
    kind = str(told.get("general.architecture", ""))
    layers, heads = _number(told.get(f"{kind}.block_count")), _number(told.get(f"{kind}.attention.head_count")) or 1
    width = _number(told.get(f"{kind}.embedding_length")) // heads
    key_width = _number(told.get(f"{kind}.attention.key_length")) or width
    value_width = _number(told.get(f"{kind}.attention.value_length")) or width
    return 2 * layers * (_number(told.get(f"{kind}.attention.head_count_kv")) or heads) * (key_width + value_width)


def read_head(path: Path) -> dict[str, Any]:
    """Return what a GGUF file says of itself up to its vocabulary; {} where it is none.

    Source: ggml, `docs/gguf.md`. The vocabulary follows the rest and is long: it is not read.
    """
    found: dict[str, Any] = {}
    try:
        with path.open("rb") as file:
            magic, version, _, count = struct.unpack("<4sIQQ", file.read(24))
            if magic != b"GGUF" or version < 2:
                return {}
            for _ in range(count):
                name = _string(file)
                if name.startswith("tokenizer."):
                    break
                found[name] = _value(file, _one(file, "I"))
    except (OSError, struct.error, UnicodeDecodeError, KeyError, MemoryError, OverflowError):
        return found
    return found


def _number(value: Any) -> int:
    """Return a number of the head; for one that differs by layer, the largest."""
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
