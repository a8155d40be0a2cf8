"""Notice that a model only repeats itself: small ones, asked for the likeliest words, may do so without end."""

from collections.abc import Generator

from core.models.text import Pace

TIMES, CHARACTERS = 4, 240  # that a phrase stands at the end of an answer in a row: so often, and over so many characters
SHORTEST, LONGEST = 12, 300  # characters of a phrase
EVERY = 60  # new characters between two looks


def until_repeating(stream: Generator[str, None, Pace], *, begun: str = "") -> Generator[str, None, Pace]:
    """Yield the pieces of an answer until it only repeats itself, which stops the model; return its pace.

    Args:
        stream: an answer, as from `ChatModel.stream`.
        begun: what was written of it before.
    """
    text, looked_at, count = begun, len(begun), 0
    try:
        while True:
            try:
                piece = next(stream)
            except StopIteration as end:
                pace: Pace = end.value
                return pace
            yield piece
            text, count = text + piece, count + 1
            if len(text) - looked_at >= EVERY:
                text, looked_at = text[-TIMES * LONGEST :], min(len(text), TIMES * LONGEST)
                if repeats(text):
                    return Pace(
                        read_count=0,
                        cached_count=0,
                        token_count=count,
                        tokens_per_second=None,
                        is_complete=False,
                        is_repeating=True,
                    )
    finally:
        stream.close()


def repeats(text: str) -> bool:
    """Return whether a text ends with the same phrase several times in a row, wherever in the phrase it breaks off.

    A phrase without letters or digits, such as the cells of an empty table, does not count.
    """
    return any(_ends_with_period(text, length) for length in range(SHORTEST, min(LONGEST, len(text) // TIMES) + 1))


def _ends_with_period(text: str, length: int) -> bool:
    whole = max(TIMES, -(-CHARACTERS // length)) * length
    is_repeated = len(text) >= whole and text[-whole:-length] == text[len(text) - whole + length :]
    return is_repeated and any(map(str.isalnum, text[-length:]))
