"""Long text cut into pieces that a network reads at once, at the ends of paragraphs and sentences."""

from collections.abc import Iterator

MAX_CHARACTERS = 2_000
OVERLAP = 400  # characters read twice where a value may lie across the cut
_ENDS = ("\n\n", "\n", ". ", "? ", "! ")  # the best place to cut first
_GAPS = ("; ", " ")  # between words, of one name perhaps


def pieces(text: str, limit: int = MAX_CHARACTERS) -> Iterator[tuple[int, str]]:
    """Pieces of at most `limit` characters with their offsets; together they cover the text.

    Each ends after the best break of its second half, or hard at `limit` where there is none. Where that is no end of a
    line or a sentence the next piece begins up to `OVERLAP` characters before, so that a value across the cut, if it is
    no longer than half of that, stands whole in one of them.
    """
    start = 0
    while len(text) - start > limit:
        end, is_clean = _cut(text, start, limit)
        yield start, text[start:end]
        start = end if is_clean else _start_before(text, end, min(OVERLAP, limit // 4))
    if start < len(text):
        yield start, text[start:]


def _cut(text: str, start: int, limit: int) -> tuple[int, bool]:
    """Where the piece that begins at `start` ends, and whether no value can lie across that."""
    for mark in (*_ENDS, *_GAPS):
        at = text.rfind(mark, start + limit // 2, start + limit)
        if at >= 0:
            return at + len(mark), mark in _ENDS
    return start + limit, False


def _start_before(text: str, end: int, overlap: int) -> int:
    """`overlap` characters before `end`, or behind the first space after that, if half of them are left."""
    at = text.find(" ", end - overlap, end - overlap // 2)
    return at + 1 if at >= 0 else end - overlap
