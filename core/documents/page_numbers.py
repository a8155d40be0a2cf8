"""Patterns for page numbers and for the notices on blank pages."""

import re

_ROMAN = r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
_SECTION = r"[A-Z][a-z]{2,14}(?: [A-Z][a-z]{2,14})?|[A-Z]|\d{1,2}"  # of "Glossary-3", "Source Notes-1", "B-7", "4-12"
PAGE_NUMBER = re.compile(rf"(?<!\S)(?:(?P<section>{_SECTION})[-–])?(?P<number>\d{{1,4}}|{_ROMAN})(?!\S)")
LEFT_BLANK = re.compile(r"(?i)\s*\bthis page (?:is )?(?:intentionally left blank|left blank intentionally)\b\.?")
FEWEST_PAGES = 4  # pages that must count up before their numbers count as page numbers


def page_value(match: re.Match[str]) -> tuple[str, int]:
    """Return the section and number of a `PAGE_NUMBER` match: ("4", 12) for "4-12", ("", 9) for "ix"."""
    number = match["number"]
    return match["section"] or "", int(number) if number.isdigit() else _roman(number)


def _roman(number: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50}[letter] for letter in number]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))
