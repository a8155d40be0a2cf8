"""Times and states in everyday words."""

from datetime import UTC, datetime

from core.words import counted, duration

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
    """Escape a text that is shown as Markdown, so that nothing in it acts as markup."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()<>#+-.!|~$:^&" else character for character in text)


def ago(moment: str | None) -> str:
    """Format an ISO 8601 time as `just now`, `5 minutes ago` or `3 days ago`; return "" for None."""
    if moment is None:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    if seconds < 20:
        return "just now"
    if seconds < 36 * 3600:
        return f"{duration(seconds)} ago"
    return f"{counted(round(seconds / 86400), 'day')} ago"


def clock(moment: str | None) -> str:
    """Format an ISO 8601 time as local date and time, to the minute; return "" for None."""
    return "" if moment is None else datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
