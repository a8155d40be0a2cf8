"""What a GGUF file says of itself, and how much conversation there is memory for."""

import struct
from pathlib import Path

import pytest

from core.models.engine.context import bytes_per_token, context_tokens, made_for_tokens, read_head
from tests.models.engine.standing import REAL_MODEL

LLAMA = {"context_length": 8192, "block_count": 32, "embedding_length": 4096, "attention.head_count": 32}


def _write(path: Path, told: dict[str, int | list[int]]) -> Path:
    def name(text: str) -> bytes:
        return struct.pack("<Q", len(text)) + text.encode()

    entries = [name("general.architecture") + struct.pack("<I", 8) + name("llama")]
    for key, value in told.items():
        if isinstance(value, list):
            packed = struct.pack("<IIQ", 9, 4, len(value)) + struct.pack(f"<{len(value)}I", *value)
        else:
            packed = struct.pack("<II", 4, value)
        entries.append(name(f"llama.{key}") + packed)
    entries.append(name("tokenizer.ggml.model") + struct.pack("<I", 8) + name("gpt2"))
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, len(entries)) + b"".join(entries))
    return path


def test_the_embedded_model_is_read_as_its_card_says():
    told = read_head(REAL_MODEL)
    # source: the model's config.json on its page: 8,192 positions, 30 layers, 3 key-value heads of 64
    assert told["llama.context_length"] == 8192
    assert bytes_per_token(told) == 2 * 30 * 3 * (64 + 64)


def test_a_conversation_is_as_long_as_the_model_was_made_for(tmp_path):
    assert context_tokens(_write(tmp_path / "a.gguf", LLAMA), free_bytes=64 << 30) == 8192
    assert context_tokens(_write(tmp_path / "b.gguf", LLAMA | {"context_length": 512}), free_bytes=64 << 30) == 512
    assert context_tokens(_write(tmp_path / "c.gguf", LLAMA | {"context_length": 131072}), free_bytes=1 << 40) == 131072
    assert context_tokens(_write(tmp_path / "d.gguf", LLAMA | {"context_length": 1000}), free_bytes=64 << 30) == 1024
    assert made_for_tokens(tmp_path / "d.gguf") == 1000


def test_memory_limits_a_conversation(tmp_path):
    path = _write(tmp_path / "a.gguf", LLAMA | {"context_length": 131072, "attention.head_count_kv": 8})
    # Llama 3.1 8B: 2 bytes x 32 layers x 8 heads x (128 + 128) = 128 KiB a token; a quarter of 8 GiB holds 16,384 of them
    assert context_tokens(path, free_bytes=8 << 30) == 16384
    assert context_tokens(path, free_bytes=1 << 20) == 512


def test_heads_that_differ_by_layer_count_as_the_most(tmp_path):
    path = _write(tmp_path / "a.gguf", LLAMA | {"attention.head_count_kv": [8, 4, 8]})
    assert bytes_per_token(read_head(path)) == 2 * 32 * 8 * 256


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\x00\x00\x00" + b"\xff" * 40, b"PK\x03\x04" + bytes(60)])
def test_a_file_that_is_none_is_thought_of_as_usual(tmp_path, content):
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    assert context_tokens(path, free_bytes=64 << 30) == 4096
