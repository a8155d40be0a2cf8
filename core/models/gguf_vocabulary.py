"""A tokenizer of transformers in a GGUF: byte-level BPE, checked by reading the same text with both.

How llama.cpp cuts a text into words before merging is a name in the file (`tokenizer.ggml.pre`) that no safetensors folder
states. The names are tried until one gives the tokens that transformers gives for a difficult text.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf

from core.errors import InputError, SetupError
from core.models.causal import CausalModel

WAYS = (
    "default",
    "llama-bpe",
    "smollm",
    "qwen2",
    "gpt-2",
    "tekken",
    "gpt-4o",
    "starcoder",
    "falcon",
    "deepseek-llm",
    "olmo",
)
PROBE = (
    "Hello world! It's 12345 o'clock, they'LL say 3.14159 or 1,000,000;  two  spaces\n\n\tand tabs \n done. "
    "caf\u00e9 na\u00efve \u00dcber \u4f60\u597d\u4e16\u754c \u043f\u0440\u0438\u0432\u0435\u0442 \U0001f600\u200d "
    "def f(x):\n    return x**2 # 'quoted' \"text\" http://a.b/c?d=e&f=007 ___ ... !!! ABCdefGHI 9x9 \u00bd"
)


def describe_tokenizer(causal: CausalModel) -> Callable[[gguf.GGUFWriter], None]:
    """A function that writes the tokenizer and chat template of `causal` into a GGUF.

    Raises:
        InputError: llama.cpp would cut text into other tokens.
    """
    tokenizer: dict[str, Any] = json.loads(causal.tokenizer.backend_tokenizer.to_str())
    expected = causal.tokenizer(PROBE, add_special_tokens=False)["input_ids"]
    if tokenizer["model"]["type"] == "BPE" and not tokenizer["model"].get("byte_fallback"):
        for way in WAYS:
            describe = _describe(causal, tokenizer, way)
            if _tokens_of(describe) == expected:
                return describe
    raise InputError(
        "llama.cpp would read text in other tokens than this model's tokenizer.",
        "Export as merged, and convert that folder with llama.cpp's convert_hf_to_gguf.py.",
    )


def _describe(causal: CausalModel, tokenizer: dict[str, Any], way: str) -> Callable[[gguf.GGUFWriter], None]:
    special = causal.tokenizer
    added = {token["id"]: token for token in tokenizer["added_tokens"]}
    texts = {index: text for text, index in tokenizer["model"]["vocab"].items()}
    texts |= {index: token["content"] for index, token in added.items()}
    size = max(causal.model.config.vocab_size, max(texts) + 1)
    kinds = {True: gguf.TokenType.CONTROL, False: gguf.TokenType.USER_DEFINED}
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]

    def kind(index: int) -> gguf.TokenType:
        if index not in texts:
            return gguf.TokenType.UNUSED
        return kinds[added[index]["special"]] if index in added else gguf.TokenType.NORMAL

    def describe(writer: gguf.GGUFWriter) -> None:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(way)
        writer.add_token_list([texts.get(index, f"[PAD{index}]") for index in range(size)])
        writer.add_token_types([kind(index) for index in range(size)])
        writer.add_token_merges(merges)
        if special.bos_token_id is not None:
            writer.add_bos_token_id(special.bos_token_id)
        if special.eos_token_id is not None:
            writer.add_eos_token_id(special.eos_token_id)
        if special.pad_token_id is not None:
            writer.add_pad_token_id(special.pad_token_id)
        writer.add_add_bos_token(special("")["input_ids"][:1] == [special.bos_token_id] != [None])
        writer.add_chat_template(causal.template)

    return describe


def _tokens_of(describe: Callable[[gguf.GGUFWriter], None]) -> list[int]:
    """The tokens of PROBE as llama.cpp reads them with this description; none where it refuses it."""
    from core.models.llama import Weights

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocabulary.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        describe(writer)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        try:
            weights = Weights(path, vocab_only=True)
        except SetupError:
            return []
        tokens = weights.tokenize(PROBE, is_beginning=False)
        weights.close()
    return tokens
