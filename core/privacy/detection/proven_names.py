"""Names of people that a text proves: by a title or rank, a label, a mail address, or by giving them in full.

If a text also writes a word in lower case ("the pressure rose"), a doubtful detection of it is taken for a common word. That
does not count against a proven name: one line of a chat ("[10:40] orla tarkwell: on my way") must not uncover Orla Tarkwell.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from core.detectors import RULES
from core.privacy.detection.trimming import trim
from core.privacy.entities import NAMES
from core.privacy.recognizers.people.given_names import is_given_name
from core.privacy.recognizers.people.name_forms import is_particle
from core.privacy.text.vocabulary import WORD, generic_words, is_generic, may_be_name
from core.records import Detection

_TOKEN = re.compile(r"\w+")
_MAIL_NAME = re.compile(r"([\w.+'’-]{3,64})@[\w-]")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_JOINED = re.compile(r"[^\W\d_]+['’-][^\W\d_]+")
_LIST = re.compile(r",|&|\band\b")
# A lower-case word after an article is not a name: "the rites", "each ember".
_NOUN = re.compile(r"\b(?:[Tt]he|[Aa]n?|[Ee]ach|[Ee]very|[Aa]ny|[Tt]hese|[Tt]hose|[Aa]ll|[Ss]uch) ([a-zß-öø-ÿ]+)")
_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s")


def proven_words(text: str, detections: Iterable[Detection]) -> frozenset[str]:
    """Return the words, in lower case, of every name that `text` proves.

    A full name that only one model found, without a known given name, proves nothing if all its words also follow an article
    in lower case ("the religious rites"). If it is in capitals, or was not taken for a person, one such word is enough.

    Args:
        text: the text that was searched.
        detections: what models and rules found in it, unfiltered.
    """
    named: defaultdict[str, list[Detection]] = defaultdict(list)
    for value, finding in _named(text, detections):
        named[value].append(finding)
    words = _spelled_in_mail(text)
    doubtful = []
    for value, findings in named.items():
        finders = {finding.detector for finding in findings}
        if RULES in finders or len(finders) > 1 or is_given_name(value.split()[0]):
            words.update(name_words(value))
        else:
            is_weak = value.isupper() or all(finding.entity != "PERSON" for finding in findings)
            doubtful.append((value, is_weak))
    nouns = {match[1] for match in _NOUN.finditer(text)} if doubtful else set()
    for value, is_weak in doubtful:
        told = {word.casefold() for word in WORD.findall(value) if len(word) > 1}
        if told.isdisjoint(nouns) or not (is_weak or told <= nouns):
            words.update(name_words(value))
    return frozenset(words)


def name_words(value: str) -> Iterator[str]:
    """Yield each word of a name that may stand for it, in lower case; of "Mukherjee-Blythe" also both parts."""
    for word in WORD.findall(value):
        parts = _TOKEN.findall(word)
        if len(word) > 1 and not is_particle(word) and not (len(parts) > 1 and all(map(is_generic, parts))):
            yield from {word.casefold(), *(part.casefold() for part in parts if len(part) > 1 and not is_particle(part))}


def is_full_name(value: str, entity: str) -> bool:
    """Return whether a value has the form of a person's full name, whatever type of name a model takes it for.

    That is two or more capitalized words, none of which names a thing, or a surname with an initial. If the model does not
    see a person, a common word is allowed only after a given name: "Mark Rose", but not "Field House".
    """
    words = WORD.findall(value)
    telling = [word for word in words if len(word) > 1 and not is_particle(word)]
    if len(words) < 2 or len(telling) < (1 if entity == "PERSON" else 2) or any(map(_has_digit, words)):
        return False
    if not all(_is_large(word) and _may_be_part(word) and not _PLURAL_ACRONYM.fullmatch(word) for word in telling):
        return False
    is_given = is_given_name(telling[0])
    if entity != "PERSON":
        return not _LIST.search(value) and (is_given or not any(map(is_generic, telling)))
    return is_given or any(len(word) > 2 and not is_generic(word) for word in telling)


def _named(text: str, detections: Iterable[Detection]) -> Iterator[tuple[str, Detection]]:
    """Yield the names of people that rules found and the full names that models found."""
    for finding in detections:
        if finding.entity not in NAMES:
            continue
        if finding.detector == RULES:
            if finding.entity == "PERSON":
                yield text[finding.start : finding.end], finding
            continue
        values = [text[start:end] for start, end in trim(text, finding.start, finding.end)]
        broken = [" ".join(values)] if len(values) == 2 else []  # "Hannah\nMerrick"
        yield from ((value, finding) for value in (*values, *broken) if is_full_name(value, finding.entity))


def _spelled_in_mail(text: str) -> set[str]:
    """Return words before the "@" of mail addresses that may be names; "obrien" also gives the "o'brien" of this text."""
    locals_ = (match[1].casefold() for match in _MAIL_NAME.finditer(text))
    words = {word for local in locals_ for word in _NO_LETTERS.split(local) if len(word) > 2 and not is_generic(word)}
    joined = (match[0].casefold() for match in _JOINED.finditer(text)) if words else ()
    return words.union(word for word in joined if _NO_LETTERS.sub("", word) in words)


def _is_large(word: str) -> bool:
    """Return whether a word, or a part of it as in "d'Orsay", begins with a capital."""
    return any(part[0].isupper() for part in _TOKEN.findall(word))


def _may_be_part(word: str) -> bool:
    """Return whether a word may be part of a name; "Moses" is not the plural of "MOS"."""
    return may_be_name(word) or word.casefold() not in generic_words()


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
