"""Reducing what a language model found to the name: without articles, titles and punctuation, line by line."""

import re
from collections.abc import Iterator

from core.language.english.function_words import ARTICLES, COMMON_PREPOSITIONS
from core.privacy.recognizers.people.titles import RANK, TITLE
from core.privacy.recognizers.rule import Bounds

_SEPARATOR = re.compile(r"\s*[\n\r\t|;•]+\s*>*\s*")
_NO_START = ARTICLES | COMMON_PREPOSITIONS - {"as"} | {"this", "that", "and"}
_EDGES = re.compile(rf"^[\W_]*(?:(?:{'|'.join(sorted(_NO_START))})\s+)*[^\w(]*", re.IGNORECASE)
_TAIL = re.compile(r"(?:['’]s?)?[^\w.)]*$")
_FULL_STOP = re.compile(r"[^\W\d_]{4,}\.$")
_RANK_BEFORE = re.compile(rf"(?:(?:{RANK}|{TITLE})\.?\s+)+")
# "the Turkish Government", "Mark Summers QC": words that identify nobody, after words that do.
_COMMON_TAIL = re.compile(
    r"(?<=\w)(?:,?[ ](?:Government|authorities|nationals?|QC|KC|(?:Deputy )?Section Registrar|Circuit Judges?|Respondents?)|"
    r",? J\.?)$"
)


def trim(text: str, start: int, end: int) -> Iterator[Bounds]:
    """Yield the bounds of each name in `text[start:end]`, split at line ends and other separators."""
    at = start
    for separator in [*_SEPARATOR.finditer(text, start, end), None]:
        stop = separator.start() if separator else end
        bounds = _trimmed(text, at, stop)
        if bounds[0] < bounds[1]:
            yield bounds
        at = separator.end() if separator else end


def _trimmed(text: str, start: int, end: int) -> Bounds:
    head = _EDGES.match(text[start:end])
    start += head.end() if head else 0
    tail = _TAIL.search(text, start, end)
    end = tail.start() if tail else end
    end -= 1 if _FULL_STOP.search(text, start, end) else 0
    common = _COMMON_TAIL.search(text, start, end)
    end = common.start() if common else end
    rank = _RANK_BEFORE.match(text, start, end)
    return (rank.end() if rank else start), end
