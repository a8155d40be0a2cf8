"""An index of questions by their words, to find those that are the same or nearly so."""

from collections.abc import Iterator

from core.questions.filters.words import normalized

ALIKE = 0.9  # share of common words from which two questions count as the same


class QuestionIndex:
    """An index of questions by their words, to find near duplicates."""

    def __init__(self, alike: float = ALIKE) -> None:
        self._alike = alike
        # By the words that hold digits, which must be the same, and one word: "valve 1" is never compared with "valve 2".
        self._by_word: dict[tuple[frozenset[str], str], list[tuple[frozenset[str], int]]] = {}

    def find(self, question: str) -> int | None:
        """Return the number of a question with nearly the same words, or None; digits must match: valve 1 is not valve 2."""
        return next(self.near(question), None)

    def near(self, question: str) -> Iterator[int]:
        """Yield the number of every question with nearly the same words; one may come several times."""
        words = frozenset(normalized(question).split())
        # Two questions that share nine of ten words share at least one of the rarest fifth, so only those are looked up.
        looked_up = 1 + int((1 - self._alike) * len(words) + 1e-9)
        figures = _figures(words)
        rarest = sorted(words, key=lambda word: len(self._by_word.get((figures, word), ())))[:looked_up]
        for word in rarest:
            for other, number in self._by_word.get((figures, word), ()):
                if self._is_near(words, other):
                    yield number

    def _is_near(self, words: frozenset[str], other: frozenset[str]) -> bool:
        if not self._alike * len(words) <= len(other) * 1.000001 or not self._alike * len(other) <= len(words) * 1.000001:
            return False
        return len(words & other) >= self._alike * len(words | other)

    def add(self, question: str, number: int) -> None:
        """Add `question` to the index under `number`."""
        words = frozenset(normalized(question).split())
        figures = _figures(words)
        for word in words:
            self._by_word.setdefault((figures, word), []).append((words, number))


def _figures(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(map(str.isdigit, word)))
