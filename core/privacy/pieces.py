"""Long text cut into pieces that a network reads at once, at the ends of paragraphs and sentences."""

from collections.abc import Iterator

MAX_CHARACTERS = 2_000
_BREAKS = ("\n\n", "\n", ". ", "? ", "! ", "; ", " ")  # the best place to cut first


def pieces(text: str, limit: int = MAX_CHARACTERS) -> Iterator[tuple[int, str]]:
    """Pieces of at most `limit` characters with their offsets; joined they are the text.

    Each ends after the best break of its second half, or hard at `limit` where there is none.
    """
    start = 0
    while len(text) - start > limit:
        end = start + limit
        for mark in _BREAKS:
            at = text.rfind(mark, start + limit // 2, end)
            if at >= 0:
                end = at + len(mark)
                break
        yield start, text[start:end]
        start = end
    if start < len(text):
        yield start, text[start:]
