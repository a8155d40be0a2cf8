"""Same meaning: a question that a kept pair asks in other words, by the embeddings of a small network."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from core.language.english.function_words import NEGATIONS
from core.questions.filters.filter import Case, DropReason, Filter
from core.questions.filters.repeats.repeats import repeats_wording
from core.questions.filters.words import WORD, normalized
from core.records import QuestionPair
from core.settings import FilterSettings

SCALE = 127.0  # an embedding has length 1 and is stored as signed bytes of this scale
_BLOCK = 256  # pairs compared with all others at a time


class _Meanings:
    """Which pairs are alike in meaning, and which of them are kept so far."""

    def __init__(self, settings: FilterSettings, cases: Iterable[Case]) -> None:
        placed = [(case.pair.id, case.measures.embedding) for case in cases if case.measures.embedding]
        self._near = _neighbors(placed, settings.max_same_meaning)
        self._kept: dict[str, QuestionPair] = {}

    def drops(self, case: Case) -> bool:
        """Return whether a kept pair means the same: alike in meaning, with the same numbers and negations."""
        others = (self._kept.get(pair_id) for pair_id in self._near.get(case.pair.id, ()))
        return any(_may_be_same(case.pair, other) for other in others if other is not None)

    def remember(self, case: Case) -> None:
        """Take note of a pair that is kept."""
        self._kept[case.pair.id] = case.pair


def _neighbors(placed: Sequence[tuple[str, bytes]], alike: float) -> dict[str, list[str]]:
    """Return for each id of a pair those of the pairs whose embedding is at least so much alike (cosine)."""
    import numpy as np

    near: defaultdict[str, list[str]] = defaultdict(list)
    if not placed:
        return near
    rows: Any = np.stack([np.frombuffer(embedding, dtype=np.int8) for _, embedding in placed])  # (pairs, 384)
    rows = rows.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9
    for start in range(0, len(rows), _BLOCK):
        likeness = rows[start : start + _BLOCK] @ rows[: start + _BLOCK].T  # (block, pairs up to its end)
        for first, second in zip(*np.nonzero(likeness >= alike), strict=True):
            if second < start + first:
                one, other = placed[start + first][0], placed[second][0]
                near[one].append(other)
                near[other].append(one)
    return near


def _may_be_same(pair: QuestionPair, other: QuestionPair) -> bool:
    return repeats_wording(pair, other) and _decisive(pair) == _decisive(other)


def _decisive(pair: QuestionPair) -> set[str]:
    """Return the words that tell two like questions apart: numbers and negations."""
    words = WORD.findall(normalized(pair.input))
    return {word for word in words if word in NEGATIONS or any(map(str.isdigit, word))}


SAME_MEANING = Filter(
    DropReason(
        "same meaning",
        "Another kept pair asks the same in other words, as far as a small network can tell.",
        title="Asked in other words",
    ),
    _Meanings,
    thresholds=("max_same_meaning",),
    is_on=False,
)
