"""What a whole document is about, as its first page and the words it uses most agree: "religious support"."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from core.language.english.function_words import STOP_WORDS

READ = 60_000  # characters from the beginning of a document that are counted
_FIRST_PAGE = 1_500  # characters
_LEAST = 8  # occurrences; in a shorter text the title says more
_OF_MOST = 0.8  # of the occurrences of the most frequent phrase
_LONGER = 0.25  # of the occurrences of a phrase, from which a longer one that holds it is what it is called
_OF_SECOND = 2  # times the occurrences of the second word, with which a single word says what a document is about
_WORD = re.compile(r"[A-Za-z][A-Za-z’'-]*")
_BREAK = re.compile(r"[.;:,()\d“”\"|]|\n\s*\n")
_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Domain:
    """The field that a document speaks of, as its sentences write it, and its abbreviation, or ""."""

    name: str
    abbreviation: str = ""


def domain_of(beginning: str) -> Domain | None:
    """Return the domain of a document by its first `READ` characters; None if its first page and its text do not agree.

    Of two and three words one of the most frequent phrases is taken, else the most frequent word, if the first page has it.
    """
    text = beginning[:READ]
    counts = {length: Counter(_phrases(text, length)) for length in (1, 2, 3)}
    first = {length: set(_phrases(text[:_FIRST_PAGE], length)) for length in (1, 2, 3)}
    phrase = _phrase(counts[2], first[2])
    if phrase is not None:
        least = _LONGER * counts[2][phrase]
        longer = [each for each in first[3] if phrase in each and counts[3][each] >= least]
        phrase = max(longer, key=counts[3].__getitem__, default=phrase)
    else:
        phrase = _single(counts[1], first[1])
    return None if phrase is None else Domain(_written(phrase, text), _abbreviation(phrase, text))


def _phrases(text: str, length: int) -> Iterator[str]:
    """Yield all phrases of so many words, in lower case, that no function word begins or ends."""
    for piece in _BREAK.split(text):
        told = [word.lower() for word in _WORD.findall(piece)]
        for at in range(len(told) - length + 1):
            if told[at] not in STOP_WORDS and told[at + length - 1] not in STOP_WORDS:
                yield " ".join(told[at : at + length])


def _phrase(counts: Counter[str], first: set[str]) -> str | None:
    """Return the most frequent phrase of the first page, if it is among the most frequent of all."""
    best = max(first, key=lambda each: (counts[each], each), default=None)
    most = max(counts.values(), default=0)
    return best if best is not None and counts[best] >= max(_LEAST, _OF_MOST * most) else None


def _single(counts: Counter[str], first: set[str]) -> str | None:
    """Return the most frequent word, if the first page has it and no other comes near."""
    (word, most), (_, second) = (*counts.most_common(2), ("", 0), ("", 0))[:2]
    is_clear = most >= max(_LEAST, _OF_SECOND * second) and len(word) >= _FEWEST_LETTERS
    return word if is_clear and word in first else None


def _written(phrase: str, text: str) -> str:
    """Return a phrase with the capitals that it has in all sentences; those of headings and first words are none."""
    found = [re.sub(r"\s+", " ", form) for form in re.findall(_pattern(phrase), text, re.IGNORECASE)]
    is_name = all(form.partition(" ")[2] != phrase.partition(" ")[2] for form in found) and " " in phrase
    return Counter(found).most_common(1)[0][0] if is_name else phrase


def _abbreviation(phrase: str, text: str) -> str:
    match = re.search(rf"(?i:{_pattern(phrase)})s?\s*\(([A-Z][A-Z&-]{{1,7}})\)", text)
    return match[1] if match else ""


def _pattern(phrase: str) -> str:
    return r"\b" + r"\s+".join(map(re.escape, phrase.split())) + r"\b"
