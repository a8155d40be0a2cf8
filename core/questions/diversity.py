"""How varied question pairs are: the figure on the card of a dataset version."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.records import QuestionPair

OPENING_WORDS = 2  # words that count as a question's opening
MOST_OPENINGS = 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_WORD = re.compile(r"\w[\w’'-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversity:
    """Figures of variety. Names are those of `core.questions.kinds`; "" stands for pairs without one.

    The compression ratio is how many times smaller zlib makes the texts, each on a line of its own: about 2 to 4 for varied
    text, more where the same is said again and again. Compare sets of a like size, because larger ones compress better.
    """

    pair_count: int
    fact_count: int  # different facts asked for; pairs without a fact count one each
    question_ratio: float  # compression ratio of the questions, each once in the order of the pairs
    answer_ratio: float  # of the different answers
    ratio: float  # of all pairs, question and answer
    kinds: dict[str, int]
    wordings: dict[str, int]
    question_characters: tuple[int, ...]  # at `QUANTILES`
    answer_characters: tuple[int, ...]
    openings: dict[str, int]  # the most frequent first words of the questions, in lower case


def diversity_of(pairs: Iterable[QuestionPair]) -> Diversity:
    """Return how varied the pairs are; all is 0 or empty if there are none."""
    pairs = list(pairs)
    facts = {pair.fact for pair in pairs if pair.fact is not None}
    return Diversity(
        pair_count=len(pairs),
        fact_count=len(facts) + sum(pair.fact is None for pair in pairs),
        question_ratio=compression_ratio([pair.input for pair in pairs]),
        answer_ratio=compression_ratio(list(dict.fromkeys(pair.output for pair in pairs))),
        ratio=compression_ratio([f"{pair.input} {pair.output}" for pair in pairs]),
        kinds=_counts(pair.kind for pair in pairs),
        wordings=_counts(pair.wording for pair in pairs),
        question_characters=_quantiles([len(pair.input) for pair in pairs]),
        answer_characters=_quantiles([len(pair.output) for pair in pairs]),
        openings=dict(Counter(_opening(pair.input) for pair in pairs).most_common(MOST_OPENINGS)),
    )


def compression_ratio(texts: Sequence[str]) -> float:
    """Return how many times smaller zlib makes the texts; 0 if there are none.

    Source: the compression ratio of Shaib et al. 2024 (arXiv 2403.00553), who use gzip on the texts joined together; zlib is
    the same method. SPA (arXiv 2603.22213) compares data sets for training by it.
    """
    joined = "\n".join(texts).encode(errors="replace")
    packing = zlib.compressobj(level=9)
    packed = len(packing.compress(joined)) + len(packing.flush())
    return round(len(joined) / packed, 2) if joined else 0.0


def _counts(names: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(name or "" for name in names).most_common())


def _quantiles(values: Sequence[int]) -> tuple[int, ...]:
    """Return the values at `QUANTILES`, each a value that occurs (nearest rank)."""
    ordered = sorted(values)
    return tuple(ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in QUANTILES) if ordered else ()


def _opening(question: str) -> str:
    return " ".join(word.lower() for word in _WORD.findall(question)[:OPENING_WORDS])
