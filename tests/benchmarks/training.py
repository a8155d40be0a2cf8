"""Training: Garrison's run beside a plain PyTorch loop on the same rows, and beside what the machine can multiply."""

import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.frame import Measured
from tests.benchmarks.material import gguf, question_rows

BATCH = 8
MATRIX = 2048  # rows and columns of the matrices multiplied
PRODUCTS = 10
# SmolLM2-135M: all weights but the norms, each used in one product per token; the embedding is also the output layer.
PRODUCT_WEIGHTS = 134_479_872
# A token: 2 forward and 4 backward (Kaplan et al. 2020, section 2.1), less the 2 for gradients of weights, which are frozen.
FLOP_PER_WEIGHT = 4


def garrison(*, steps: int) -> Measured:
    """`core.training.train`, LoRA r = 8 on all linear layers, fp32; its own count of tokens and training time."""
    from core.training import train

    with tempfile.TemporaryDirectory() as folder:
        result = train(gguf(), "gguf", train_rows=question_rows(), settings=_settings(steps), folder=Path(folder))
    return _measured(result.metrics["tokens_per_s"], steps)


def plain_loop(*, steps: int) -> Measured:
    """What a tutorial writes: peft's LoRA, padded batches, all logits, AdamW; the same model, rows, batch and precision."""
    import torch
    from peft import LoraConfig, get_peft_model
    from torch.nn.utils.rnn import pad_sequence

    from core.models.causal import load_causal
    from core.models.conversation import encode_rows

    torch.manual_seed(0)
    causal, settings = load_causal(gguf(), "gguf"), _settings(steps)
    config = LoraConfig(
        r=settings.lora_rank, lora_alpha=settings.lora_alpha, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    model = get_peft_model(causal.model, config).train()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=settings.learning_rate)
    rows = encode_rows(causal.vocabulary, causal.template, question_rows())[: steps * BATCH]
    started_s = time.perf_counter()
    for batch in _batches(rows):
        ids = pad_sequence([torch.tensor(row.tokens) for row in batch], batch_first=True)
        answers = [torch.tensor([-100] * row.answer_start + list(row.tokens[row.answer_start :])) for row in batch]
        mask = pad_sequence([torch.ones(len(row.tokens), dtype=torch.long) for row in batch], batch_first=True)
        labels = pad_sequence(answers, batch_first=True, padding_value=-100)
        model(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    seconds = time.perf_counter() - started_s
    return _measured(sum(len(row.tokens) for row in rows) / seconds, steps)


def matrix_product() -> Measured:
    """The machine's fp32 product of two square matrices (2 n³ flop), the best of several, with Garrison's threads."""
    import torch

    from core.models.torch_setup import prepare_libraries

    prepare_libraries()
    torch.manual_seed(0)
    left, right = torch.rand(MATRIX, MATRIX), torch.rand(MATRIX, MATRIX)
    taken = []
    for _ in range(PRODUCTS):
        started_s = time.perf_counter()
        torch.mm(left, right)
        taken.append(time.perf_counter() - started_s)
    return Measured(
        figures={"gflop_per_s": 2 * MATRIX**3 / min(taken) / 1e9},
        detail=f"n = {MATRIX}, best of {PRODUCTS}, {torch.get_num_threads()} threads",
    )


def _settings(steps: int) -> Any:
    from core.settings import TrainingSettings

    changes = {"max_steps": steps, "batch_size": BATCH, "checkpoint_steps": 1000}
    return TrainingSettings.from_values({"goal": "quick", "epochs": 5, "lora_rank": 8, "lora_alpha": 16, **changes})


def _batches(rows: list[Any]) -> list[list[Any]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def _measured(tokens_per_s: float, steps: int) -> Measured:
    flop_per_s = FLOP_PER_WEIGHT * PRODUCT_WEIGHTS * tokens_per_s
    return Measured(
        figures={"tokens_per_s": tokens_per_s, "gflop_per_s": flop_per_s / 1e9}, detail=f"{steps} steps of {BATCH} rows"
    )
