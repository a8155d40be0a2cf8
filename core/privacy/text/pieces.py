"""Splitting long text at the ends of paragraphs and sentences into pieces that a network can read at once."""

from collections.abc import Iterator

MAX_CHARACTERS = 2_000
OVERLAP = 400  # characters read twice where a value may lie across the cut
_ENDS = ("\n\n", "\n", ". ", "? ", "! ")  # clean cuts, the best first
_GAPS = ("; ", " ")  # cuts between words, perhaps within a name


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield pieces of at most `MAX_CHARACTERS` with their offsets; together they cover the text.

    Each piece ends after the best break in its second half, or exactly at the most if there is none. If that is not the end
    of a line or sentence, the next piece begins up to `OVERLAP` characters earlier, so that a value across the cut lies
    whole in one of the two if it is no longer than half the overlap.
    """
    start = 0
    while len(text) - start > MAX_CHARACTERS:
        end, is_clean = _cut(text, start)
        yield start, text[start:end]
        start = end if is_clean else _start_before(text, end)
    if start < len(text):
        yield start, text[start:]


def _cut(text: str, start: int) -> tuple[int, bool]:
    """Return where the piece that begins at `start` ends, and whether the cut is clean: no value can lie across it."""
    for mark in (*_ENDS, *_GAPS):
        at = text.rfind(mark, start + MAX_CHARACTERS // 2, start + MAX_CHARACTERS)
        if at >= 0:
            return at + len(mark), mark in _ENDS
    return start + MAX_CHARACTERS, False


def _start_before(text: str, end: int) -> int:
    """Return the position `OVERLAP` characters before `end`, moved past the next space if that keeps half the overlap."""
    at = text.find(" ", end - OVERLAP, end - OVERLAP // 2)
    return at + 1 if at >= 0 else end - OVERLAP
