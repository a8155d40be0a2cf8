"""What differs between two dataset versions: which pairs came, went, changed, or went to the other side."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.words import counted

Row = Mapping[str, Any]
CONTENT = ("system", "history", "input", "output")  # keys of a row that a model is trained on


@dataclass(frozen=True, slots=True)
class Frozen:
    """The rows of a dataset version."""

    train: Sequence[Row]
    heldout: Sequence[Row]

    def sides(self) -> Iterator[tuple[bool, Row]]:
        """Yield whether a row is held out, and the row."""
        yield from ((False, row) for row in self.train)
        yield from ((True, row) for row in self.heldout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Rows that only the later version has, only the earlier one, or both with other words: before and after.

    `moved` counts pairs with the same words that were trained on and are held out now, or the other way round.
    """

    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[tuple[Row, Row], ...]
    moved: int
    unchanged: int

    def sentences(self) -> list[str]:
        """Return what differs in words."""
        parts = [
            (len(self.added), "new"),
            (len(self.removed), "no longer there"),
            (len(self.changed), "with other words"),
        ]
        told = [f"{counted(number, 'pair')} {words}." for number, words in parts if number]
        if self.moved:
            told.append(
                f"{counted(self.moved, 'pair')} changed sides: trained on before and held out now, or the other way."
            )
        same = f"{counted(self.unchanged, 'pair')} as before."
        return [*told, same] if told else [f"Nothing differs: {same}"]


def difference(before: Frozen, after: Frozen) -> Difference:
    """Compare two versions: rows with the same pair id are one pair, and so are rows with the same words."""
    ids = {row.get("pair_id") or f"row {number}": (side, row) for number, (side, row) in enumerate(before.sides())}
    both: list[tuple[tuple[bool, Row], tuple[bool, Row]]] = []
    new: list[tuple[bool, Row]] = []
    for side, row in after.sides():
        old = ids.pop(row.get("pair_id") or "", None)
        if old is None:
            new.append((side, row))
        else:
            both.append((old, (side, row)))
    left: defaultdict[str, list[tuple[bool, Row]]] = defaultdict(list)
    for old in ids.values():
        left[_content(old[1])].append(old)
    added = []
    for sided in new:
        same = left[_content(sided[1])]
        if same:
            both.append((same.pop(), sided))
        else:
            added.append(sided[1])
    same_words = [(old, now) for old, now in both if _content(old[1]) == _content(now[1])]
    moved = sum(old[0] != now[0] for old, now in same_words)
    return Difference(
        added=tuple(added),
        removed=tuple(row for olds in left.values() for _, row in olds),
        changed=tuple((old[1], now[1]) for old, now in both if _content(old[1]) != _content(now[1])),
        moved=moved,
        unchanged=len(same_words) - moved,
    )


def _content(row: Row) -> str:
    return repr([row.get(key) or "" for key in CONTENT])
