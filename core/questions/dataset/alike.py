"""Which of many short texts say the same in nearly the same words.

Two texts are alike if they share nine of ten of their different words and no number tells them apart: valve 1 is not
valve 2. So that not every text is compared with every other, only those with the same numbers are, and only those whose
counts of words allow it. Each is looked up by its rarest words alone: texts that are alike share one of them (Chaudhuri et
al. 2006, "A primitive operator for similarity joins in data cleaning"; the bound on the counts is that of Bayardo et al.
2007, "Scaling up all pairs similarity search").

`filters.repeats.index` finds the same couples, but must answer pair by pair before it has seen the rest, so it cannot know
which words will turn out rare: 160,000 questions take it 24 s of processor time, and this one, which knows them all, 2.
"""

import itertools
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.questions.filters import normalized

SHARE = 0.9  # of the different words of two texts, from which they are alike
REPORTED = 1000  # texts between two reports
Words = tuple[int, ...]  # the different words of a text in order, each by its number, which takes less room than letters
Report = Callable[[int, int], None]  # called with the number of texts compared and of all; an exception stops the work
_FEWEST = 9  # words of a text that can be alike to one with other words: 8 of 9 are fewer than nine of ten


@dataclass(frozen=True, slots=True)
class Likeness:
    """What texts have in common: `numbers` has one for each text, the same for the same words.

    `links` are every two different numbers whose texts are alike, once; `positions` says whose text each one is.
    """

    positions: Sequence[int]
    numbers: Sequence[int]
    links: Sequence[tuple[int, int]]


class Texts:
    """Texts that come one by one; of each only its different words are kept, and once where several have the same."""

    def __init__(self) -> None:
        self._vocabulary: defaultdict[str, int] = defaultdict(itertools.count().__next__)
        self._different: dict[Words, int] = {}
        self._numbers = array("I")
        self._positions = array("I")

    def __len__(self) -> int:
        """Return how many different ones there are."""
        return len(self._different)

    def add(self, text: str, position: int) -> None:
        """Add the text that stands at this position."""
        words = tuple(sorted(set(map(self._vocabulary.__getitem__, normalized(text).split()))))
        self._numbers.append(self._different.setdefault(words, len(self._different)))
        self._positions.append(position)

    def compare(self, report: Report | None = None) -> Likeness:
        """Compare all texts with each other."""
        digits = frozenset(number for word, number in self._vocabulary.items() if any(map(str.isdigit, word)))
        links = list(_links(list(self._different), digits, report or _silent))
        return Likeness(self._positions, self._numbers, links)


def alike(texts: Sequence[str]) -> tuple[list[int], list[tuple[int, int]]]:
    """Return a number for each text, the same for the same words, and which numbers are alike.

    Returns:
        The number of each text, and every two different numbers whose texts are alike, once.
    """
    added = Texts()
    for position, text in enumerate(texts):
        added.add(text, position)
    likeness = added.compare()
    return list(likeness.numbers), list(likeness.links)


def _links(texts: Sequence[Words], digits: frozenset[int], report: Report) -> Iterator[tuple[int, int]]:
    rarity = _rarity(texts)
    likely = _Likely()
    figures: dict[frozenset[int], int] = {}  # a number for each set of words that hold digits
    by_word: defaultdict[tuple[int, int, int], array[int]] = defaultdict(partial(array, "I"))
    for number, words in enumerate(texts):
        if number % REPORTED == 0:
            report(number, len(texts))
        if len(words) < _FEWEST:
            continue
        told = figures.setdefault(digits.intersection(words), len(figures))
        rarest = sorted(words, key=rarity.__getitem__)[: _looked_up(len(words))]
        shared = likely[len(words)]
        keys = ((told, word, size) for word in rarest for size in shared)
        found = {other for key in keys if key in by_word for other in by_word[key]}
        if found:
            own = frozenset(words)
            yield from (
                (other, number)
                for other in sorted(found)
                if len(own.intersection(texts[other])) >= shared[len(texts[other])]
            )
        for word in rarest:
            by_word[told, word, len(words)].append(number)


class _Likely(dict[int, Mapping[int, int]]):
    """For a count of words, the counts that a text alike to it can have, each with the words that both must share."""

    def __missing__(self, count: int) -> Mapping[int, int]:
        longest = math.floor(count / SHARE) + 1
        fewest = {other: _fewest_shared(count, other) for other in range(math.ceil(SHARE * count) - 1, longest + 1)}
        # As many words, all of them shared, would be the same words, which have one number.
        self[count] = {other: least for other, least in fewest.items() if least <= min(count, other) - (other == count)}
        return self[count]


def _fewest_shared(count: int, other: int) -> int:
    """Return from how many shared words on two texts with so many different words are alike."""
    return next(shared for shared in itertools.count() if shared >= SHARE * (count + other - shared))


def _rarity(texts: Sequence[Words]) -> Mapping[int, int]:
    """Return the place of each word in the order from rare to frequent."""
    frequency = Counter(itertools.chain.from_iterable(texts))
    return {word: place for place, word in enumerate(sorted(frequency, key=lambda word: (frequency[word], word)))}


def _looked_up(count: int) -> int:
    """Return how many of `count` words to look up: of two texts that are alike, fewer words than that are missing in one."""
    return count - math.ceil(SHARE * count) + 1


def _silent(_done: int, _total: int) -> None:
    """Report to nobody."""
