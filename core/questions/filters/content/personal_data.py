"""Personal data left over: values of the pair that look like personal data and stand nowhere in the approved text.

The approved text is anonymized, so what stands there is invented or was let pass by a reviewer.
"""

import re
from collections.abc import Iterator, Sequence

from core.language.english.dictionary import english_words
from core.language.english.function_words import STOP_WORDS
from core.questions.filters.filter import Case, DropReason, Filter, each
from core.questions.said_values import values_left_over
from core.records import Detection
from core.settings import FilterSettings

_WORD = re.compile(r"[^\W_][\w’'.@-]*[^\W_]|[^\W_]")
_ENDINGS = ("s", "es", "d", "ed", "ing", "r", "er", "ly")


def has_new_words(text: str, known: frozenset[str]) -> bool:
    """Return whether `text` holds a word that may be personal data: one that is not `known` and no common English word.

    Where a sentence goes on, a common word with a capital letter may be a name ("Baker").
    """
    return any(_is_new(word, known) for word in _words(text))


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text in lower case, as `has_new_words` compares them."""
    return frozenset(word.casefold() for word in _WORD.findall(text))


def _words(text: str) -> Iterator[str]:
    """Yield the words; one that begins a sentence in lower case."""
    for match in _WORD.finditer(text):
        before = text[: match.start()].rstrip("\"'“‘( ")
        word = match.group()
        yield word if before and before[-1] not in ".?!:;\n" else word.casefold()


def _is_new(word: str, known: frozenset[str]) -> bool:
    plain = word.casefold().removesuffix("'s").removesuffix("’s")
    if plain in known or word.casefold() in known:
        return False
    is_common = word.islower() and (plain in STOP_WORDS or _is_common(plain))
    return not is_common and not (plain.isdigit() and len(plain) < 4)


def _is_common(plain: str) -> bool:
    """Return whether a word, or what is left without an ending, stands in the lists of English words."""
    words = english_words()
    stems = {plain, *(plain.removesuffix(ending) for ending in _ENDINGS)}
    stems |= {f"{stem}e" for stem in stems} | {stem[:-1] for stem in stems if stem[-1:] == stem[-2:-1]}
    stems |= {f"{plain[:-3]}y"} if plain.endswith(("ies", "ied")) else set()
    return not words.isdisjoint(stems) or all(part in words for part in plain.split("-"))


def count_left_over(text: str, detections: Sequence[Detection], known: str) -> int:
    """Count the detected values that do not stand in the `known` text, whatever its case and white space."""
    return len(values_left_over((text[each.start : each.end] for each in detections), known))


def _is_left_over(case: Case, _: FilterSettings) -> bool:
    return bool(case.measures.personal_count)


PERSONAL_DATA = Filter(
    DropReason(
        "personal data",
        "The pair holds what looks like personal data and does not stand in the approved text.",
        title="Personal data left over",
    ),
    each(_is_left_over),
)
