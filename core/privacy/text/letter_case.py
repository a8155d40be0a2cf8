"""A text as a model for ordinary prose reads it best: names with a capital, whatever case they are written in.

Everything here keeps the number of characters, so that offsets stay right.
"""

import re
from collections.abc import Set

from core.privacy.text.vocabulary import WORD, common_phrases, is_generic, may_be_name

_SHOUTED = re.compile(r"\b[^\W\d_a-zß-öø-ÿ]{5,}\b")
# A name follows these, also one that is a common word: "mr mark rose".
_TITLED = re.compile(
    r"\b(?:(?:mr|mrs|ms|miss|dr|prof|sir|sergeant|corporal|lieutenant|captain|colonel|sgt|cpl|pte|capt|maj|lt)\.?|name:) "
    r"(?P<name>[^\W\d_]+(?:['’-][^\W\d_]+)*)"
)
_POSSESSIVE = re.compile(r"['’]S$")
# Not beside what stands in code, paths and addresses: "core/words.py", "marianne.holt@unit.example".
_SMALL_WORD = re.compile(r"(?<![\w@/.\\`=-])[^\W\d_]+(?:['’-][^\W\d_]+)*+(?![\w@/\\`=(]|[.-]\w)")
# Where one stretch of writing ends: after a sentence, at a blank line, before a line of a chat ("[10:40] …", "orla: …").
_STRETCH_END = re.compile(
    r"(?<=[^\W\d_]{2}[.!?])\s+|\n[^\S\n]*\n\s*|\n(?=[^\n]{0,30}?\d:\d\d|<\w|[^\W\d_]+(?:[ ][^\W\d_]+){0,2}:[ ])"
)


def capitalized(text: str) -> str:
    """Return the text with a capital on each word that is not generic, in every stretch that holds no capital at all.

    Stretch by stretch, so that one "OK" in a chat does not change how the rest of it is read.
    """
    parts: list[str] = []
    at = 0
    for end in (*(match.end() for match in _STRETCH_END.finditer(text)), len(text)):
        stretch = text[at:end]
        parts.append(_capitalized(stretch) if stretch == stretch.lower() else stretch)
        at = end
    return "".join(parts)


def with_capitals(text: str, words: Set[str]) -> str:
    """Return the text with a capital on each word that it writes in small letters and that is one of `words`."""
    return WORD.sub(lambda word: _title(word[0]) if word[0] in words else word[0], text) if words else text


def unshouted(text: str) -> str:
    """Return the text with words of five capitals or more in small letters, with a capital where they are not generic.

    An acronym that this text explains stays.
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
    return _TITLED.sub(lambda found: _title(found[0]) if may_be_name(found["name"]) else found[0], words)


def _title(word: str) -> str:
    """The word with capitals, the "s" of "tarkwell's" left small."""
    return _same_length(word, _POSSESSIVE.sub(lambda end: end[0].lower(), word.title()))


def _same_length(old: str, new: str) -> str:
    """`new` unless changing case changed the number of characters (as with "ß")."""
    return new if len(new) == len(old) else old
