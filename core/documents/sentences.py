"""Rule-based sentence splitting, linear in the length of the text and fast enough for 200 MB."""

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?][\"')\]”’]*(?=\s)|\n")
_LABEL = re.compile(r"(?:\(?[A-Za-z0-9]{1,3}[.)]|(?:\d{1,3}|[A-Z])-\d{1,3}\.|\d+(?:\.\d+)+\.?|[•*+–-])")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st gen col lt maj capt sgt cpl pvt adm rep sen gov rev hon inc ltd co corp no nos vol vs "
    "fig figs sec para ch pp pg app art ed eds dept est approx ca cf al etc e.g i.e u.s u.k a.m p.m op cit ibid".split()
)
_MAY_END = frozenset({"etc", "inc", "ltd", "co", "corp", "a.m", "p.m", "u.s", "u.k", "al", "jr", "sr"})


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence, without surrounding white space. A line break always ends a sentence."""
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if match.group() != "\n" and not _ends_sentence(text, start, match):
            continue
        piece = _trimmed(text, start, end)
        if piece:
            if match.group() != "\n" and _LABEL.fullmatch(text, *piece):
                continue  # "1-12." and "a)" belong to the sentence that follows
            yield piece
        start = end
    piece = _trimmed(text, start, len(text))
    if piece:
        yield piece


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    if match.group()[0] != ".":
        return True
    after = text[match.end() : match.end() + 40].lstrip()[:1]
    if after.islower():
        return False
    word = text[max(start, match.start() - 24) : match.start()].rsplit(None, 1)[-1:]
    bare = word[0].lstrip("(\"'“‘[").lower() if word else ""
    if bare in _ABBREVIATIONS:
        return bare in _MAY_END and (after.isupper() or not after) and bare not in {"u.s", "u.k"}
    return not (len(bare) == 1 and bare.isalpha() and after.isupper() and match.start() - start > 2)  # "J. Smith"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if end > start else None
