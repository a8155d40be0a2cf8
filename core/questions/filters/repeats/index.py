"""An index of questions by their words, to find those that are the same or nearly so.

`dataset.alike` finds the same couples among texts that are all known beforehand, and so looks only at words that are rare in
all of them; here each question is judged before the next one comes, by a threshold that people choose.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from core.questions.filters.words import normalized

ALIKE = 0.9  # share of common words from which two questions count as the same


class QuestionIndex:
    """An index of questions by their words, to find near duplicates. Words are numbers in it, which take less memory."""

    def __init__(self, alike: float = ALIKE) -> None:
        self._alike = alike
        self._numbers: dict[str | frozenset[str], int] = {}  # of words, and of sets of words that hold digits
        self._questions: list[tuple[array[int], int]] = []  # the words of each, and the number that it was added under
        # By the words that hold digits, which must be the same, and one word: "valve 1" is never compared with "valve 2".
        self._by_word: defaultdict[tuple[int, int], array[int]] = defaultdict(partial(array, "I"))

    def find(self, question: str) -> int | None:
        """Return the number of a question with nearly the same words, or None; digits must match: valve 1 is not valve 2."""
        return next(self.near(question), None)

    def near(self, question: str) -> Iterator[int]:
        """Yield the number of every question with nearly the same words; one may come several times."""
        words, figures = self._numbered(question)
        # Two questions that share nine of ten words share at least one of the rarest fifth, so only those are looked up.
        looked_up = 1 + int((1 - self._alike) * len(words) + 1e-9)
        found = sorted((self._by_word.get((figures, word), _NONE) for word in words), key=len)
        for places in found[:looked_up]:
            for place in places:
                other, number = self._questions[place]
                if self._is_near(words, other):
                    yield number

    def _is_near(self, words: frozenset[int], other: "array[int]") -> bool:
        if not self._alike * len(words) <= len(other) * 1.000001 or not self._alike * len(other) <= len(words) * 1.000001:
            return False
        shared = len(words.intersection(other))
        return shared >= self._alike * (len(words) + len(other) - shared)

    def add(self, question: str, number: int) -> None:
        """Add `question` to the index under `number`."""
        words, figures = self._numbered(question)
        for word in words:
            self._by_word[figures, word].append(len(self._questions))
        self._questions.append((array("I", words), number))

    def _numbered(self, question: str) -> tuple[frozenset[int], int]:
        """Return the different words of a question, and those of them that hold digits, as numbers."""
        words = frozenset(normalized(question).split())
        figures = frozenset(word for word in words if any(map(str.isdigit, word)))
        return frozenset(map(self._number, words)), self._number(figures)

    def _number(self, words: str | frozenset[str]) -> int:
        return self._numbers.setdefault(words, len(self._numbers))


_NONE: "array[int]" = array("I")
