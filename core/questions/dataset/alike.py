"""Which of many short texts say the same in nearly the same words.

Two texts are alike if they share nine of ten of their different words and no number tells them apart: valve 1 is not
valve 2. So that not every text is compared with every other, only those with the same numbers are, and each is looked up by
its rarest words alone: texts that are alike share one of them (Chaudhuri et al. 2006, "A primitive operator for similarity
joins in data cleaning").
"""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from core.questions.filters import normalized

SHARE = 0.9  # of the different words of two texts, from which they are alike
Words = frozenset[int]  # each word by its number, which is compared faster than its letters
_FEWEST = 9  # words of a text that can be alike to one with other words: 8 of 9 are fewer than nine of ten


def alike(texts: Sequence[str]) -> tuple[list[int], list[tuple[int, int]]]:
    """Return a number for each text, the same for the same words, and which numbers are alike.

    Returns:
        The number of each text, and every two different numbers whose texts are alike, once.
    """
    vocabulary: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    numbers: dict[Words, int] = {}
    numbered = [
        numbers.setdefault(frozenset(map(vocabulary.__getitem__, normalized(text).split())), len(numbers)) for text in texts
    ]
    return numbered, list(_links(list(numbers), list(vocabulary)))


def _links(texts: Sequence[Words], vocabulary: Sequence[str]) -> Iterator[tuple[int, int]]:
    rarity = _rarity(texts, vocabulary)
    digits = frozenset(number for number, word in enumerate(vocabulary) if any(map(str.isdigit, word)))
    by_word: defaultdict[tuple[Words, int], list[int]] = defaultdict(list)
    for number, words in enumerate(texts):
        if len(words) < _FEWEST:
            continue
        figures = words & digits
        keys = [(figures, word) for word in sorted(words, key=rarity.__getitem__)[: _looked_up(len(words))]]
        found = {other for key in keys if key in by_word for other in by_word[key]}
        yield from ((other, number) for other in sorted(found) if _is_alike(words, texts[other]))
        for key in keys:
            by_word[key].append(number)


def _rarity(texts: Sequence[Words], vocabulary: Sequence[str]) -> list[int]:
    """Return the place of each word in the order from rare to frequent."""
    frequency = Counter(itertools.chain.from_iterable(texts))
    rarity = [0] * len(vocabulary)
    for place, number in enumerate(sorted(frequency, key=lambda number: (frequency[number], vocabulary[number]))):
        rarity[number] = place
    return rarity


def _looked_up(count: int) -> int:
    """Return how many of `count` words to look up: of two texts that are alike, fewer words than that are missing in one."""
    return count - math.ceil(SHARE * count) + 1


def _is_alike(words: Words, others: Words) -> bool:
    shared = len(words & others)
    return shared >= SHARE * (len(words) + len(others) - shared)
