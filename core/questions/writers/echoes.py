"""Small models sometimes write down what they were told to do instead of doing it."""

import re

RUN = 5  # words in a row that hardly occur twice by chance
SHARE = 0.5  # of the words of a text, from which it repeats the instructions
_WORD = re.compile(r"\w+")


def repeats(text: str, instructions: str) -> bool:
    """Return whether half of the words of `text` or more stand in the instructions, in runs of at least five.

    >>> repeats("A question must be clear to somebody.", "Rules: a question must be clear to somebody who does not see it.")
    True
    >>> repeats("What must be clear of oil?", "Rules: a question must be clear to somebody who does not see it.")
    False
    """
    words, told = _WORD.findall(text.lower()), _WORD.findall(instructions.lower())
    runs = {tuple(told[at : at + RUN]) for at in range(len(told) - RUN + 1)}
    found = {
        place for at in range(len(words) - RUN + 1) if tuple(words[at : at + RUN]) in runs for place in range(at, at + RUN)
    }
    return len(found) >= SHARE * len(words) > 0
