"""How like each other two GGUF models are: what they hold likely at each place of given answers.

The measure is llama.cpp's own for quantizations (`tools/perplexity`, `--kl-divergence`): the mean over all places of the
Kullback-Leibler divergence of the second model from the first, in nats, and how often both hold the same token likeliest.
Import this module inside the functions that need it: it loads llama.cpp.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import llama_cpp.llama_cpp as C
import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError, SetupError
from core.models.conversation import Encoded
from core.models.cpu_budget import thread_count
from core.models.llama import Weights

POSITIONS = 300  # places that are compared: 4 bytes for each and each token of the vocabulary
Likelihoods = NDArray[np.float32]  # (positions, vocabulary): natural logarithms of probabilities


@dataclass(frozen=True, slots=True)
class Likeness:
    """The mean divergence in nats, and the share of places with the same likeliest token, over so many places."""

    divergence: float
    agreement: float
    positions: int


def compared(one: Likelihoods, other: Likelihoods) -> Likeness:
    """Compare what two models hold likely at the same places, both of shape (positions, vocabulary)."""
    divergence = (np.exp(one) * (one - other)).sum(axis=1, dtype=np.float64).mean()
    agreement = (one.argmax(axis=1) == other.argmax(axis=1)).mean()
    return Likeness(max(0.0, float(divergence)), float(agreement), len(one))


def likelihoods(path: Path, rows: Sequence[Encoded], *, adapter: Path | None = None) -> Likelihoods:
    """Return what a model holds likely at the places of the answers, `POSITIONS` at most.

    Args:
        path: a GGUF file.
        rows: questions with their answers as tokens, at least one.
        adapter: a LoRA adapter as GGUF to apply to the model.

    Raises:
        SetupError: a file cannot be loaded, or there is not enough memory.
        ModelError: llama.cpp failed.
    """
    weights = Weights(path)
    try:
        params = C.llama_context_default_params()
        params.n_ctx = params.n_batch = params.n_ubatch = max(len(row.tokens) for row in rows) + 1
        params.n_threads = params.n_threads_batch = thread_count()
        context = C.llama_init_from_model(weights.model, params)
        if not context:
            raise SetupError(f"There is not enough memory to run {path.name}.", "Close other programs.")
        try:
            if adapter:
                _apply(weights, context, adapter)
            return _read(weights, context, rows)
        finally:
            C.llama_free(context)
    finally:
        weights.close()


def _read(weights: Weights, context: C.llama_context_p, rows: Sequence[Encoded]) -> Likelihoods:
    size = C.llama_vocab_n_tokens(weights.vocabulary.vocab)
    batch = C.llama_batch_init(max(len(row.tokens) for row in rows), 0, 1)
    found: list[Likelihoods] = []
    try:
        for row in rows:
            asked = range(row.answer_start - 1, len(row.tokens) - 1)[: POSITIONS - len(found)]
            for at, token in enumerate(row.tokens[: asked.stop]):
                batch.token[at], batch.pos[at], batch.logits[at] = token, at, at in asked
                batch.n_seq_id[at], batch.seq_id[at][0] = 1, 0
            batch.n_tokens = asked.stop
            C.llama_memory_clear(C.llama_get_memory(context), True)
            if C.llama_decode(context, batch) != 0:
                raise ModelError("The model stopped reading.", "Export in another quantization.")
            found += [_logarithms(np.ctypeslib.as_array(C.llama_get_logits_ith(context, at), (size,))) for at in asked]
            if len(found) >= POSITIONS:
                break
    finally:
        C.llama_batch_free(batch)
    return np.stack(found)


def _logarithms(logits: NDArray[np.float32]) -> Likelihoods:
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum(dtype=np.float64)), np.float32)


def _apply(weights: Weights, context: C.llama_context_p, adapter: Path) -> None:
    """Apply an adapter to the model; it is freed together with the model."""
    handle = C.llama_adapter_lora_init(weights.model, str(adapter).encode()) if adapter.is_file() else None
    if not handle:
        raise SetupError(f"The adapter {adapter.name} cannot be loaded.", "Delete it: it is made again from the run.")
    C.llama_set_adapters_lora(context, (C.llama_adapter_lora_p_ctypes * 1)(handle), 1, (ctypes.c_float * 1)(1.0))
