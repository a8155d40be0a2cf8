"""How alike two texts are in meaning, by their embeddings."""

from collections.abc import Callable, Sequence

import numpy as np


def meanings(
    answers: Sequence[str], references: Sequence[str], embed: Callable[[Sequence[str]], list[bytes]]
) -> list[float]:
    """Return the cosine of the embeddings of each answer and its reference, -1 to 1; 0.0 for an empty answer.

    The network (all-MiniLM-L6-v2) reads the first 128 tokens of a text, and unrelated sentences lie around 0.1; opposite
    ones can lie near 1, so that this tells what an answer is about rather than whether it is right.

    Args:
        answers: N texts.
        references: N texts to compare with.
        embed: as `core.models.embedder.Embedder.embed`: D signed bytes for each text.
    """
    texts = [text.strip() or "." for text in (*answers, *references)]  # the network cannot read an empty text
    found = np.array([np.frombuffer(each, dtype=np.int8) for each in embed(texts)], dtype=np.float32)  # (2N, D)
    first, second = found[: len(answers)], found[len(answers) :]
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines = (first * second).sum(axis=1) / np.maximum(lengths, 1e-9)
    return [float(cosine) if answer.strip() else 0.0 for answer, cosine in zip(answers, cosines, strict=True)]
