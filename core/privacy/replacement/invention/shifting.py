"""Dates moved by whole weeks and written the way they were, so that intervals and weekdays survive."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.language.english.calendar import MONTHS

_MONTHS = [name.lower() for name in MONTHS]
_NAME = rf"(?P<month>(?i:{'|'.join(_MONTHS)}|sept|{'|'.join(name[:3] for name in _MONTHS)})(?![A-Za-z]))\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DAYS = rf"(?P<days>{_DAY}(?:\s?(?:[-–—/,&]|to|and|or|until)\s?{_DAY})*)"
_SHORT = r"['’]?\d{2}(?![\d:])"
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?<!\d)(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<days>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<days>\d{1,2})(?P<sep>[-/. ])(?P<month>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})(?!\d)",
        rf"(?<!\d)(?P<days>\d{{2}})\d{{4}}\s?[A-Z]\s?{_NAME}\s?(?P<year>\d{{4}}|\d{{2}})?(?!\d)",  # date-time group
        rf"(?<!\d){_DAYS}(?: of)?[ -]{_NAME}(?:,?[ -](?P<year>\d{{4}}|{_SHORT}))?(?!\d)",
        rf"{_NAME} {_DAYS}(?!\d)(?:,? (?P<year>\d{{4}}))?(?!\d)",
        rf"{_NAME},?[ -](?:of )?(?P<year>\d{{4}})(?!\d)",
        r"(?<![\d+:.])(?<!at )(?P<year>(?:1[6-9]|20)\d{2})(?P<next>[/–-]\d{2})?(?!\d|\s?(?:h|hrs|hours|Z)\b)",
    )
)
_COUNTED = re.compile(r"[A-Z][+-]\d{1,3}|[DHMG]-?(?i:day|hour)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Read:
    """One date in a value; `month` and `year` are 0 if they are not written."""

    match: re.Match[str]
    days: tuple[int, ...]
    month: int
    year: int
    is_month_second: bool  # in 03/14/1987 the month comes first, but the group `month` holds what comes second


def is_counted(value: str) -> bool:
    """Return whether a time counts from a day or hour without a date ("D+3", "H-hour"); such a time is not changed."""
    return _COUNTED.fullmatch(value.strip()) is not None


def shifted(value: str, weeks: int) -> str | None:
    """Return `value` with every date moved by `weeks` weeks; None if it has no readable date, or one cannot be moved.

    A date without a year takes that of the next date in `value`, else of the previous one, else moves as in 2023. A date
    without a day moves like the 15th, and a lone year by the nearest number of years. In "12-14 March" each day moves.
    Two-digit years mean 1969 to 2068, as in POSIX (strptime, `%y`).
    """
    dates = _read_all(value)
    out, at = [], 0
    for index, read in enumerate(dates):
        moved = _moved(read, weeks, year=_year(dates, index))
        if moved is None:
            return None
        out += [value[at : read.match.start()], moved]
        at = read.match.end()
    return "".join([*out, value[at:]]) if dates else None


def _read_all(value: str) -> list[_Read]:
    """Return the dates from left to right; of overlapping ones, the one whose shape is listed first."""
    dates: list[_Read] = []
    for shape in _SHAPES:
        for match in shape.finditer(value):
            if all(match.end() <= read.match.start() or match.start() >= read.match.end() for read in dates):
                dates.append(_read(match))
    return sorted(dates, key=lambda read: read.match.start())


def _read(match: re.Match[str]) -> _Read:
    parts = match.groupdict()
    month = _month_number(parts["month"]) if parts.get("month") else 0
    days = tuple(int(number) for number in re.findall(r"\d+", parts.get("days") or ""))
    swap = month > 12
    if swap:
        month, days = days[0], (month,)
    written = (parts.get("year") or "").lstrip("'’")
    year = int(written or 0) + (0 if len(written) != 2 else 1900 if int(written) >= 69 else 2000)
    return _Read(match, days, month, year, swap)


def _year(dates: Sequence[_Read], index: int) -> int:
    """Return a date's year: its own, that of its neighbor (one more or less across the year's end), or 2023."""
    read = dates[index]
    if read.year:
        return read.year
    later = next((other for other in dates[index + 1 :] if other.year), None)
    if later:
        return later.year - (later.month > 0 and read.month > later.month)
    earlier = next((other for other in reversed(dates[:index]) if other.year), None)
    if earlier:
        return earlier.year + (read.month < earlier.month)
    return 2024 if (read.month, read.days) == (2, (29,)) else 2023


def _moved(read: _Read, weeks: int, *, year: int) -> str | None:
    match = read.match
    if not read.month:
        return _moved_year(match, round(weeks * 7 / 365.25))
    try:
        moved = [date(year, read.month, day) + timedelta(weeks=weeks) for day in read.days or (15,)]
    except (ValueError, OverflowError):
        return None
    last = moved[-1]
    written = (match["year"] if "year" in match.groupdict() else None) or ""
    figures = str(last.year).zfill(4)
    new = {"year": f"{written[:-2]}{figures[-2:]}" if len(written) in (2, 3) else figures}
    if read.is_month_second:
        new |= {"month": str(last.day).zfill(len(match["month"])), "days": str(last.month).zfill(len(match["days"]))}
    else:
        new["month"] = _month_like(last.month, match["month"])
        new["days"] = _days_like(match.groupdict().get("days") or "", moved, match=match)
    return _rebuilt(match, new)


def _moved_year(match: re.Match[str], years: int) -> str:
    new = {"year": str(int(match["year"]) + years).zfill(4)}
    following = match["next"] or ""  # 2021/22, but 2009-10 may be a month
    if following and (int(following[1:]) > 12 or following[0] != "-"):
        new["next"] = f"{following[0]}{(int(following[1:]) + years) % 100:02}"
    return _rebuilt(match, new)


def _days_like(written: str, moved: Sequence[date], *, match: re.Match[str]) -> str:
    """Write the days as before; one that now lies in another month than the last one gets its month (and year)."""
    days = iter(moved)
    last = moved[-1]
    is_of_figures = bool(written) and ("sep" in match.groupdict() or match.string[match.end("days") :][:1].isdigit())

    def day(one: re.Match[str]) -> str:
        now = next(days)
        text = str(now.day).zfill(len(one[1])) if one[1].startswith("0") or is_of_figures else str(now.day)
        if one[2]:
            text += "th" if 10 <= now.day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(now.day % 10, "th")
        if now.month != last.month:
            text += f" {_month_like(now.month, match['month'])}" + (f" {now.year}" if now.year != last.year else "")
        return text

    return re.sub(r"(\d{1,2})(st|nd|rd|th)?", day, written)


def _rebuilt(match: re.Match[str], new: dict[str, str]) -> str:
    """Return the matched text with the groups in `new` replaced."""
    out, at = [], match.start()
    for name in sorted((n for n in new if match.groupdict().get(n)), key=match.start):
        start, end = match.span(name)
        out += [match.string[at:start], new[name]]
        at = end
    return "".join([*out, match.string[at : match.end()]])


def _month_number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return next(n for n, name in enumerate(_MONTHS, start=1) if name.startswith(word.casefold()[:3]))


def _month_like(number: int, word: str) -> str:
    if word.isdigit():
        return str(number).zfill(len(word))
    name = _MONTHS[number - 1]
    name = name[:3] if len(word) <= 4 and word.casefold() != _MONTHS[_month_number(word) - 1] else name
    return name.upper() if word.isupper() else name if word.islower() else name.title()
