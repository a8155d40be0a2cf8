"""What a search measures a training by: rows that it does not learn."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import Hint, InputError

Row = Mapping[str, Any]
Measured = Literal["wordings", "heldout"]
MEASURED_WORDS: dict[Measured, str] = {
    "wordings": "the error on facts that it learned, asked in words that it has not seen",
    "heldout": "the error on questions that were held back",
}
LEAST_FACTS = 8  # with several wordings; with fewer there is too little to measure by
MOST_SHARE = 0.25  # of such facts that give a wording away


@dataclass(frozen=True, slots=True)
class Parted:
    """The rows to learn and those to measure by, and what that measures."""

    learned: tuple[Row, ...]
    measured: tuple[Row, ...]
    by: Measured


def parted(train: Sequence[Row], heldout: Sequence[Row], *, is_style: bool, seed: int) -> Parted:
    """Return the rows to learn and to measure by: of some facts one wording is set apart, if there are enough such facts.

    Held-out questions ask for other facts, which no training on these can know: by them, the best training learns little.
    They are taken for a goal that is about style, and where facts have one wording each.

    Raises:
        InputError: there is nothing to measure by.
    """
    by_fact: defaultdict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(train):
        if row.get("fact"):
            by_fact[str(row["fact"])].append(position)
    several = [positions for positions in by_fact.values() if len(positions) > 1]
    if is_style or len(several) < LEAST_FACTS:
        if not heldout:
            raise InputError(
                "There are no questions to measure a training by.",
                Hint("Write more questions, several wordings of each.", command="garrison questions generate PROJECT"),
            )
        return Parted(tuple(train), tuple(heldout), "heldout")
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    chosen = chance.sample(several, max(LEAST_FACTS, round(MOST_SHARE * len(several))))
    apart = {chance.choice(positions) for positions in chosen}
    return Parted(
        tuple(row for position, row in enumerate(train) if position not in apart),
        tuple(train[position] for position in sorted(apart)),
        "wordings",
    )
