"""Words without their common English endings, so that "valves" and "valve" are one."""

import re

_ENDING = re.compile(r"(?<=\w{3})(?:ings?|ed|es|e|ly|s)\Z")


def stem(word: str) -> str:
    """Return a lowercase word without a common ending; a word of up to four letters stays as it is."""
    return _ENDING.sub("", word) if len(word) > 4 else word
