"""Words that are not personal data by themselves, and signs in a document that a phrase is a common noun."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

WORD = re.compile(r"[^\W_]+(?:['’&./-][^\W_]+)*")
# Not next to "@", "/", "_", a digit or an inner dot: "marianne.holt@unit.example" does not use a name as a common noun.
_SMALL = re.compile(r"(?<![\w@/.-])[a-zß-öø-ÿ][a-zß-öø-ÿ'-]*+(?![\w@/+]|\.\w)")
_ENDINGS = (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ly", ""))
# A determiner that proper names do not take: "each BCT", "a Forward Support Company".
_COUNTED = re.compile(
    r"\b(?:an?|each|every|any|another|these|those|both|all|most|many|several|other|two|three|four|no)[ ]"
    r"((?:[A-Z][\w/&-]*)(?:[ ][A-Z][\w/&-]*){0,4})"
)
_NAMED_ACRONYM = re.compile(r"\b[A-Z][\w'’-]{1,40}\s\([\"“'‘]?(?:the )?([A-Z][A-Za-z0-9&/-]{1,11})[\"”'’]?\)")
# "the NHT (Northern Harbor Trust)", "hereinafter “the NHT/B”"
_EXPLAINED_AFTER = re.compile(
    r"\b([A-Z][A-Za-z]?[A-Z][A-Z/-]{0,8})\s\([“\"'‘]?(?:the )?([A-Z][\w'’-]+(?:[ /][\w'’-]+){1,6})"
)
_HEREINAFTER = re.compile(r"\b(?:hereinafter|hereafter)[\w ,]{0,20}[“\"'‘](?:the )?([A-Z][A-Z/-]{1,10})[”\"'’]")
_PLURAL_ACRONYM = re.compile(r"\b([A-Z][A-Z0-9/&-]{1,9})s\b")
# "brigade combat team (BCT)": an acronym of words in lower case is a common noun.
_EXPLAINED_ACRONYM = re.compile(r"(?<![\w-])[a-z][a-z-]{1,40}\s\(([A-Z][A-Za-z0-9/&-]{1,11})\)")
_GLOSSED_ACRONYM = re.compile(r"^\s*\*?([A-Z][A-Z0-9/&-]{1,9})\s{1,8}[a-z][a-z-]{1,40}(?:[ ,][a-z]|\s*$)", re.MULTILINE)

# Generic words that are also names of people: after a title or rank they are taken for one.
_ALSO_NAMES = frozenset(
    "april august banks bell bill board bolt bond book booth bridge brook bush cable carter case chain "
    "chance chase church clay "
    "coil cook cooper court crane cross day dean deal draper drum fair fields field fisher fleet fletcher "
    "ford forest foster "
    "frank gates glass good grant gray green guard hall hand harbor harness head heater hill hose house hunter joy june "
    "justice keys king knight lamb lamp lane law lock long love mark march marsh mason may mine mines moody moon more noble "
    "north page parent park parker penny piper place plane pole pool pope porter post potter pound power "
    "price prince rice rich "
    "rivers roller rose round rush sailor salmon sands shepherd ship short skipper small smart snow south "
    "sparks speed spring "
    "steel stern stone street strong summer summers swan tanner tower trainer turner wall walker ward warden waters weaver "
    "webb weeks weir wells west wheeler white will winter wire wood woods worth young english marshall "
    "roach cannon archer major "
    "miles mills barker baker butler booker brewer carver chandler gunner guy jordan kelly lance marine "
    "ray rod sterling storm moses "
    "tyler wade winter drew fielding harding keeling manning browning fleming golding holding drake earl duke".split()
)


@lru_cache(maxsize=1)
def generic_words() -> frozenset[str]:
    """Return the lower-case words of doctrine, technology, offices and grammar in `generic_words.txt`, without `#` lines."""
    lines = Path(__file__).with_name("generic_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def is_generic(word: str) -> bool:
    """Return whether a word, in any case, singular or plural, with or without 's, names nobody and nothing in particular."""
    small = re.sub(r"['’]s?$", "", word.casefold())
    return not generic_words().isdisjoint(stems(small))


def stems(small: str) -> Iterator[str]:
    """Yield a lower-case word and the words it may be a form of: plural, past, -ing, -ly."""
    yield small
    for ending, put in _ENDINGS:
        if small.endswith(ending) and len(small) - len(ending) >= 3:
            yield small[: -len(ending)] + put


def may_be_name(word: str) -> bool:
    """Return whether a word can be a person's name where a title, a rank or a label says that a name follows."""
    return not is_generic(word) or word.casefold() in _ALSO_NAMES


def common_phrases(text: str) -> frozenset[str]:
    """Return the capitalized phrases that this text itself uses as common nouns, as written there.

    Three signs, none of which names of people or places show: a counting word before it ("each BCT"), a plural ("BCTs"), an
    explanation in lower case ("brigade combat team (BCT)").
    """
    phrases: set[str] = set()
    for pattern in (_COUNTED, _PLURAL_ACRONYM, _EXPLAINED_ACRONYM, _GLOSSED_ACRONYM):
        phrases.update(match[1] for match in pattern.finditer(text))
    return frozenset(phrases)


def named_acronyms(text: str) -> frozenset[str]:
    """Return the acronyms that this text explains by capitalized words, as in "Northern Harbor Trust (NHT)"."""
    after = (m[1] for m in _EXPLAINED_AFTER.finditer(text) if not all(is_generic(word) for word in WORD.findall(m[2])))
    before = (match[1] for pattern in (_NAMED_ACRONYM, _HEREINAFTER) for match in pattern.finditer(text))
    return frozenset((*before, *after))


def small_words(text: str) -> frozenset[str]:
    """Return every word that appears in lower case in the text's prose, which mail addresses and links are not."""
    return frozenset(_SMALL.findall(text))
