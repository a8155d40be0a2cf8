"""How unlike the questions that people ask are to those a model was trained on.

A question's *fit* is the cosine of its embedding with that of the nearest trained question. It counts as new if it fits less
than 95 in 100 trained questions fit the others: distance to the nearest neighbor with a threshold from the training data
(Sun, Ming, Zhu and Li, Out-of-Distribution Detection with Deep Nearest Neighbors, ICML 2022, section 3). Each trained
question is left out of its own comparison, as in conformal anomaly detection (Laxhammar and Falkman, FUSION 2011), and so
are those that ask for the same fact in other words: they were made alike, and nobody who asks has read them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from core.models.embedder import DIMENSIONS

Item = TypeVar("Item")
UNLIKE_SHARE = 0.05  # of the trained questions, how many lie below the threshold
LEAST_TRAINED = 20  # questions; fewer give no 5th percentile
MOST_TRAINED = 20_000  # questions compared with, evenly drawn: 8 MB
MOST_LEFT_OUT = 2_000  # of these, how many are left out in turn, evenly drawn
LEAST_WORDS = 4  # a shorter question ("And then?") leans on what was said before it
AT_ONCE = 256  # questions compared together: 20 MB with `MOST_TRAINED`


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionDrift:
    """How many of the questions that were asked are unlike those trained on.

    `threshold` is the fit below which they are; None if too few questions were trained on to tell. `waiting` questions were
    not compared yet.
    """

    asked: int
    unlike: int
    waiting: int
    threshold: float | None


def stands_alone(question: str) -> bool:
    """Return whether a question has words enough to be compared without those before it."""
    return len(question.split()) >= LEAST_WORDS


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most `most` items, spread evenly over all of them."""
    if len(items) <= most:
        return list(items)
    return [items[place * len(items) // most] for place in range(most)]


def fits(asked: Sequence[bytes], trained: bytes) -> list[float]:
    """Return how well each question fits, -1 to 1.

    Args:
        asked: embeddings of N questions, `DIMENSIONS` signed bytes each.
        trained: embeddings of M trained questions, joined; M at least 1.
    """
    known = _vectors(trained)  # (M, D)
    found = [_vectors(b"".join(asked[start : start + AT_ONCE])) @ known.T for start in range(0, len(asked), AT_ONCE)]
    return [float(best) for block in found for best in block.max(axis=1)]


def threshold_of(trained: bytes, facts: Sequence[str]) -> float | None:
    """Return the fit that 95 in 100 trained questions reach among those of other facts; None if there are too few.

    Args:
        trained: embeddings of M questions, joined.
        facts: what each of them asks for, M names; those of one name are left out together.
    """
    best = [fit for fit in _left_out(_vectors(trained), facts) if fit > -1.0]
    return float(np.quantile(best, UNLIKE_SHARE)) if len(best) >= LEAST_TRAINED else None


def _left_out(known: np.ndarray, facts: Sequence[str]) -> Iterator[float]:
    """Yield the best cosine of trained questions with those of other facts; -1 where all ask for the same."""
    numbers = np.unique(np.array(facts, dtype=object).astype(str), return_inverse=True)[1]  # (M,)
    chosen = evenly(range(len(known)), MOST_LEFT_OUT)
    for start in range(0, len(chosen), AT_ONCE):
        rows = np.array(chosen[start : start + AT_ONCE])
        cosines = known[rows] @ known.T  # (rows, M)
        cosines[numbers[rows][:, None] == numbers[None, :]] = -1.0
        yield from (float(best) for best in cosines.max(axis=1))


def _vectors(embeddings: bytes) -> np.ndarray:
    vectors = np.frombuffer(embeddings, dtype=np.int8).reshape(-1, DIMENSIONS).astype(np.float32)  # (N, D)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors
