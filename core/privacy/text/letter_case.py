"""Letter case as a model for ordinary prose reads it best: names with a capital, whatever case they are written in.

Every function here preserves the number of characters, so that offsets stay valid.
"""

import re
from collections.abc import Set

from core.privacy.text.vocabulary import WORD, common_phrases, is_generic, may_be_name

_SHOUTED = re.compile(r"\b[^\W\d_a-zß-öø-ÿ]{5,}\b")
# A name follows these, even one that is also a common word: "mr mark rose".
_TITLED = re.compile(
    r"\b(?:(?:mr|mrs|ms|miss|dr|prof|sir|sergeant|corporal|lieutenant|captain|colonel|sgt|cpl|pte|capt|maj|lt)\.?|name:) "
    r"(?P<name>[^\W\d_]+(?:['’-][^\W\d_]+)*)"
)
_POSSESSIVE = re.compile(r"['’]S$")
# A word, but no part of code, a path or an address: "core/words.py", "marianne.holt@unit.example".
_SMALL_WORD = re.compile(r"(?<![\w@/.\\`=-])[^\W\d_]+(?:['’-][^\W\d_]+)*+(?![\w@/\\`=(]|[.-]\w)")
# Where a stretch of text ends: after a sentence, at a blank line, before a line of a chat ("[10:40] …", "orla: …").
_STRETCH_END = re.compile(
    r"(?<=[^\W\d_]{2}[.!?])\s+|\n[^\S\n]*\n\s*|\n(?=[^\n]{0,30}?\d:\d\d|<\w|[^\W\d_]+(?:[ ][^\W\d_]+){0,2}:[ ])"
)


def capitalized(text: str) -> str:
    """Return the text with every non-generic word capitalized in each stretch that contains no capital at all.

    Going stretch by stretch keeps one "OK" in a chat from changing how the rest of it is read.
    """
    parts: list[str] = []
    at = 0
    for end in (*(match.end() for match in _STRETCH_END.finditer(text)), len(text)):
        stretch = text[at:end]
        parts.append(_capitalized(stretch) if stretch == stretch.lower() else stretch)
        at = end
    return "".join(parts)


def with_capitals(text: str, words: Set[str]) -> str:
    """Return the text with each lowercase word that is one of `words` capitalized."""
    return WORD.sub(lambda word: _title(word[0]) if word[0] in words else word[0], text) if words else text


def unshouted(text: str) -> str:
    """Return the text with words of five or more capitals in lowercase, or in title case if they are not generic.

    Acronyms that the text explains or uses as common nouns stay as they are.
    """
    acronyms = common_phrases(text)
    return _SHOUTED.sub(
        lambda match: (
            match[0]
            if match[0] in acronyms
            else _same_length(match[0], match[0].lower() if is_generic(match[0]) else match[0].title())
        ),
        text,
    )


def _capitalized(stretch: str) -> str:
    words = _SMALL_WORD.sub(lambda word: word[0] if is_generic(word[0]) else _title(word[0]), stretch)
    return _TITLED.sub(lambda match: _title(match[0]) if may_be_name(match["name"]) else match[0], words)


def _title(word: str) -> str:
    """Return the word in title case, with the "s" of "tarkwell's" left lowercase."""
    return _same_length(word, _POSSESSIVE.sub(lambda end: end[0].lower(), word.title()))


def _same_length(old: str, new: str) -> str:
    """Return `new`, or `old` if changing case changed the number of characters (as with "ß")."""
    return new if len(new) == len(old) else old
