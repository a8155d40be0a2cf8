"""Counted nouns, worded the same on the command line and in the dashboard."""


def counted(number: int, word: str, many: str = "") -> str:
    """Return a count with its noun, such as `1 mark` or `1,204 marks`; pass `many` if the plural is irregular."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"
