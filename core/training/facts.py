"""How many facts rows ask for: an epoch shows each fact once, in whichever of its wordings."""

from collections.abc import Iterable


def fact_count(facts: Iterable[str | None]) -> int:
    """Return how many facts rows ask for, from the fact of each; a row without one counts as a fact of its own."""
    named: set[str] = set()
    alone = 0
    for fact in facts:
        if fact is None:
            alone += 1
        else:
            named.add(fact)
    return len(named) + alone
