"""A run in llama.cpp, adapter beside the base, against the same run in transformers: do they write the same tokens?"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from tests.benchmarks.frame import Measured
from tests.benchmarks.material import gguf, paragraphs, question_rows

PROMPTS = 100
TOKENS = 32
BATCH = 20  # answers of the run at a time in transformers
CONTEXT_TOKENS = 1024


def adapter() -> Measured:
    """Count the prompts of 100 that a run answers with the same first 32 tokens, on a base in fp16 and as it came."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train_run(folder)
        return _agreement(folder, folder / "adapter")


def base() -> Measured:
    """Count the same for the base alone: what llama.cpp and transformers differ in by themselves."""
    with tempfile.TemporaryDirectory() as name:
        return _agreement(Path(name), None)


def _agreement(folder: Path, adapter: Path | None) -> Measured:
    from core.models.causal import load_adapter, load_causal, unpack_gguf
    from core.models.conversation import prompt_tokens
    from core.models.conversion.adapter import adapter_gguf
    from core.models.conversion.model import base_gguf

    causal = load_causal(gguf(), "gguf", cache=folder / "cache")
    prompts = [
        prompt_tokens(causal.vocabulary, causal.template, [{"role": "user", "content": question}])
        for question in _questions()
    ]
    tuned = load_adapter(causal, adapter) if adapter else causal
    expected = _in_transformers(tuned, prompts)
    beside = adapter_gguf(adapter, gguf(), folder) if adapter else None
    whole = base_gguf(unpack_gguf(gguf(), folder / "cache"), folder / "cache")
    same = {
        figure: sum(a == b for a, b in zip(expected, _in_llama(path, beside, prompts), strict=True))
        for figure, path in (("f16", whole), ("as_it_came", gguf()))
    }
    count = sum(map(len, expected))
    return Measured(figures={key: float(value) for key, value in same.items()}, detail=f"{count} tokens written")


def _questions() -> list[str]:
    """The questions of the sample documents, then its paragraphs to be put in other words."""
    asked = [row["input"] for row in question_rows()]
    asked += [f"Say in one sentence: {text}" for text in paragraphs() if 40 < len(text) < 600]
    return asked[:PROMPTS]


def _in_transformers(causal: object, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """The likeliest tokens of each prompt, up to the one that ends the turn."""
    from typing import Any, cast

    import torch
    from transformers import GenerationConfig

    model: Any = cast(Any, causal).model
    end, padding = cast(Any, causal).tokenizer.eos_token_id, cast(Any, causal).tokenizer.pad_token_id
    config = GenerationConfig(max_new_tokens=TOKENS, do_sample=False, eos_token_id=end, pad_token_id=padding)
    answers: dict[int, list[int]] = {}
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        width = max(len(prompts[index]) for index in chosen)
        missing = [width - len(prompts[index]) for index in chosen]
        ids = torch.tensor([[padding] * gap + [*prompts[index]] for gap, index in zip(missing, chosen, strict=True)])
        mask = torch.tensor([[0] * gap + [1] * (width - gap) for gap in missing])
        with torch.inference_mode():
            output = model.generate(input_ids=ids, attention_mask=mask, generation_config=config)
        for index, row in zip(chosen, output[:, width:].tolist(), strict=True):
            answers[index] = row[: row.index(end)] if end in row else row
    return [answers[index] for index in range(len(prompts))]


def _in_llama(path: Path, adapter: Path | None, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    import llama_cpp

    from core.models.cpu_budget import thread_count

    threads = thread_count()
    model = llama_cpp.Llama(
        str(path),
        n_ctx=CONTEXT_TOKENS,
        n_threads=threads,
        n_threads_batch=threads,
        verbose=False,
        lora_path=str(adapter) if adapter else None,
    )
    answers = []
    for prompt in prompts:
        written = list(islice(model.generate(list(prompt), temp=0.0, repeat_penalty=1.0), TOKENS))
        end = model.token_eos()
        answers.append(written[: written.index(end)] if end in written else written)
    model.close()
    return answers


def train_run(folder: Path) -> None:
    """A run of eight steps in a process of its own, so that training does not count in this one's memory."""
    program = (
        "import json, sys; from pathlib import Path\n"
        "from core.settings import TrainingSettings; from core.training import train\n"
        "path, folder, rows = sys.argv[1:]\n"
        "settings = TrainingSettings(lora_rank=8, lora_alpha=16, max_steps=8, batch_size=4, learning_rate=3e-3)\n"
        "train(Path(path), 'gguf', train_rows=json.loads(rows), settings=settings, folder=Path(folder),\n"
        "      cache=Path(folder) / 'cache')"
    )
    rows = json.dumps(question_rows()[:32])
    subprocess.run([sys.executable, "-c", program, str(gguf()), str(folder), rows], check=True)  # noqa: S603
