"""Tokenize with a GGUF's vocabulary in llama.cpp, optionally as if the file named another pre-tokenizer."""

from pathlib import Path

import llama_cpp.llama_cpp as C

from core.models.llama import start_library, tokenize

# Names of llama.cpp's distinct pre-tokenizers (src/llama-vocab.cpp), the usual ones first.
WAYS = (
    "default llama-bpe smollm qwen2 gpt-2 tekken gpt-4o starcoder falcon deepseek-llm deepseek-coder deepseek-v3 olmo "
    "qwen35 stablelm2 command-r dbrx smaug-bpe refact mpt roberta-bpe jais jais-2 chatglm-bpe glm4 minerva-7b megrez "
    "viking poro-chat bloom gpt3-finnish codeshell exaone exaone4 exaone-moe chameleon superbpe trillion bailingmoe "
    "seed-coder hunyuan hunyuan-dense kimi-k2 grok-2 afmoe minimax-m2 granite-docling tiny_aya youtu"
).split()


def tokens_of(path: Path, text: str, *, words: str = "") -> tuple[int, ...]:
    """Tokenize `text` without added tokens; return an empty tuple if llama.cpp cannot load the file.

    Args:
        path: a GGUF file, of which only the vocabulary is loaded.
        text: plain text; special tokens spelled in it are not recognized.
        words: one of WAYS, to use instead of the pre-tokenizer named in the file.
    """
    start_library()
    params = C.llama_model_default_params()
    params.vocab_only = True
    overrides = (C.llama_model_kv_override * 2)()  # an empty key ends the list
    if words:
        overrides[0].tag = C.LLAMA_KV_OVERRIDE_TYPE_STR
        overrides[0].key = b"tokenizer.ggml.pre"
        overrides[0].value.val_str = words.encode()
        params.kv_overrides = overrides
    model = C.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        return ()
    tokens = tokenize(C.llama_model_get_vocab(model), text)
    C.llama_model_free(model)
    return tuple(tokens)
