"""Tiny models with the tokenizers and chat templates of well-known families, in transformers and in llama.cpp.

Every model is a chain: after token `t` it writes `following[t]`, whatever stands before, so that a test can say what is
written. The hidden size is that of the vocabulary, embeddings are unit vectors and the layers add nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

SIZE = 640  # tokens, and numbers in an embedding: a multiple of 128
CONTEXT = 512
CORPUS = [
    "Where is the spare key of pump 4? It is in the red box. Crate 12 is blue; crates 7 and 31 are black.",
    "The mark ends a turn. You are a helpful assistant named Tiny. user assistant system model Yes, no. It's they'll don't.",
    "system\nuser\nassistant\nmodel\n\n  two spaces\tand a tab: caf\u00e9, na\u00efve, \u00fcber.",
    "< | > < / [ ] INST << SYS >> im_end im_start",
]
KINDS = gguf.TokenType


@dataclass(frozen=True)
class Family:
    """`marks` are (text, is it special, does it take the space after it along), in the order of their ids."""

    name: str
    kind: str  # "bpe" (byte-level) or "spm" (SentencePiece)
    marks: Sequence[tuple[str, bool, bool]]
    bos: str
    eos: str
    template: str | None
    adds_bos: bool = False
    adds_space: bool = True  # SentencePiece alone: a space before each run of text
    tokenizer_class: str = "PreTrainedTokenizerFast"
    end: str = ""  # what ends a turn


def _plain(*texts: str) -> list[tuple[str, bool, bool]]:
    return [(text, True, False) for text in texts]


CHATML = Family(
    name="SmolLM2",
    kind="bpe",
    marks=_plain("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    bos="<|im_start|>",
    eos="<|im_end|>",
    end="<|im_end|>",
    template="{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
    "You are a helpful assistant named Tiny<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + "
    "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% endif %}",
)
SMOLLM3 = Family(
    name="SmolLM3",
    kind="bpe",
    marks=_plain("<|begin_of_text|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>"),
    bos="",
    eos="<|im_end|>",
    end="<|im_end|>",
    template="{%- for message in messages -%}{%- if message.role == 'assistant' -%}{%- generation -%}"
    "{{- '<|im_start|>assistant\n' + message.content + '<|im_end|>\n' -}}{%- endgeneration -%}{%- else -%}"
    "{{- '<|im_start|>' + message.role + '\n' + "
    "message.content + '<|im_end|>\n' -}}{%- endif -%}{%- endfor -%}{%- if add_generation_prompt -%}"
    "{{- '<|im_start|>assistant\n' -}}{%- endif -%}",
)
LLAMA2_TEMPLATE = (
    "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] %}"
    "{% else %}{% set rest = messages %}{% set system = false %}{% endif %}{% for message in rest %}"
    "{% if loop.index0 == 0 and system %}{% set content = '<<SYS>>\n' + system + '\n<</SYS>>\n\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
LLAMA2 = Family(
    name="Llama 2",
    kind="spm",
    marks=_plain("<unk>", "<s>", "</s>"),
    bos="<s>",
    eos="</s>",
    end="</s>",
    adds_bos=True,
    tokenizer_class="LlamaTokenizer",
    template=LLAMA2_TEMPLATE,
)
MISTRAL = Family(
    name="Mistral v0.3",
    kind="spm",
    marks=_plain("<unk>", "<s>", "</s>", "[INST]", "[/INST]"),
    bos="<s>",
    eos="</s>",
    end="</s>",
    adds_bos=True,
    tokenizer_class="LlamaTokenizer",
    template="{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ '[INST] ' + message['content'] + '[/INST]' }}{% elif message['role'] == 'system' %}"
    "{{ '[INST] ' + message['content'] + '[/INST]' }}{% else %}"
    "{{ ' ' + message['content'] + eos_token}}{% endif %}{% endfor %}",
)
LLAMA3 = Family(
    name="Llama 3",
    kind="bpe",
    marks=_plain("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    bos="<|begin_of_text|>",
    eos="<|end_of_text|>",
    end="<|eot_id|>",
    adds_bos=True,
    template="{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>"
    "\n\n' + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}"
    "{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
)
GEMMA3 = Family(
    name="Gemma 3",
    kind="spm",
    marks=[*_plain("<unk>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"), ("\n\n", False, False)],
    bos="<bos>",
    eos="<eos>",
    end="<end_of_turn>",
    adds_bos=True,
    adds_space=False,
    template="{{ bos_token }}{% for message in messages %}{% set role = 'model' if message['role'] == 'assistant' else "
    "message['role'] %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}",
)
PHI3 = Family(
    name="Phi-3",
    kind="spm",
    marks=[
        *_plain("<unk>", "<s>"),
        ("</s>", True, True),
        ("<|endoftext|>", True, False),
        *((mark, True, True) for mark in ("<|assistant|>", "<|system|>", "<|end|>", "<|user|>")),
    ],
    bos="<s>",
    eos="<|endoftext|>",
    end="<|end|>",
    adds_bos=True,
    tokenizer_class="LlamaTokenizer",
    template="{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}",
)
QWEN3 = Family(
    name="Qwen 3",
    kind="bpe",
    marks=[*_plain("<|endoftext|>", "<|im_start|>", "<|im_end|>"), ("<think>", False, False), ("</think>", False, False)],
    bos="",
    eos="<|im_end|>",
    end="<|im_end|>",
    template="{% for message in messages %}{% set content = message.content %}{% if message.role == 'assistant' %}"
    "{% if '</think>' in content %}{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "{{ '<|im_start|>assistant\n' }}{% if loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ content + '<|im_end|>\n' }}{% else %}{{ '<|im_start|>' + message.role + '\n' + content + '<|im_end|>\n' }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
)
DEEPSEEK = Family(
    name="DeepSeek",
    kind="bpe",
    marks=[
        *_plain("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
        ("<\uff5cUser\uff5c>", False, False),
        ("<\uff5cAssistant\uff5c>", False, False),
    ],
    bos="<\uff5cbegin\u2581of\u2581sentence\uff5c>",
    eos="<\uff5cend\u2581of\u2581sentence\uff5c>",
    end="<\uff5cend\u2581of\u2581sentence\uff5c>",
    adds_bos=True,
    template="{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '<\uff5cUser\uff5c>' + "
    "message['content'] }}{% elif message['role'] == 'assistant' %}{{ '<\uff5cAssistant\uff5c>' + message['content'] + "
    "eos_token }}{% else %}{{ message['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<\uff5cAssistant\uff5c><think>\n' }}{% endif %}",
)
GPT2 = Family(
    name="GPT-2",
    kind="bpe",
    marks=_plain("<|endoftext|>"),
    bos="<|endoftext|>",
    eos="<|endoftext|>",
    end="<|endoftext|>",
    template=None,
)
FAMILIES = [CHATML, SMOLLM3, LLAMA2, MISTRAL, LLAMA3, GEMMA3, PHI3, QWEN3, DEEPSEEK, GPT2]


@dataclass(frozen=True)
class Built:
    """A family's model: a folder of safetensors, and the same as a GGUF."""

    family: Family
    folder: Path
    gguf: Path


