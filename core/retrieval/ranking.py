"""Several rankings of the same passages joined to one."""

from collections import defaultdict
from collections.abc import Sequence

FLATNESS = 60  # k of Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms Condorcet", section 2


def fused(rankings: Sequence[tuple[float, Sequence[int]]]) -> list[int]:
    """Join rankings by reciprocal ranks: an item scores the sum of weight / (60 + rank) over those that hold it.

    Args:
        rankings: pairs of a weight and items, best first.

    Returns:
        All items, best first; of equals, the one that an earlier ranking holds first.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for weight, items in rankings:
        for rank, item in enumerate(items, start=1):
            scores[item] += weight / (FLATNESS + rank)
    return sorted(scores, key=lambda item: -scores[item])


def weight_of_meaning(coverage: float) -> float:
    """Return how much the ranking by meaning counts beside that by words (1), from the share of words that were found.

    Where a passage holds all that is asked for, the words decide; the fewer it holds, the more does the meaning.
    """
    return (1.0 - coverage) ** 2
