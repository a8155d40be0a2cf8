"""The terms that a document defines, and the words and codes by which two of its passages speak of the same.

By rule, and in few languages: what is not found here only makes a prompt poorer.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from core.language.english.function_words import QUESTION_WORDS, STOP_WORDS
from core.language.sentences import sentences
from core.language.stems import stem

LONGEST_MEANING = 240  # characters
MOST_TERMS = 6  # given to a model with a passage
RARE = 6  # passages: what stands in more of them links nothing in particular

_TERM = r"[\"“„']?(?P<term>[^\W\d_][\w’'/-]*(?: [\w’'/-]+){0,4}?)[\"”“']?"
_DEFINES = (
    re.compile(
        rf"(?:The term |An? |The )?{_TERM}(?: \([A-Z0-9-]+\))? (?:is|are|means|is defined as|refers to|denotes) "
        r"(?P<meaning>(?:an?|the|any|all|one|those) .+)"
    ),
    re.compile(
        rf"(?:Eine?|Der|Die|Das|Unter)? ?{_TERM} (?:ist|sind|bezeichnet|bedeutet) (?P<meaning>(?:eine?|der|die|das) .+)"
    ),
    re.compile(rf"{_TERM}(?::| [–—-]) (?P<meaning>(?:An?|The|Any|Eine?|Der|Die|Das) .+)"),
)
_SHORT_FORM = re.compile(
    r"\b(?P<meaning>(?!The |An? |Der |Die |Das )(?:[A-Z][\w-]+ (?:of |and |for |the )?){1,6}[A-Z][\w-]+)"
    r" \((?P<term>[A-Z][A-Z0-9&-]{1,9})\)"
)
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Z0-9][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+\b|\b[A-Z]{2,}[0-9]*\b")
_EMPTY = STOP_WORDS | QUESTION_WORDS | frozenset("many much often long far do does did must should can".split())
_NO_TERM = frozenset(
    "this that these those it they he she we you there here what which who how when where all each every some any one "
    "there es sie er wir ihr dies diese dieser dieses das was wer wie hier dort".split()
)


def defined_terms(text: str) -> dict[str, str]:
    """Return the terms that `text` defines with their meaning, and short forms with their full form."""
    found: dict[str, str] = {}
    for start, end in sentences(text):
        line = " ".join(text[start:end].split())
        for match in _SHORT_FORM.finditer(line):
            found.setdefault(match["term"], match["meaning"])
        for pattern in _DEFINES:
            if (whole := pattern.fullmatch(line)) and whole["term"].split()[0].lower() not in _NO_TERM:
                found.setdefault(whole["term"], whole["meaning"][:LONGEST_MEANING].rstrip(" ."))
                break
    return found


def terms_in(text: str, terms: Mapping[str, str], *, own: Iterable[str] = ()) -> dict[str, str]:
    """Return the terms that occur in `text` and are not among its `own`, the longest first, with their meaning."""
    found = set(_occurring(text, terms)) - set(own)
    return {term: terms[term] for term in sorted(found, key=lambda term: (-len(term), term))[:MOST_TERMS]}


def _occurring(text: str, terms: Iterable[str]) -> list[str]:
    plain = " ".join(["", *re.findall(r"[\w/&-]+", text.lower()), ""])
    return [term for term in terms if f" {term.lower()}" in plain and _is_word(term.lower(), plain)]


def _is_word(term: str, plain: str) -> bool:
    return re.search(rf" {re.escape(term)}(?:e?s|n)? ", plain) is not None


def stems(text: str) -> list[str]:
    """Return the meaningful words of a text in lower case, without common English endings: "valves" and "valve" are one."""
    spoken = (word for word in re.findall(r"[^\W_]+(?:-[^\W_]+)*", text.lower()) if word not in _EMPTY)
    return [stem(word) for word in spoken]


def links(texts: Sequence[str], terms: Iterable[str]) -> dict[int, tuple[int, str]]:
    """Return for each text that shares a rare term or code with a later one the position of that one, and the term."""
    sought = list(terms)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for position, text in enumerate(texts):
        spoken = {*_occurring(text, sought), *_CODE.findall(text)}
        for term in spoken:
            places[term].append(position)
    found: dict[int, tuple[int, str]] = {}
    taken: Counter[int] = Counter()
    for term, positions in sorted(places.items(), key=lambda entry: (len(entry[1]), -len(entry[0]), entry[0])):
        if not 2 <= len(positions) <= RARE:
            continue
        for first, second in zip(positions, positions[1:], strict=False):
            if first not in found and taken[second] < 2:
                found[first] = second, term
                taken[second] += 1
    return found
