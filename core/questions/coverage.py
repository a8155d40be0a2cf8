"""How far approved text is asked about: which of its passages have a kept question pair."""

from collections import Counter
from collections.abc import Iterable
from typing import TypedDict

from core.records import QuestionPair


class Coverage(TypedDict):
    """An approved document by name: its passages, and those `covered` by a kept pair."""

    document: str
    covered: int
    passages: int


def covered_passages(pairs: Iterable[QuestionPair]) -> Counter[str]:
    """Count the passages that have a kept pair, by the id of the review that approved them.

    A passage counts once, however many pairs it has. Pairs without an approval or a passage, which were imported, do not
    count.
    """
    asked = {(pair.review_id, pair.passage_id) for pair in pairs if pair.state == "kept" and pair.passage_id is not None}
    return Counter(review_id for review_id, _ in asked if review_id is not None)
