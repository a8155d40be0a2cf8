"""Dates moved by whole weeks, written the way they were written, so that intervals and weekdays survive."""

import re
from datetime import date, timedelta

_MONTHS = "january february march april may june july august september october november december".split()
_NAME = r"(?P<month>[A-Za-z]{3,9})\.?"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?!\d)",
        r"(?P<day>\d{1,2})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})(?!\d)",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -]{_NAME}(?:,?[ -](?P<year>\d{{4}}))?(?!\d)",
        rf"{_NAME} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<year>\d{{4}}))?",
        rf"{_NAME},?[ -](?:of )?(?P<year>\d{{4}})",
        rf"(?P<day>\d{{2}})\d{{4}}\s?[A-Z]\s?{_NAME}\s?(?P<year>\d{{4}}|\d{{2}})?(?!\d)",
        r"(?P<year>(?:1[6-9]|20)\d{2})",
    )
)


def shifted(value: str, weeks: int) -> str | None:
    """The first date in `value` moved by `weeks` weeks, the rest unchanged; None when no date is read.

    A date without a year moves as in 2023, one without a day by the 15th; a lone year by the nearest number of years.
    """
    for shape in _SHAPES:
        match = shape.search(value)
        if match:
            moved = _moved(match, weeks)
            if moved:
                return value[: match.start()] + moved + value[match.end() :]
    return None


def _moved(match: re.Match[str], weeks: int) -> str | None:
    parts = match.groupdict()
    year, day = parts.get("year"), parts.get("day")
    if not parts.get("month"):
        return str(int(year or 0) + round(weeks * 7 / 365.25)).zfill(4)
    month = _month_number(parts["month"])
    swap = bool(day) and parts["month"].isdigit() and month > 12
    first = (month, int(day or 15)) if not swap else (int(day or 15), month)
    full_year = int(year) + (2000 if len(year) == 2 else 0) if year else 2023
    try:
        moved = date(full_year, *first) + timedelta(weeks=weeks)
    except (ValueError, OverflowError):
        return None
    new_month, new_day = (moved.day, moved.month) if swap else (moved.month, moved.day)
    new = {"year": str(moved.year).zfill(4)[-len(year or "") or None :], "month": _month_like(new_month, parts["month"])}
    new["day"] = str(new_day).zfill(len(day)) if day else ""
    return _rebuilt(match, new)


def _rebuilt(match: re.Match[str], new: dict[str, str]) -> str:
    """The matched text with the groups in `new` replaced, and 1st, 2nd, … made right."""
    out, at = [], match.start()
    for name in sorted((n for n in new if match.groupdict().get(n)), key=match.start):
        start, end = match.span(name)
        out += [match.string[at:start], new[name]]
        at = end
        if name == "day" and match.string[at : at + 2] in ("st", "nd", "rd", "th"):
            number = int(new["day"])
            out.append("th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th"))
            at += 2
    return "".join([*out, match.string[at : match.end()]])


def _month_number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return next((n for n, name in enumerate(_MONTHS, start=1) if name.startswith(word.casefold()[:3])), 0)


def _month_like(number: int, word: str) -> str:
    if word.isdigit():
        return str(number).zfill(len(word))
    name = _MONTHS[number - 1]
    name = name[:3] if len(word) <= 4 and word.casefold() != _MONTHS[_month_number(word) - 1] else name
    return name.upper() if word.isupper() else name if word.islower() else name.title()
