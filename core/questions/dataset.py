"""Splitting question pairs into those trained on and those held out to grade the result.

Pairs that tell the same must lie on one side, or the grade would measure memory of the answer's own
wording: pairs of one passage, pairs with one answer, and pairs with nearly the same question are held together.
"""

import random
from collections import defaultdict
from collections.abc import Sequence

from core.errors import InputError
from core.questions.filters import QuestionIndex, normalized
from core.records import QuestionPair

SMALLEST = 10  # pairs from which on some are held out


def split_pairs(
    pairs: Sequence[QuestionPair], *, heldout_share: float = 0.15, seed: int
) -> tuple[list[QuestionPair], list[QuestionPair]]:
    """Train and held-out pairs, both in the order given; the same seed and pairs give the same split.

    Args:
        pairs: the pairs of a dataset version.
        heldout_share: of the pairs, 0 to below 1; with 10 pairs or more at least one is held out and one trained on,
            unless all of them hang together.
        seed: of the choice.

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
    # Small groups first would favor pairs without company; in the order drawn, and what does not fit is passed over.
    for group in groups:
        if len(heldout) + len(group) <= wanted:
            heldout.update(group)
    if wanted and not heldout and len(groups) > 1:
        smallest = min(groups, key=len)
        heldout.update(smallest)
    train = [pair for position, pair in enumerate(pairs) if position not in heldout]
    return train, [pair for position, pair in enumerate(pairs) if position in heldout]


def _groups(pairs: Sequence[QuestionPair]) -> list[list[int]]:
    """Positions of pairs that must stay together: they share a passage, an answer or nearly a question."""
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
    """What two pairs may not share across the split."""
    answer = ("answer", normalized(pair.output))
    return [("passage", pair.passage_id), answer] if pair.passage_id else [answer]
