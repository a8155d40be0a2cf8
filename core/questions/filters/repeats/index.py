"""An index of questions by their words, to find those that are the same or nearly so."""

from collections.abc import Iterator

from core.questions.filters.words import normalized

ALIKE = 0.9  # share of common words from which two questions count as the same


class QuestionIndex:
    """An index of questions by their words, to find near duplicates."""

    def __init__(self, alike: float = ALIKE) -> None:
        self._alike = alike
        self._by_word: dict[str, list[tuple[frozenset[str], int]]] = {}

    def find(self, question: str) -> int | None:
        """Return the number of a question with nearly the same words, or None; digits must match: valve 1 is not valve 2."""
        return next(self.near(question), None)

    def near(self, question: str) -> Iterator[int]:
        """Yield the number of every question with nearly the same words; one may come several times."""
        words = frozenset(normalized(question).split())
        # Two questions that share nine of ten words share at least one of the rarest fifth, so only those are looked up.
        looked_up = 1 + int((1 - self._alike) * len(words) + 1e-9)
        rarest = sorted(words, key=lambda word: len(self._by_word.get(word, ())))[:looked_up]
        for word in rarest:
            for other, number in self._by_word.get(word, ()):
                if self._is_near(words, other):
                    yield number

    def _is_near(self, words: frozenset[str], other: frozenset[str]) -> bool:
        if not self._alike * len(words) <= len(other) * 1.000001 or not self._alike * len(other) <= len(words) * 1.000001:
            return False
        is_near = len(words & other) >= self._alike * len(words | other)
        return is_near and not any(character.isdigit() for word in words ^ other for character in word)

    def add(self, question: str, number: int) -> None:
        """Add `question` to the index under `number`."""
        words = frozenset(normalized(question).split())
        for word in words:
            self._by_word.setdefault(word, []).append((words, number))
