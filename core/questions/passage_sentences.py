"""The sentences, list items and headings of a passage, without the numbers and bullets before them.

Text that lost its line breaks has headings and numbered paragraphs in the middle of a line; no sentence crosses these.
"""

import re
from collections.abc import Iterator

from core.language.sentences import sentences

# The bullets of a list, for use inside a character class of an expression; office files keep theirs in the private area.
BULLETS = r"\ue000-\uf8ff•▪●○◦‣"
# A numbered paragraph ("1-14. The …", "A-7. …", "3.2.1 The …") or a bullet begins a sentence wherever it stands.
_MARKER = re.compile(
    r"(?:(?<=\s)|^)(?:[A-Z]?\d*-\d+\.|(?:\d+\.)+\d*\)?|\d+\)|\([a-z0-9]{1,2}\)|[A-Za-z]\.(?=\s+[A-Z])|["
    + BULLETS
    + r"·*–—-])\s+(?=\S)"
)
_RUN_IN = re.compile(
    r"(?:[A-Z][\w’'&/-]*\s+(?:(?:of|and|the|for|in)\s+)?){1,7}?(?=(?:An?|The) [a-z])"
    r"|(?:(?:[A-Z]{2,} ){2,}|[A-Z]{7,} )(?=[A-Z][a-z])"
)


def passage_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every sentence, list item and heading of `text`, without numbering and outer blanks."""
    for block_start, block_end in _blocks(text):
        for start, end in sentences(text, block_start, block_end, ended_by="blank line"):
            yield from _without_numbering(text, start, end)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each paragraph, list item and heading; no sentence crosses their boundaries."""
    cuts = {0, len(text)}
    cuts.update(match.end() for match in re.finditer(r"\n[ \t]*\n", text))
    cuts.update(match.start() for match in _MARKER.finditer(text) if _is_marker(text, match))
    for match in re.finditer(r"[^\n]*\n", text):  # a short line without a period is a heading or a table row
        line = match.group().strip()
        if line and len(line) < 60 and line[-1] not in ".,;!?-–" and text[match.end() : match.end() + 1].isupper():
            cuts.add(match.end())
            cuts.add(match.start())
    ordered = sorted(cuts)
    yield from zip(ordered, ordered[1:], strict=False)


def _is_marker(text: str, match: re.Match[str]) -> bool:
    """Return whether a match is a bullet or number that begins an item, rather than a dash or number in running text."""
    before = text[: match.start()].rstrip(" \t")
    if not before or before.endswith("\n"):
        return True
    mark = match.group().strip()
    return bool(re.fullmatch(f"[{BULLETS}]", mark)) or (
        bool(re.fullmatch(r"[A-Z]?\d*-\d+\.", mark)) and text[match.end()].isupper()
    )


def _without_numbering(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the sentence without its bullet, number or run-in heading ("Alert States An alert state is …").

    Nothing is yielded if nothing is left.
    """
    if marker := _MARKER.match(text, start):
        start = min(marker.end(), end)
    if heading := _RUN_IN.match(text, start, end):
        start = heading.end()
    if start < end:
        yield start, end
