"""Halves of characters: JSON and some programs write an emoji in two halves, and a program that cuts texts leaves one.

Python calls them lone surrogates. No text file can store them.
"""

import re

_HALF = re.compile("[\ud800-\udfff]")


def joined_halves(text: str) -> str:
    """Put neighboring halves together; a half without its other half stays."""
    if not _HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def half_place(text: str) -> int | None:
    """Return the position of the first half character, from 1; None if there is none."""
    found = _HALF.search(text)
    return found.start() + 1 if found else None


def is_first_half(character: str) -> bool:
    """Return whether the other half of a character has to follow."""
    return "\ud800" <= character <= "\udbff"


def shown(text: str) -> str:
    """Return a text that can be shown and stored: U+FFFD stands for each half."""
    return _HALF.sub("\ufffd", text)