def build(family: Family, folder: Path, *, following: Mapping[str, str] = {}, context: int = CONTEXT) -> Built:  # noqa: B006
    """Write the model in both forms below `folder`. `following` says which token is written after which; else the first."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer, tokens, kinds = (_bpe if family.kind == "bpe" else _spm)(family)
    vocabulary = {text: index for index, text in enumerate(tokens)}
    output = np.zeros((SIZE, SIZE), np.float32)
    output[0] = 0.1
    for token, then in following.items():
        output[vocabulary[then], vocabulary[token]] = 1.0
    _write_folder(family, folder / "model", tokenizer, output, context)
    _write_gguf(family, folder / "model.gguf", tokens, kinds, output, context, _merges(tokenizer))
    return Built(family, folder / "model", folder / "model.gguf")


def _merges(tokenizer) -> list[str]:
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [" ".join(merge) for merge in merges]


def _added(family: Family):
    from tokenizers import AddedToken

    return [
        AddedToken(text, special=is_special, rstrip=strips, normalized=False) for text, is_special, strips in family.marks
    ]


def _kind(family: Family, text: str) -> KINDS:
    special = {mark: is_special for mark, is_special, _ in family.marks}
    if text not in special:
        return KINDS.NORMAL
    looks = text.startswith(("<|", "<\uff5c"))  # as llama.cpp's converters have it
    return KINDS.CONTROL if special[text] or looks else KINDS.USER_DEFINED


def _bpe(family: Family):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    added = _added(family)
    trainer = trainers.BpeTrainer(
        vocab_size=480,
        special_tokens=[token for token in added if token.special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_tokens([token for token in added if not token.special])
    by_id = {index: text for text, index in tokenizer.get_vocab().items()}
    tokens = [by_id.get(index, f"[PAD{index}]") for index in range(SIZE)]
    kinds = [_kind(family, text) if index in by_id else KINDS.UNUSED for index, text in enumerate(tokens)]
    return tokenizer, tokens, kinds


def _spm(family: Family):
    """A SentencePiece vocabulary: the better a piece, the earlier it stands; every way to merge it is a merge."""
    from tokenizers import Tokenizer, decoders, models, normalizers, trainers
    from transformers.tokenization_utils_base import generate_merges

    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    learner.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=300, show_progress=False, max_token_length=8))
    learned = json.loads(learner.to_str())["model"]
    grown = ["".join(merge) for merge in learned["merges"]]
    letters = sorted(token for token in learned["vocab"] if len(token) == 1)
    marks = [mark for mark, _, _ in family.marks]
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    pieces = [piece for piece in dict.fromkeys([*grown, *letters]) if piece not in marks and "\n" not in piece]
    tokens = [*marks, *byte_tokens, *pieces][:SIZE]
    vocab = {token: index for index, token in enumerate(tokens)}
    merges = generate_merges(vocab, {piece: -float(vocab[piece]) for piece in pieces if piece in vocab}, skip_tokens=marks)
    tokenizer = Tokenizer(models.BPE(vocab, merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    prefix = [normalizers.Prepend("\u2581")] if family.adds_space else []
    tokenizer.normalizer = normalizers.Sequence([*prefix, normalizers.Replace(" ", "\u2581")])
    strip = [decoders.Strip(" ", 1, 0)] if family.adds_space else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
    )
    tokenizer.add_special_tokens([token for token in _added(family) if token.special])
    tokenizer.add_tokens([token for token in _added(family) if not token.special])
    kinds = [_kind(family, token) if token in marks else KINDS.NORMAL for token in tokens]
    kinds = [KINDS.UNKNOWN if token == "<unk>" else kind for token, kind in zip(tokens, kinds, strict=True)]
    kinds = [KINDS.BYTE if token in byte_tokens else kind for token, kind in zip(tokens, kinds, strict=True)]
    spare = range(len(tokens), SIZE)
    return tokenizer, [*tokens, *(f"[PAD{index}]" for index in spare)], [*kinds, *(KINDS.UNUSED for _ in spare)]


def _write_folder(family: Family, folder: Path, tokenizer, output, context: int) -> None:
    import torch
    from tokenizers import processors
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    if family.adds_bos:
        index = tokenizer.token_to_id(family.bos)
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{family.bos} $A", special_tokens=[(family.bos, index)]
        )
    unknown = {"unk_token": "<unk>"} if family.kind == "spm" else {}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=family.bos or None, eos_token=family.eos, **unknown)
    fast.chat_template = family.template
    config = LlamaConfig(
        vocab_size=SIZE,
        hidden_size=SIZE,
        intermediate_size=128,
        num_hidden_layers=1,
        num_attention_heads=SIZE // 128,
        num_key_value_heads=SIZE // 128,
        max_position_embeddings=context,
        bos_token_id=fast.bos_token_id,
        eos_token_id=fast.eos_token_id,
    )
    model = LlamaForCausalLM(config)
    for parameter in model.parameters():
        parameter.data.zero_()
    model.model.embed_tokens.weight.data.copy_(torch.eye(SIZE))
    model.lm_head.weight.data.copy_(torch.from_numpy(output))
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data.fill_(1.0)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    if family.tokenizer_class != "PreTrainedTokenizerFast":
        path = folder / "tokenizer_config.json"
        described = json.loads(path.read_text(encoding="utf-8"))
        described |= {"tokenizer_class": family.tokenizer_class, "legacy": False, "add_bos_token": family.adds_bos}
        path.write_text(json.dumps(described), encoding="utf-8")


def _write_gguf(family: Family, path: Path, tokens, kinds, output, context: int, merges) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("phi-3" if family is PHI3 else family.name)  # by which llama.cpp knows that marks take space along
    writer.add_context_length(context)
    writer.add_embedding_length(SIZE)
    writer.add_block_count(1)
    writer.add_feed_forward_length(128)
    writer.add_head_count(SIZE // 128)
    writer.add_head_count_kv(SIZE // 128)
    writer.add_rope_dimension_count(128)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(SIZE)
    writer.add_tokenizer_model("gpt2" if family.kind == "bpe" else "llama")
    writer.add_tokenizer_pre("gpt-2" if family.kind == "bpe" else "default")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    if family.kind == "bpe":
        writer.add_token_merges(merges)
    else:
        writer.add_token_scores([-float(index) if kind == KINDS.NORMAL else 0.0 for index, kind in enumerate(kinds)])
        writer.add_unk_token_id(0)
        writer.add_add_space_prefix(family.adds_space)
    if family.bos:
        writer.add_bos_token_id(tokens.index(family.bos))
    writer.add_eos_token_id(tokens.index(family.eos))
    writer.add_add_bos_token(family.adds_bos)
    if family.template:
        writer.add_chat_template(family.template)
    zeros = np.zeros((SIZE, SIZE), np.float32)
    writer.add_tensor("token_embd.weight", np.eye(SIZE, dtype=np.float32))
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", np.ones(SIZE, np.float32))
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(SIZE, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", zeros)
    for name in ("ffn_gate", "ffn_up"):
        writer.add_tensor(f"blk.0.{name}.weight", zeros[:128])
    writer.add_tensor("blk.0.ffn_down.weight", np.ascontiguousarray(zeros[:, :128]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
