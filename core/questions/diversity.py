"""How varied question pairs are: the figure on the card of a dataset version."""

import hashlib
import re
import zlib
from array import array
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


class Variety:
    """Takes questions and answers one by one, and tells how varied they are; no text is held."""

    def __init__(self) -> None:
        self._facts: set[str] = set()
        self._without_fact = 0
        self._kinds: Counter[str] = Counter()
        self._wordings: Counter[str] = Counter()
        self._openings: Counter[str] = Counter()
        self._question_characters, self._answer_characters = array("I"), array("I")
        self._answers: set[bytes] = set()  # digests of the different ones
        self._of_questions, self._of_answers, self._of_both = _Packing(), _Packing(), _Packing()

    def add(self, question: str, answer: str, *, kind: str | None, wording: str | None, fact: str | None) -> None:
        """Add a pair."""
        if fact is None:
            self._without_fact += 1
        else:
            self._facts.add(fact)
        self._kinds[kind or ""] += 1
        self._wordings[wording or ""] += 1
        self._openings[_opening(question)] += 1
        self._question_characters.append(len(question))
        self._answer_characters.append(len(answer))
        self._of_questions.add(question)
        self._of_both.add(f"{question} {answer}")
        digest = hashlib.blake2b(answer.encode(errors="surrogatepass"), digest_size=16).digest()
        if digest not in self._answers:
            self._answers.add(digest)
            self._of_answers.add(answer)

    def diversity(self) -> Diversity:
        """Return how varied they are; all is 0 or empty if there are none. Nothing can be added any more."""
        return Diversity(
            pair_count=len(self._question_characters),
            fact_count=len(self._facts) + self._without_fact,
            question_ratio=self._of_questions.ratio(),
            answer_ratio=self._of_answers.ratio(),
            ratio=self._of_both.ratio(),
            kinds=dict(self._kinds.most_common()),
            wordings=dict(self._wordings.most_common()),
            question_characters=_quantiles(self._question_characters),
            answer_characters=_quantiles(self._answer_characters),
            openings=dict(self._openings.most_common(MOST_OPENINGS)),
        )


class _Packing:
    """Texts that are packed as they come, each on a line of its own."""

    def __init__(self) -> None:
        self._packing = zlib.compressobj(level=9)
        self._given, self._packed = 0, 0  # bytes
        self._is_empty = True

    def add(self, text: str) -> None:
        line = (text if self._is_empty else f"\n{text}").encode(errors="replace")
        self._is_empty = False
        self._given += len(line)
        self._packed += len(self._packing.compress(line))

    def ratio(self) -> float:
        self._packed += len(self._packing.flush())
        return round(self._given / self._packed, 2) if self._given else 0.0


def diversity_of(pairs: Iterable[QuestionPair]) -> Diversity:
    """Return how varied the pairs are; all is 0 or empty if there are none."""
    variety = Variety()
    for pair in pairs:
        variety.add(pair.input, pair.output, kind=pair.kind, wording=pair.wording, fact=pair.fact)
    return variety.diversity()


def compression_ratio(texts: Iterable[str]) -> float:
    """Return how many times smaller zlib makes the texts; 0 if there are none.

    Source: the compression ratio of Shaib et al. 2024 (arXiv 2403.00553), who use gzip on the texts joined together; zlib is
    the same method. SPA (arXiv 2603.22213) compares data sets for training by it.
    """
    packing = _Packing()
    for text in texts:
        packing.add(text)
    return packing.ratio()


def _quantiles(values: Sequence[int]) -> tuple[int, ...]:
    """Return the values at `QUANTILES`, each a value that occurs (nearest rank)."""
    ordered = sorted(values)
    return tuple(ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in QUANTILES) if ordered else ()


def _opening(question: str) -> str:
    return " ".join(word.lower() for word in _WORD.findall(question)[:OPENING_WORDS])
