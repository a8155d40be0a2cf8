"""Counts, sizes, durations, lists and choices, worded the same on the command line and in the dashboard."""

from collections.abc import Collection, Iterable

from core.errors import InputError


def counted(number: int, word: str, many: str = "") -> str:
    """Return a count with its noun, such as `1 span` or `1,204 spans`; pass `many` if the plural is irregular."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def size(size_bytes: float) -> str:
    """Format a size as `640 B`, `12 kB`, `3.4 MB` or `1.2 GB` (powers of 1000)."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB" if size_bytes >= 1e3 else f"{size_bytes:.0f} B"


def duration(seconds: float) -> str:
    """Format a duration as `20 seconds`, `4 minutes` or `1 h 10 min`: as exact as somebody waiting needs it."""
    if seconds < 55:
        return counted(max(1, round(seconds)), "second")
    minutes = round(seconds / 60)
    return counted(minutes, "minute") if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def either(names: Iterable[str]) -> str:
    """Join alternatives: `txt`, `txt or jsonl`, `adapter, merged or gguf`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def check_choice(what: str, given: str, choices: Collection[str]) -> None:
    """Check that `given` is one of `choices`; `what` is the word for one of them, with an "s" for several.

    Raises:
        InputError: it is not; the hint lists the choices.
    """
    if given not in choices:
        raise InputError(f"There is no {what} {given!r}.", f"{what.capitalize()}s are: {', '.join(choices)}.")


def share_words(share: float) -> str:
    """Format a share as "7.1 %", with two digits that count."""
    return f"{100 * share:.2g} %" if share < 0.995 else "100 %"
