"""`python -m tests.benchmarks.gpu_training [--shape tiny] [--steps N]`: training on a GPU, beside Hugging Face's Trainer.

A model of Mistral 7B's shape with random weights, which needs no download: LoRA on weights in bf16, and QLoRA (NF4), each
by Garrison and by the Trainer, on the same rows of up to 2,048 tokens, each in a process of its own. The shape `tiny` runs
anywhere and shows that everything works; its figures mean nothing.
"""

import argparse
import sys
from typing import Any

from tests.benchmarks.frame import Case, Measured, measure

SHAPES: dict[str, dict[str, int]] = {
    "7b": {
        "vocab_size": 32_000, "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 4096,
    },
    "tiny": {
        "vocab_size": 500, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 256,
    },
}  # fmt: skip
LONGEST = {"7b": 2048, "tiny": 64}  # tokens of a row
SHARED_TOKENS = 16  # that all rows begin with
ROWS, BATCH, RANK = 64, 4, 16
PRECISIONS = ("bf16", "4bit")


def garrison(*, precision: str, shape: str, steps: int) -> Measured:
    """Garrison's own loop, with settings as it would have them."""
    from core.training.loop import Trainer

    causal, settings = _causal(precision, shape), _settings(precision, steps)
    trainer = Trainer(causal, _rows(shape), validation=[], settings=settings)
    for _ in range(steps):
        trainer.take_step()
    return _measured(trainer.metrics()["tokens_per_s"])


def trainer(*, precision: str, shape: str, steps: int) -> Measured:
    """Hugging Face's Trainer with peft and padding, prepared for quantized weights as peft's guide says."""
    import torch
    from peft import prepare_model_for_kbit_training

    from tests.benchmarks.training import trainer_speed

    causal, is_gpu = _causal(precision, shape), torch.cuda.is_available()
    model = prepare_model_for_kbit_training(causal.model) if precision == "4bit" else causal.model
    speed, _ = trainer_speed(
        model, _rows(shape), _padded, _settings(precision, steps), use_cpu=not is_gpu, bf16=is_gpu,
        gradient_checkpointing=precision == "4bit",
    )  # fmt: skip
    return _measured(speed)


def _settings(precision: str, steps: int) -> Any:
    from core.settings import TrainingSettings

    return TrainingSettings.from_values(
        {"precision": precision, "max_steps": steps, "batch_size": BATCH, "lora_rank": RANK, "lora_alpha": 2 * RANK}
    )


def _causal(precision: Any, shape: str) -> Any:
    """Return a Mistral with random weights, in this precision, on the GPU if there is one."""
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    from core.models.causal import CausalModel
    from core.models.precision import compute_in_fp32, load_options
    from core.models.row_attention import attend_by_rows
    from core.models.torch_setup import prepare_libraries

    prepare_libraries()
    attend_by_rows()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    config = MistralConfig(**SHAPES[shape], sliding_window=None, dtype=torch.bfloat16)
    with torch.device(device):
        model = MistralForCausalLM(config).to(torch.bfloat16)
    if precision == "4bit":
        weights = {name: weight.cpu() for name, weight in model.state_dict().items()}
        del model
        model = MistralForCausalLM.from_pretrained(
            None, config=config, state_dict=weights, **load_options(precision, device)
        )
    if device == "cpu":
        compute_in_fp32(model, precision)
    model.requires_grad_(False)
    return CausalModel(model=model, tokenizer=None, vocabulary=None, template="", precision=precision, device=device)


def _rows(shape: str) -> list[Any]:
    """Return made rows of an eighth of the longest length up to it, half of each an answer, always the same."""
    import random

    from core.models.conversation import Encoded

    made, rows = random.Random(0), []  # noqa: S311 - made rows, not secrets
    for _ in range(ROWS):
        length = made.randint(max(LONGEST[shape] // 8, SHARED_TOKENS + 2), LONGEST[shape])
        own = [made.randrange(3, SHAPES[shape]["vocab_size"]) for _ in range(length - SHARED_TOKENS)]
        rows.append(Encoded((1, *([2] * (SHARED_TOKENS - 1)), *own), max(length // 2, SHARED_TOKENS + 1)))
    return rows


def _padded(batch: list[dict[str, list[int]]]) -> dict[str, Any]:
    import torch
    from torch.nn.utils.rnn import pad_sequence

    filling = {"input_ids": 0, "labels": -100, "attention_mask": 0}
    return {
        name: pad_sequence([torch.tensor(row[name]) for row in batch], batch_first=True, padding_value=value)
        for name, value in filling.items()
    }


def _measured(tokens_per_s: float) -> Measured:
    import torch

    memory = {"gpu_gb": torch.cuda.max_memory_allocated() / 1e9} if torch.cuda.is_available() else {}
    return Measured(figures={"tokens_per_s": tokens_per_s, **memory})


def main(arguments: list[str] | None = None) -> int:
    """Print a table in Markdown; 1 if there is no GPU for the large shape."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.gpu_training", description="Measure training on a GPU."
    )
    parser.add_argument("--shape", choices=sorted(SHAPES), default="7b")
    parser.add_argument("--steps", type=int, default=10, help=f"of {BATCH} rows (default: 10)")
    asked = parser.parse_args(arguments)
    import torch

    if asked.shape != "tiny" and not torch.cuda.is_available():
        print("There is no GPU here. `--shape tiny` shows that everything works.", file=sys.stderr)
        return 1
    print("| weights | by | tokens/s | GPU memory, GB |\n|---|---|---|---|")
    for precision in PRECISIONS:
        for name in ("garrison", "trainer"):
            options = {"precision": precision, "shape": asked.shape, "steps": asked.steps}
            figures = measure(Case(name, f"tests.benchmarks.gpu_training:{name}", options)).figures
            print(f"| {precision} | {name} | {figures['tokens_per_s']:,.0f} | {figures.get('gpu_gb', 0):.1f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
