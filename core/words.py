"""Numbers in words, the same on the command line and on the pages."""


def counted(number: int, word: str, many: str = "") -> str:
    """`1 mark`, `1,204 marks`; `many` where the plural is not made with an s."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"
