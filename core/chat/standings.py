"""How models stand after people have said which answer is better."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.intervals import wilson
from core.records import Comparison

_Key = tuple[str, str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How often one answerer, in one version, was called better than every other beside it; `low` to `high` is 95 %."""

    answerer: str
    version: str  # SHA-256 of the adapter or the model; "" if it is not known
    from_documents: bool = False  # whether it read the documents first
    won: int
    lost: int
    equal: int  # nobody was called better

    @property
    def decided(self) -> int:
        """Number of comparisons in which somebody was called better."""
        return self.won + self.lost

    @property
    def interval(self) -> tuple[float, float]:
        """The share of decided comparisons that it won, 0 to 1: lower and upper end."""
        return wilson(self.won, self.decided)


def standings(comparisons: Iterable[Comparison]) -> list[Standing]:
    """Count the votes for each answerer and version, the one that won most first."""
    won, lost, equal = Counter[_Key](), Counter[_Key](), Counter[_Key]()
    for comparison in comparisons:
        if comparison.vote is None:
            continue
        for side, given in enumerate(comparison.answers):
            where = equal if comparison.vote.better is None else won if comparison.vote.better == side else lost
            where[given.answerer, given.version, given.from_documents] += 1
    known = sorted({*won, *lost, *equal}, key=lambda key: (-won[key], lost[key], key))
    return [
        Standing(answerer=key[0], version=key[1], from_documents=key[2], won=won[key], lost=lost[key], equal=equal[key])
        for key in known
    ]
