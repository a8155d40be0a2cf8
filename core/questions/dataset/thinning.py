"""Held-out questions thinned: one or two wordings of each fact tell as much as five, and an evaluation takes time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from core.questions.kinds import WORDINGS

Row = TypeVar("Row", bound=Mapping[str, object])
ENOUGH_FACTS = 100  # from which one wording of each is asked
_ORDER = {wording: place for place, wording in enumerate(("open", "context", "request", "turned", "model", "cloze"))}


def thinned(rows: Sequence[Row], *, per_fact: int | None = None) -> list[Row]:
    """Return, in order, the rows to ask of those held out: up to `per_fact` wordings of each fact, an open question first.

    By default that is one wording if there are many facts, else two. A row whose fact is not known is a fact by itself.
    """
    by_fact: defaultdict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        by_fact[str(row.get("fact") or f"row {position}")].append(position)
    if per_fact is None:
        per_fact = 1 if len(by_fact) >= ENOUGH_FACTS else 2

    def preference(position: int) -> tuple[int, int]:
        return _ORDER.get(str(rows[position].get("wording") or ""), len(WORDINGS)), position

    asked = {position for positions in by_fact.values() for position in sorted(positions, key=preference)[:per_fact]}
    return [row for position, row in enumerate(rows) if position in asked]
