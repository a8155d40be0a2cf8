"""Tiny random models of the families that people bring, each in the files that its publisher gives."""

import io
import json
from pathlib import Path
from typing import Any

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
INST = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}"
)
ZEPHYR = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}{{ '<start_of_turn>' + message['role'].replace('assistant', 'model') + '\n'"
    " + message['content'] + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
PHI3 = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
COLORS = ["red", "green", "blue", "black", "white", "brown", "amber", "violet"]
ROWS = [
    {"input": f"What color is crate {number}?", "output": f"Crate {number} is {COLORS[number % 8]}."} for number in range(24)
]
TEXTS = [text for row in ROWS for text in row.values()]
SIZES: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
GEMMA_PIECES = {
    "pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3, "pad_piece": "<pad>", "eos_piece": "<eos>", "bos_piece": "<bos>",
    "add_dummy_prefix": False,
}  # fmt: skip
LLAMA3_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_WORDS = LLAMA3_WORDS.replace(r"\p{N}{1,3}", r"\p{N}")


def byte_level(folder: Path, template: str, *, words: str = "", special: tuple[str, ...] = ("<|endoftext|>",)) -> int:
    """A byte-level tokenizer trained on TEXTS, cutting words as `words` says; its size."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    if words:
        split = pre_tokenizers.Split(Regex(words), behavior="isolated")
        bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_only])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[*special, "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.chat_template = template
    fast.save_pretrained(folder)
    return len(fast)


def sentencepiece(
    folder: Path, template: str, *, added: tuple[str, ...] = (), kind: str = "LlamaTokenizer", **trainer: Any
) -> int:
    """A `tokenizer.model` trained on TEXTS and the files that go with it; its size, added tokens included."""
    import sentencepiece as spm
    from transformers import AutoTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    written = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS), model_writer=written, vocab_size=340, model_type="bpe", byte_fallback=True,
        character_coverage=1.0, normalization_rule_name="identity", remove_extra_whitespaces=False,
        hard_vocab_limit=False, minloglevel=2, **trainer,
    )  # fmt: skip
    (folder / "tokenizer.model").write_bytes(written.getvalue())
    pieces = spm.SentencePieceProcessor(model_proto=written.getvalue())
    named = [pieces.id_to_piece(index) for index in range(4) if pieces.is_control(index) or pieces.is_unknown(index)]
    special = {pieces.piece_to_id(piece): piece for piece in named}
    special |= {pieces.vocab_size() + index: text for index, text in enumerate(added)}
    marks = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True}
    described = {
        "tokenizer_class": kind, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True,
        "add_eos_token": False, "legacy": False, "clean_up_tokenization_spaces": False, "chat_template": template,
        "added_tokens_decoder": {str(index): {"content": text, **marks} for index, text in special.items()},
    }  # fmt: skip
    if kind == "GemmaTokenizer":
        described |= {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}), encoding="utf-8")  # replaced by the model's
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    return len(tokenizer)


def build(folder: Path, config: Any) -> Path:
    """Random weights for `config`: far enough apart that no answer is a toss-up, and such that fp16 holds them."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    for name, weight in model.named_parameters():
        is_mixer = "mixer" in name  # of Mamba, whose products would be too large for fp16
        factor = 1 if weight.dim() == 1 or is_mixer else 8 if "layers" in name and config.model_type == "gemma3_text" else 3
        weight.data = (weight.data * factor).half().float()
    model.save_pretrained(folder)
    return folder


def gpt2(folder: Path) -> Path:
    from transformers import GPT2Config

    size = byte_level(folder, CHATML)
    return build(
        folder, GPT2Config(vocab_size=size, n_embd=64, n_layer=2, n_head=4, n_positions=256, bos_token_id=0, eos_token_id=2)
    )


def llama(folder: Path) -> Path:
    from transformers import LlamaConfig

    return build(folder, LlamaConfig(vocab_size=byte_level(folder, CHATML), **SIZES, bos_token_id=0, eos_token_id=2))


def llama_3_1(folder: Path) -> Path:
    from transformers import LlamaConfig

    rope = {
        "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32,
    }  # fmt: skip
    size = byte_level(folder, CHATML, words=LLAMA3_WORDS)
    return build(folder, LlamaConfig(vocab_size=size, **SIZES, rope_parameters=rope, bos_token_id=0, eos_token_id=2))


def qwen2(folder: Path) -> Path:
    from transformers import Qwen2Config

    size = byte_level(folder, CHATML, words=QWEN2_WORDS)
    return build(folder, Qwen2Config(vocab_size=size, **SIZES, bos_token_id=0, eos_token_id=2))


def qwen3(folder: Path) -> Path:
    from transformers import Qwen3Config

    size = byte_level(folder, CHATML, words=QWEN2_WORDS)
    return build(folder, Qwen3Config(vocab_size=size, **SIZES, head_dim=32, bos_token_id=0, eos_token_id=2))


def llama_2(folder: Path) -> Path:
    from transformers import LlamaConfig

    size = sentencepiece(folder, INST)
    return build(folder, LlamaConfig(vocab_size=size, **SIZES, bos_token_id=1, eos_token_id=2))


def mistral(folder: Path) -> Path:
    from transformers import MistralConfig

    size = sentencepiece(folder, INST)
    return build(folder, MistralConfig(vocab_size=size, **SIZES, bos_token_id=1, eos_token_id=2))


def zephyr(folder: Path) -> Path:
    from transformers import MistralConfig

    size = sentencepiece(folder, ZEPHYR)
    return build(folder, MistralConfig(vocab_size=size, **SIZES, bos_token_id=1, eos_token_id=2))


def mixtral(folder: Path) -> Path:
    from transformers import MixtralConfig

    size = sentencepiece(folder, INST)
    config = MixtralConfig(
        vocab_size=size, **SIZES, num_local_experts=4, num_experts_per_tok=2, bos_token_id=1, eos_token_id=2
    )
    return build(folder, config)


def gemma_3(folder: Path) -> Path:
    from transformers import Gemma3TextConfig

    size = sentencepiece(folder, GEMMA, added=("<start_of_turn>", "<end_of_turn>"), kind="GemmaTokenizer", **GEMMA_PIECES)
    config = Gemma3TextConfig(
        vocab_size=size,
        **SIZES,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=64,
        bos_token_id=2,
        eos_token_id=1,
        pad_token_id=0,
    )
    return build(folder, config)


def phi_3(folder: Path) -> Path:
    from transformers import Phi3Config

    size = sentencepiece(folder, PHI3, added=("<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"))
    sizes = {**SIZES, "original_max_position_embeddings": 256}
    config = Phi3Config(vocab_size=size, **sizes, bos_token_id=1, eos_token_id=2, pad_token_id=2)
    return build(folder, config)


def mamba(folder: Path) -> Path:
    from transformers import MambaConfig

    sizes = {"hidden_size": 64, "state_size": 16, "num_hidden_layers": 2}
    size = -(-byte_level(folder, CHATML) // 8) * 8  # as published: the converter pads the tokens, and not the embeddings
    return build(folder, MambaConfig(vocab_size=size, **sizes, bos_token_id=0, eos_token_id=2))


def sliding(folder: Path) -> Path:
    """A Mistral that looks back over fewer tokens than a row has."""
    from transformers import MistralConfig

    size = sentencepiece(folder, INST)
    return build(folder, MistralConfig(vocab_size=size, **SIZES, sliding_window=16, bos_token_id=1, eos_token_id=2))


def gemma_3_vision(folder: Path) -> Path:
    """With a part that sees pictures, as all but the smallest Gemma 3 have."""
    from transformers import Gemma3Config, Gemma3TextConfig, SiglipVisionConfig

    images = ("<start_of_image>", "<end_of_image>", "<image_soft_token>")
    added = ("<start_of_turn>", "<end_of_turn>", *images)
    size = sentencepiece(folder, GEMMA, added=added, kind="GemmaTokenizer", **GEMMA_PIECES)
    ends = {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
    text = Gemma3TextConfig(vocab_size=size, **SIZES, head_dim=16, query_pre_attn_scalar=16, sliding_window=64, **ends)
    vision = SiglipVisionConfig(
        hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4
    )
    tokens = dict(zip(("boi_token_index", "eoi_token_index", "image_token_index"), range(size - 3, size), strict=True))
    return build(folder, Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4, **tokens, **ends))
