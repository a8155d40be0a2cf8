"""Putting the stand-in where the engine is looked for."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.models.engine.stand_in import SIGNS, letters

SOURCE = Path(__file__).with_name("stand_in.py")
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
REAL_MODEL = Path(sys.prefix) / "share/garrison/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"


def install_stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the stand-in the engine of this test and of what it starts; gives the file where it writes what it was asked."""
    programs = folder / "stand-in"
    programs.mkdir()
    server = programs / "llama-server"
    server.write_text(f'#!/bin/sh\nexec {sys.executable} {SOURCE} "$@"\n', encoding="utf-8")
    server.chmod(0o755)
    log = folder / "asked.jsonl"
    log.touch()
    monkeypatch.setenv("GARRISON_ENGINE", str(programs))
    monkeypatch.setenv("STAND_IN_LOG", str(log))
    return log


def write_model(path: Path) -> Path:
    """Write a GGUF whose tokens are the 256 bytes, and the marks of ChatML as 1001 and 1002: what the stand-in can read."""
    import gguf

    texts = [*(letter for _, letter in sorted(letters().items())), *(f"[{number}]" for number in range(256, 1003))]
    kinds = [*[gguf.TokenType.NORMAL] * 256, *[gguf.TokenType.UNUSED] * 747]
    texts[256] = 2 * letters()[0]
    for token, mark in zip((1001, 1002), SIGNS, strict=True):
        texts[token], kinds[token] = mark, gguf.TokenType.CONTROL
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_vocab_size(len(texts))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(texts)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{letters()[0]} {letters()[0]}"])  # one there must be: of two zero bytes
    writer.add_eos_token_id(1002)
    writer.add_chat_template(TEMPLATE)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def asked(log: Path) -> list[dict[str, Any]]:
    """What the stand-in was asked, oldest first."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
