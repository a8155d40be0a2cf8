"""Split question pairs into those trained on and those held out for evaluation.

Pairs with the same content must end up on the same side, or the evaluation would measure memorized wording. Pairs from one
passage, pairs with the same answer and pairs with nearly the same question are therefore kept together.
"""

import random
from collections import defaultdict
from collections.abc import Sequence

from core.errors import InputError
from core.questions.filters import QuestionIndex, normalized
from core.records import QuestionPair

SMALLEST = 10  # minimum number of pairs for holding any out


def split_pairs(
    pairs: Sequence[QuestionPair], *, heldout_share: float = 0.15, seed: int
) -> tuple[list[QuestionPair], list[QuestionPair]]:
    """Split pairs into train and held-out, both in the given order; the same seed and pairs give the same split.

    Args:
        pairs: the pairs of a dataset version.
        heldout_share: share of the pairs to hold out, from 0 to below 1. With 10 pairs or more and a share above 0, at
            least one pair is held out and one trained on, unless all pairs belong together.
        seed: the seed of the random choice.

    Raises:
        InputError: `heldout_share` is out of range.
    """
    if not 0 <= heldout_share < 1:
        raise InputError(f"The held-out share {heldout_share} is out of range.", "Give a share from 0 to below 1.")
    groups = _groups(pairs)
    wanted = round(heldout_share * len(pairs))
    if heldout_share > 0 and len(pairs) >= SMALLEST:
        wanted = max(wanted, 1)
    elif len(pairs) < SMALLEST:
        wanted = 0
    heldout: set[int] = set()
    random.Random(seed).shuffle(groups)  # noqa: S311 - a split, not a secret
    # Take groups in random order and skip those that do not fit: smallest first would favor pairs in no group.
    for group in groups:
        if len(heldout) + len(group) <= wanted:
            heldout.update(group)
    if wanted and not heldout and len(groups) > 1:
        smallest = min(groups, key=len)
        heldout.update(smallest)
    train = [pair for position, pair in enumerate(pairs) if position not in heldout]
    return train, [pair for position, pair in enumerate(pairs) if position in heldout]


def _groups(pairs: Sequence[QuestionPair]) -> list[list[int]]:
    """Group the positions of pairs that must stay together, for a common passage, answer or nearly identical question."""
    parents = list(range(len(pairs)))

    def root(position: int) -> int:
        while parents[position] != position:
            parents[position] = parents[parents[position]]
            position = parents[position]
        return position

    first: dict[tuple[str, str], int] = {}
    questions = QuestionIndex()
    for position, pair in enumerate(pairs):
        same = questions.find(pair.input)
        questions.add(pair.input, position)
        if same is not None:
            parents[root(position)] = root(same)
        for key in _keys(pair):
            parents[root(position)] = root(first.setdefault(key, position))
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for position in range(len(pairs)):
        groups[root(position)].append(position)
    return list(groups.values())


def _keys(pair: QuestionPair) -> list[tuple[str, str]]:
    """Return the properties that keep two pairs on the same side if they have one in common."""
    answer = ("answer", normalized(pair.output))
    return [("passage", pair.passage_id), answer] if pair.passage_id is not None else [answer]
