"""Notice that a model only repeats itself: small ones, asked for the likeliest words, may do so without end."""

TIMES, CHARACTERS = 4, 240  # that a phrase stands at the end of an answer in a row: so often, and over so many characters
SHORTEST, LONGEST = 12, 300  # characters of a phrase


def repeats(text: str) -> bool:
    """Return whether a text ends with the same phrase several times in a row, wherever in the phrase it breaks off.

    A phrase without letters or digits, such as the cells of an empty table, does not count.
    """
    return any(_ends_with_period(text, length) for length in range(SHORTEST, min(LONGEST, len(text) // TIMES) + 1))


def _ends_with_period(text: str, length: int) -> bool:
    whole = max(TIMES, -(-CHARACTERS // length)) * length
    is_repeated = len(text) >= whole and text[-whole:-length] == text[len(text) - whole + length :]
    return is_repeated and any(map(str.isalnum, text[-length:]))
