"""Training: Garrison's run beside Hugging Face's Trainer and a plain PyTorch loop on the same rows, and beside what the
machine can multiply.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
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


def garrison(*, steps: int, precision: str = "fp32") -> Measured:
    """`core.training.train`, LoRA r = 8 on all linear layers; its own count of tokens and training time."""
    from core.training import train

    spent: list[float] = []  # processor time of this process after each step

    def clock(_: Any) -> None:
        spent.append(time.process_time())

    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(steps, precision)
        told = train(
            gguf(), "gguf", train_rows=question_rows(), settings=settings, folder=Path(folder), report=clock
        ).metrics
    in_step = told["tokens_per_s"] * told["seconds_per_step"]
    return _measured(told["tokens_per_s"], steps, by_processor=in_step * (steps - 1) / (spent[-1] - spent[0]))


def trainer(*, steps: int, precision: str = "fp32") -> Measured:
    """Hugging Face's Trainer with peft and its collator that pads: the same model, rows, batch, rank and precision."""
    from transformers import DataCollatorForSeq2Seq

    from core.models.causal import load_causal
    from core.models.conversation import encode_rows

    settings = _settings(steps, precision)
    causal = load_causal(gguf(), "gguf", precision=settings.precision)
    rows = encode_rows(causal.vocabulary, causal.template, question_rows())
    collate = DataCollatorForSeq2Seq(causal.tokenizer)
    wall, by_processor = trainer_speed(causal.model, rows, collate, settings, use_cpu=True)
    return _measured(wall, steps, by_processor=by_processor)


def trainer_speed(
    model: Any, rows: Sequence[Any], collate: Callable[[Any], Any], settings: Any, **arguments: Any
) -> tuple[float, float]:
    """Return how many tokens the Trainer trains in a second, and in a second of processor time without the first step.

    Padding is not counted.

    Args:
        model: the base model, which gets an adapter on all linear layers.
        rows: tokenized question pairs.
        collate: makes a batch of rows as the Trainer takes them.
        settings: training settings.
        arguments: more of TrainingArguments.
    """
    from peft import LoraConfig, get_peft_model
    from transformers import Trainer, TrainerCallback, TrainingArguments

    data = [
        {
            "input_ids": list(row.tokens),
            "labels": [-100] * row.answer_start + list(row.tokens[row.answer_start :]),
            "attention_mask": [1] * len(row.tokens),
        }
        for row in rows
    ]
    seen: list[int] = []
    times: list[tuple[float, float]] = []  # at the beginning of each step and at the end: on the clock, of the processor

    def collated(batch: list[Any]) -> Any:
        seen.append(sum(len(row["input_ids"]) for row in batch))
        return collate(batch)

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            times.append((time.perf_counter(), time.process_time()))

        def on_train_end(self, *_: Any, **__: Any) -> None:
            times.append((time.perf_counter(), time.process_time()))

    config = LoraConfig(
        r=settings.lora_rank, lora_alpha=settings.lora_alpha, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    with tempfile.TemporaryDirectory() as folder:
        told = TrainingArguments(
            output_dir=folder, max_steps=settings.max_steps, per_device_train_batch_size=settings.batch_size,
            learning_rate=settings.learning_rate, save_strategy="no", logging_strategy="no", report_to="none",
            disable_tqdm=True, remove_unused_columns=False, **arguments,
        )  # fmt: skip
        adapted = get_peft_model(model, config)
        Trainer(model=adapted, args=told, train_dataset=data, data_collator=collated, callbacks=[Clock()]).train()
    counts, end = seen[: settings.max_steps], times[-1]
    return sum(counts) / (end[0] - times[0][0]), sum(counts[1:]) / (end[1] - times[1][1])


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


def _settings(steps: int, precision: str = "fp32") -> Any:
    from core.settings import TrainingSettings

    changes = {
        "max_steps": steps, "batch_size": BATCH, "checkpoint_steps": 1000, "precision": precision, "sample_questions": 0
    }  # fmt: skip
    return TrainingSettings.from_values({"goal": "quick", "epochs": 5, "lora_rank": 8, "lora_alpha": 16, **changes})


def _batches(rows: list[Any]) -> list[list[Any]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def _measured(tokens_per_s: float, steps: int, *, by_processor: float | None = None) -> Measured:
    import torch

    gflop_per_s = FLOP_PER_WEIGHT * PRODUCT_WEIGHTS * tokens_per_s / 1e9
    told = {"tokens_per_processor_s": by_processor} if by_processor else {}
    return Measured(
        figures={"tokens_per_s": tokens_per_s, "gflop_per_s": gflop_per_s, **told},
        detail=f"{steps} steps of {BATCH} rows, {torch.get_num_threads()} threads",
    )
