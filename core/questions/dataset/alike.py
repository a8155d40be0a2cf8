"""Which of many short texts say the same in nearly the same words.

Two texts are alike if they share nine of ten of their different words and no number tells them apart: valve 1 is not
valve 2. So that not every text is compared with every other, only those with the same numbers are, and each is looked up by
its rarest words alone: texts that are alike share one of them (Chaudhuri et al. 2006, "A primitive operator for similarity
joins in data cleaning").
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from core.questions.filters import normalized

SHARE = 0.9  # of the different words of two texts, from which they are alike
Words = frozenset[str]
_FEWEST = 9  # words of a text that can be alike to one with other words: 8 of 9 are fewer than nine of ten


def alike(texts: Sequence[str]) -> tuple[list[int], list[tuple[int, int]]]:
    """Return a number for each text, the same for the same words, and which numbers are alike.

    Returns:
        The number of each text, and every two different numbers whose texts are alike, once.
    """
    numbers: dict[Words, int] = {}
    numbered = [numbers.setdefault(frozenset(normalized(text).split()), len(numbers)) for text in texts]
    return numbered, list(_links(list(numbers)))


def _links(texts: Sequence[Words]) -> Iterator[tuple[int, int]]:
    frequency = Counter(word for words in texts for word in words)
    by_word: defaultdict[tuple[Words, str], list[int]] = defaultdict(list)
    for number, words in enumerate(texts):
        if len(words) < _FEWEST:
            continue
        figures = frozenset(word for word in words if any(character.isdigit() for character in word))
        rarest = sorted(words, key=lambda word: (frequency[word], word))[: _looked_up(len(words))]
        found = {other for word in rarest for other in by_word[figures, word]}
        yield from ((other, number) for other in sorted(found) if _is_alike(words, texts[other]))
        for word in rarest:
            by_word[figures, word].append(number)


def _looked_up(count: int) -> int:
    """Return how many of `count` words to look up: of two texts that are alike, fewer words than that are missing in one."""
    return count - math.ceil(SHARE * count) + 1


def _is_alike(words: Words, others: Words) -> bool:
    return len(words & others) >= SHARE * len(words | others)
