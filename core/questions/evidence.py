"""Find where a text says what a quote says: word for word, then nearly so. What is not found is no evidence.

>>> find_evidence("closed by  HAND", "The valve is closed by hand.")
Evidence(start=13, end=27)
>>> find_evidence("Change it every 90 days.", "Change it every 60 days.") is None
True
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from core.language.english.function_words import NEGATIONS

NEAR = 90.0  # of 100: how alike quote and text must be (rapidfuzz's partial ratio)
SHORTEST_NEAR = 16  # characters: shorter quotes are found word for word or not at all
_WORD = re.compile(r"\w+(?:[.,]\d+)*")
_WORD_OR_MARK = re.compile(r"\w+|[^\w\s]")
_ALIKE = str.maketrans(
    {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—−\u00ad", "-"), "\u00a0": " "}
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a quote was found: characters `start` to `end` of the text."""

    start: int
    end: int


def find_evidence(quote: str, text: str) -> Evidence | None:
    """Return where `text` says what `quote` says, or None if it does not.

    Case, kinds of quotation marks and dashes, and the amount of white space do not matter. Else up to a tenth of the
    characters may differ, as where a model mends a hyphen or leaves a word out, but neither a number nor a negation.
    """
    sought, plain = _plain(quote).strip().strip("\"'").strip(), _plain(text)
    if not _WORD.search(sought):
        return None
    return _word_for_word(sought, plain) or _nearly(sought, plain)


def _plain(text: str) -> str:
    """Return the text with each character as plain as can be; it stays as long as it was, so that offsets hold."""
    return "".join(map(_plain_character, text.translate(_ALIKE)))


def _plain_character(character: str) -> str:
    if character.isspace():
        return " "
    plain = unicodedata.normalize("NFKD", character)[:1].lower()
    return plain if len(plain) == 1 and not plain.isspace() else character


def _word_for_word(sought: str, plain: str) -> Evidence | None:
    """Find the words of the quote one after the other, with any white space between them and no letter at either end."""
    words = r"\s+".join(map(re.escape, sought.split()))
    begin = r"(?<!\w)" if re.match(r"\w", sought) else ""
    end = r"(?!\w)" if re.search(r"\w$", sought) else ""
    found = re.search(f"{begin}{words}{end}", plain)
    return Evidence(*found.span()) if found else None


def _nearly(sought: str, plain: str) -> Evidence | None:
    if len(sought) < SHORTEST_NEAR or len(sought) > len(plain) + len(sought) // 10:
        return None
    from rapidfuzz import fuzz

    found = fuzz.partial_ratio_alignment(sought, plain, score_cutoff=NEAR)
    if found is None:
        return None
    start, end = _best_words(sought, plain, found.dest_start, found.dest_end)
    says_the_same = _decisive(sought) == _decisive(plain[start:end])
    return Evidence(start, end) if says_the_same else None


def _best_words(sought: str, plain: str, start: int, end: int) -> tuple[int, int]:
    """Return the whole words most like the quote: rapidfuzz's window is as long as the quote and cuts words.

    The ends move by a word or mark at a time, as long as that helps.
    """
    from rapidfuzz import fuzz

    words = [word.span() for word in _WORD_OR_MARK.finditer(plain)]
    first = next(number for number, (_, until) in enumerate(words) if until > start)
    last = max((number for number, (since, _) in enumerate(words) if since < end), default=first)

    def likeness(ends: tuple[int, int]) -> float:
        return fuzz.ratio(sought, plain[words[ends[0]][0] : words[ends[1]][1]])

    best = first, last
    while True:
        first, last = best
        ways = ((first - 1, last), (first + 1, last), (first, last - 1), (first, last + 1))
        near = [(left, right) for left, right in ways if 0 <= left <= right < len(words)]
        best = max([best, *near], key=likeness)
        if best == (first, last):
            return words[first][0], words[last][1]


def _decisive(text: str) -> Counter[str]:
    """Count the words that must not differ: those with a digit, and negations."""
    return Counter(word for word in _WORD.findall(text) if word in NEGATIONS or any(map(str.isdigit, word)))
