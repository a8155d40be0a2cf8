"""What a text must contain for an expression to match in it: a digit, an "@", a colon. Cheaper to see than to search.

This is derived from the expression by Python's own parser, so that no rule has to state it and none can state it wrong.
"""

import re
from collections.abc import Iterable, Iterator
from functools import reduce
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

DIGIT = "0"  # stands for every decimal digit of any script, as `\d` does
Need = frozenset[str]  # one of these characters must occur
_MOST = 8  # nearly every text meets a need of more characters, so it is left out
_DIGITS = re.compile(r"\d")


def needs(pattern: re.Pattern[str]) -> frozenset[Need]:
    """Return the needs of a pattern: a text that it matches in has a character of each.

    No need contains letters, because their case may not matter.
    """
    return frozenset(_of_all(parser.parse(pattern.pattern, pattern.flags)))


def marks(text: str) -> frozenset[str]:
    """Return the characters of `text`, with `DIGIT` if there is any digit."""
    return frozenset(text) | (frozenset(DIGIT) if _DIGITS.search(text) else frozenset())


def _of_all(items: Iterable[Any]) -> Iterator[Need]:
    for kind, value in items:
        yield from (need for need in _of(kind, value) if need and len(need) <= _MOST)


def _of(kind: Any, value: Any) -> Iterator[Need]:
    if kind is code.LITERAL:
        yield _characters(value, value)
    elif kind is code.IN:
        yield reduce(_either, (_of_member(*member) for member in value))
    elif kind is code.BRANCH:
        yield reduce(_either, (min(_of_all(items), key=len, default=frozenset()) for items in value[1]))
    elif kind is code.SUBPATTERN:
        yield from _of_all(value[-1])
    elif kind in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        yield from _of_all(value[2]) if value[0] else ()
    elif kind is code.ASSERT:
        yield from _of_all(value[1])
    elif kind is code.ATOMIC_GROUP:
        yield from _of_all(value)


def _either(one: Need, other: Need) -> Need:
    """Return what is needed if one of two alternatives is; nothing if one of them needs nothing."""
    return one | other if one and other else frozenset()


def _of_member(kind: Any, value: Any) -> Need:
    if kind is code.LITERAL:
        return _characters(value, value)
    if kind is code.RANGE:
        return _characters(*value)
    return frozenset(DIGIT) if kind is code.CATEGORY and value is code.CATEGORY_DIGIT else frozenset()


def _characters(first: int, last: int) -> Need:
    """Return the characters from `first` to `last`; none if one is a letter or there are more than ten."""
    if last - first > 9:
        return frozenset()
    characters = [chr(number) for number in range(first, last + 1)]
    if any(c.isalnum() and not c.isdecimal() for c in characters):
        return frozenset()
    return frozenset(DIGIT if c.isdecimal() else c for c in characters)
