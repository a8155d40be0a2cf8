"""`python -m tests.benchmarks.dividing`: the memory of two processes that train, each with the whole model or a part of it.

A random llama that is stored in bf16, as models are, and takes 380 MB in fp32 is trained for two steps. Told is the most
that each process held at once: its own memory (USS), and with it what others hold, too, or the file has again (RSS).
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from core.settings import TrainingSettings
from tests.training.conftest import ROWS, build_tiny_model

SIZES = {"hidden_size": 1024, "intermediate_size": 2816, "num_hidden_layers": 8, "head_dim": 256}


def build(folder: Path) -> Path:
    """Write the model, with the tokenizer of the tests' tiny one."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig.from_pretrained(build_tiny_model(folder), **SIZES)
    torch.manual_seed(0)
    LlamaForCausalLM(config).bfloat16().save_pretrained(folder)
    return folder


def watch(most: dict[int, list[int]], is_over: threading.Event) -> None:
    """Note the most that this process and its children hold, every twentieth of a second."""
    while not is_over.is_set():
        for process in (psutil.Process(), *psutil.Process().children()):
            try:
                told = process.memory_full_info()
            except psutil.Error:
                continue
            most[process.pid] = [max(each) for each in zip(most.get(process.pid, [0, 0]), (told.uss, told.rss), strict=True)]
        time.sleep(0.05)


def measure(model: Path, weights: str) -> None:
    """Train in this process and another one, and print what each held at most."""
    from core.training import train

    with tempfile.TemporaryDirectory() as name:
        values = {"processes": 2, "weights": weights, "max_steps": 2, "batch_size": 4, "lora_rank": 8, "sample_questions": 0}
        most: dict[int, list[int]] = {}
        is_over = threading.Event()
        watcher = threading.Thread(target=watch, args=(most, is_over))
        watcher.start()
        try:
            result = train(
                model, "safetensors", train_rows=ROWS, settings=TrainingSettings(**values), folder=Path(name) / "run"
            )
        finally:
            is_over.set()
            watcher.join()
    told = [{"own_mb": own // 10**6, "all_mb": held // 10**6} for own, held in most.values()]
    print(
        json.dumps(
            {
                "weights": weights,
                "held_mb": result.metrics["held_weight_bytes"] // 10**6,
                "loss": result.metrics["loss"],
                "processes": told,
            }
        )
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]), sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as folder:
            built = str(build(Path(folder) / "model"))
            for each in ("whole", "divided"):
                subprocess.run([sys.executable, "-m", "tests.benchmarks.dividing", built, each], check=True)  # noqa: S603
