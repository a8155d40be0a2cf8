"""A llama of 2 layers and 64 dimensions with a tokenizer of its own, and the embedded model unpacked once."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.offline import set_offline_variables
from core.settings import TrainingSettings
from tests.learned import learned  # noqa: F401 - a fixture

set_offline_variables()

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
EMBEDDED = Path(sys.prefix) / "share/garrison/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
COLORS = ["red", "green", "blue", "black", "white", "brown", "amber", "violet"]
ROWS = [
    {"input": f"What color is crate {number}?", "output": f"Crate {number} is {COLORS[number % 8]}."} for number in range(24)
]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny products are faster on one thread, and equal from run to run."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)


def build_tiny_model(folder: Path, *, template: str | None = CHATML) -> Path:
    """Write a tiny random llama with a byte-level tokenizer trained on the rows."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text for row in ROWS for text in row.values()], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    fast.chat_template = template
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny llama with ChatML."""
    return build_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def build_tiny() -> Callable[..., Path]:
    """Builds further ones: `build_tiny(folder, template=None)`."""
    return build_tiny_model


@pytest.fixture(scope="session")
def cache(unpacked: Path) -> Path:
    """Where the embedded model is unpacked, once for all tests."""
    return unpacked


@pytest.fixture(scope="session")
def embedded() -> Path:
    """The embedded GGUF."""
    return EMBEDDED


@pytest.fixture
def rows() -> list[dict[str, str]]:
    """24 question pairs."""
    return ROWS


@pytest.fixture
def settings() -> Callable[..., TrainingSettings]:
    """Settings of a run that takes a second: `settings(max_steps=4)`."""

    def build(**changes: object) -> TrainingSettings:
        small = {
            "batch_size": 8,
            "lora_rank": 4,
            "lora_alpha": 8,
            "learning_rate": 1e-2,
            "checkpoint_steps": 2,
            "max_tokens": 96,
            "sample_questions": 0,
        }
        return TrainingSettings.from_values({**small, **changes})

    return build
