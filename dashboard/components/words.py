"""Numbers, times and states in words that people use."""

import re
from datetime import UTC, datetime

from core.words import counted

STEP_ICONS = {
    "not started": ":material/radio_button_unchecked:",
    "in work": ":material/hourglass_top:",
    "needs you": ":material/front_hand:",
    "done": ":material/check_circle:",
    "out of date": ":material/update:",
}
JOB_WORDS = {
    "queued": "waiting",
    "running": "at work",
    "done": "done",
    "failed": "stopped by an error",
    "cancelled": "cancelled",
}
JOB_ICONS = {
    "queued": ":material/schedule:",
    "running": ":material/hourglass_top:",
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/cancel:",
}


def unformatted(text: str) -> str:
    """A text that is shown where Markdown is read: nothing in it is a sign of markup."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()<>#+-.!|~$:^&" else character for character in text)


def size(size_bytes: float) -> str:
    """`640 B`, `12 kB`, `3.4 MB`, `1.2 GB` (powers of 1000)."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB" if size_bytes >= 1e3 else f"{size_bytes:.0f} B"


def duration(seconds: float) -> str:
    """`20 seconds`, `4 minutes`, `1 h 10 min`: as exact as somebody who waits needs it."""
    if seconds < 55:
        return counted(max(1, round(seconds)), "second")
    minutes = round(seconds / 60)
    return counted(minutes, "minute") if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def ago(moment: str) -> str:
    """`just now`, `5 minutes ago`, `3 days ago` from an ISO 8601 time; "" stays ""."""
    if not moment:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    if seconds < 20:
        return "just now"
    if seconds < 36 * 3600:
        return f"{duration(seconds)} ago"
    return f"{counted(round(seconds / 86400), 'day')} ago"


def clock(moment: str) -> str:
    """The local date and time of an ISO 8601 time, to the minute; "" stays ""."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def page_hint(hint: str) -> str:
    """A hint of core without the parts that are for the command line."""
    without = re.sub(r"\s*\(garrison [^)]*\)", "", hint)
    kept = []
    for sentence in re.split(r"(?<=[.;])\s+", without):
        told = re.sub(r"(?::\s*|\s+with\s+|\s+)?`?(?:garrison|python3 installer) .*$", ".", sentence)
        words = told.rstrip(".").split()
        if "--" not in told and (told == sentence or len(words) > 1):
            kept.append(told)
    return " ".join(kept)
