"""The embeddings that are nearest to that of a question, by comparing it with each of them."""

from collections.abc import Iterable

from core.models.embedder import SCALE


def nearest(question: bytes, blocks: Iterable[tuple[int, bytes]], *, limit: int) -> list[tuple[int, float]]:
    """Return the nearest items with their cosines, best first; of equals, the one with the smaller number.

    Args:
        question: the embedding of the question, D signed bytes.
        blocks: embeddings joined, N x D signed bytes, each with the number of its first item; one block is held at a time.
        limit: how many to return.
    """
    import numpy as np

    sought = np.frombuffer(question, dtype=np.int8).astype(np.float32) / SCALE**2
    best: list[tuple[int, float]] = []
    for first, vectors in blocks:
        cosines = np.frombuffer(vectors, dtype=np.int8).reshape(-1, len(sought)).astype(np.float32) @ sought  # (N,)
        chosen = np.argsort(-cosines, kind="stable")[:limit]
        best += [(first + int(place), float(cosines[place])) for place in chosen]
        best = sorted(best, key=lambda each: (-each[1], each[0]))[:limit]
    return best
