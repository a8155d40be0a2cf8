"""Chat: Garrison's stream beside the bare library on the same questions, for a GGUF model and for a run."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.frame import Measured
from tests.benchmarks.material import gguf, question_rows

FIRST_QUESTION = "What is a valve?"  # loads what is loaded at first use
QUESTION = "Explain step by step how a diesel generator is prepared, started, loaded and stopped, and why each step matters."
MAX_TOKENS = 128
CONTEXT_TOKENS = 4096


def garrison_gguf() -> Measured:
    """A GGUF model as the chat page asks it."""
    from core.chat.answerers import open_model

    return _asked(open_model(gguf(), "gguf"))


def garrison_run() -> Measured:
    """A run as the chat page asks it: base model and adapter in transformers, fp32."""
    from core.chat.answerers import open_run

    with tempfile.TemporaryDirectory() as folder:
        return _asked(open_run(gguf(), "gguf", folder=_run_folder(Path(folder))))


def bare_llama() -> Measured:
    """`llama_cpp.Llama.create_chat_completion`, streamed, with Garrison's number of threads."""
    import llama_cpp

    from core.models.cpu_budget import thread_count

    threads = thread_count()
    llama = llama_cpp.Llama(str(gguf()), n_ctx=CONTEXT_TOKENS, n_threads=threads, n_threads_batch=threads, verbose=False)

    def pieces(question: str) -> Iterator[str]:
        messages: Any = [{"role": "user", "content": question}]
        for chunk in llama.create_chat_completion(messages, max_tokens=MAX_TOKENS, temperature=0.0, stream=True):
            if text := chunk["choices"][0]["delta"].get("content"):
                yield text

    return _timed(pieces, lambda text: len(llama.tokenize(text.encode(), add_bos=False)))


def bare_transformers() -> Measured:
    """`generate` of peft's model with transformers' own streamer; the same model, adapter, template and precision."""
    from threading import Thread

    from transformers import TextIteratorStreamer

    from core.models.causal import load_adapter, load_causal

    with tempfile.TemporaryDirectory() as folder:
        causal = load_adapter(load_causal(gguf(), "gguf"), _run_folder(Path(folder)) / "adapter")

    def pieces(question: str) -> Iterator[str]:
        messages = [{"role": "user", "content": question}]
        inputs = causal.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        streamer = TextIteratorStreamer(causal.tokenizer, skip_prompt=True, skip_special_tokens=True)
        options = {**inputs, "max_new_tokens": MAX_TOKENS, "do_sample": False, "streamer": streamer}
        writer = Thread(target=causal.model.generate, kwargs=options)
        writer.start()
        yield from (text for text in streamer if text)
        writer.join()

    return _timed(pieces, lambda text: len(causal.tokenizer(text)["input_ids"]))


def _asked(model: Any) -> Measured:
    from core.chat import Message, answer

    answer(model, [Message("user", FIRST_QUESTION)], max_tokens=8)
    found = answer(model, [Message("user", QUESTION)], max_tokens=MAX_TOKENS)
    model.close()
    return _measured(found.first_token_s, found.tokens_per_second, found.token_count)


def _timed(pieces: Callable[[str], Iterator[str]], count: Callable[[str], int]) -> Measured:
    """Timed as `core.chat.answer` does it."""
    for _ in pieces(FIRST_QUESTION):
        pass
    started_s = time.perf_counter()
    found, first_s = [], 0.0
    for piece in pieces(QUESTION):
        first_s = first_s or time.perf_counter()
        found.append(piece)
    ended_s = time.perf_counter()
    tokens = count("".join(found))
    return _measured(first_s - started_s, (tokens - count(found[0])) / (ended_s - first_s), tokens)


def _measured(first_token_s: float, tokens_per_s: float, count: int) -> Measured:
    return Measured(figures={"first_token_s": first_token_s, "tokens_per_s": tokens_per_s}, detail=f"{count} tokens written")


def _run_folder(folder: Path) -> Path:
    """A run of a single step in a process of its own, so that training does not count in this one's memory."""
    import subprocess
    import sys

    program = (
        "import json, sys; from pathlib import Path\n"
        "from core.settings import TrainingSettings; from core.training import train\n"
        "path, folder, rows = sys.argv[1:]\n"
        "settings = TrainingSettings.from_values({'lora_rank': 8, 'lora_alpha': 16, 'max_steps': 1, 'batch_size': 1})\n"
        "train(Path(path), 'gguf', train_rows=json.loads(rows), settings=settings, folder=Path(folder))"
    )
    rows = json.dumps(question_rows()[:1])
    subprocess.run([sys.executable, "-c", program, str(gguf()), str(folder), rows], check=True)  # noqa: S603
    (folder / "run.json").write_text(json.dumps({"settings": {"precision": "fp32"}}), encoding="utf-8")
    return folder
