"""Words of names: when two spellings of a name are one value, and which shorter forms may mean the same person."""

import re
from functools import lru_cache
from itertools import combinations

from core.language.name_particles import OF_PEOPLE
from core.privacy.entities import NAMES, name_alone
from core.privacy.recognizers.people.titles import RANK, TITLE
from core.privacy.text.normalization import fold

_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670"  # accents and vowel points that are separate (combining) characters
NAME_PART = re.compile(rf"[^\W\d_][^\W\d_{_MARKS}]*(?:[{_MARKS}]+[^\W\d_]*)*(?:['’][^\W\d_]+)*")
# Titles and ranks that are also given names are left out.
ADDRESSED = re.compile(rf"(?:(?!(?:Justice|Canon|Sig|Dame|Sister|Father)\b)(?:{RANK}|{TITLE})\.?\s+)+(?=\S)")
_PARTICLES = frozenset((*OF_PEOPLE, "and"))
plain = lru_cache(maxsize=50_000)(fold)


def name_words(value: str) -> list[str]:
    """Return the plain forms of the words of a person's name, without initials and particles."""
    return [form for form in _words_and_initials(value) if len(form) > 1]


def shorter_forms(form: str) -> list[str]:
    """Return label forms that may mean the same person, longest first: "j smith", "smith", "john" of "john smith"."""
    parts = form.split()
    words, letters = [part for part in parts if len(part) > 1], [part for part in parts if len(part) == 1]
    several = [*([words] if letters else ()), *combinations(words, 2)]
    initialed = [(letter, word) for word in words for letter in (*letters, *(w[0] for w in words if w != word))]
    forms = (" ".join(sorted(some)) for some in (*several, *initialed, *([word] for word in words)))
    return [short for short in dict.fromkeys(forms) if short not in ("", form)]


def label_forms(entity: str, value: str) -> list[str]:
    """Return the forms a value's label is stored under; for people: words and initials, sorted, no titles or particles.

    For other names these are the whole value and the name without the word for its kind.
    """
    if entity == "PERSON":
        name = ADDRESSED.sub("", " ".join(value.split()), count=1)
        parts = [] if any(map(str.isdigit, name)) else _words_and_initials(name)
        return [" ".join(sorted(set(parts))) or plain(value)]
    return list(dict.fromkeys((plain(value), plain(name_alone(value))) if entity in NAMES else (plain(value),)))


def _words_and_initials(value: str) -> list[str]:
    return [plain(word) for word in NAME_PART.findall(value) if not is_particle(word)]


def is_particle(word: str) -> bool:
    """Return whether a word of a name is a particle such as "van", which is kept as it is."""
    return word.casefold() in _PARTICLES and (len(word) > 1 or word.islower())  # "Y." is an initial
