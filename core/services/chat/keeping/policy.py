"""How long a project keeps what is said, in chats, feedback and series: told in words, and set."""

from typing import cast, get_args

from core.errors import InputError
from core.records import ChatRetention, Kept, Person, Project, now
from core.storage import Workspace, audit, get, transaction, update
from core.storage.chat_retention import clean, due_counts, until_of
from core.words import counted

LONGEST_DAYS = 3650
KEPT: tuple[Kept, ...] = get_args(Kept)


def kept_words(retention: ChatRetention) -> str:
    """Say in one short line how long a project keeps what is said, and in what form."""
    masked = "with personal data masked" if retention.is_masked else ""
    if retention.kept == "days":
        return f"Kept {counted(retention.days or 0, 'day')} {masked}".rstrip()
    if retention.kept == "not-kept":
        return "Not kept, and masked while it is open" if masked else "Not kept"
    return f"Kept {masked}" if masked else "Kept until you delete it"


def counted_chats(number: int) -> str:
    """Return a number of what is deleted together with its noun."""
    one = "conversation, comparison, series or item of feedback"
    return counted(number, one, many="conversations, comparisons, series and items of feedback")


def feedback_words(retention: ChatRetention) -> str:
    """Say in sentences when feedback leaves the inbox by itself, and in what form it is there."""
    days = counted(retention.days or 0, "day")
    said = {
        "until-deleted": "",
        "days": f"It goes with its conversation, and what a program said {days} after it did.",
        "not-kept": "This project keeps nothing that is said: feedback goes with its conversation, after a day at the "
        "latest, and programs can leave none.",
    }[retention.kept]
    return f"{said} Personal data is masked in it.".strip() if retention.is_masked else said


def series_words(retention: ChatRetention) -> str:
    """Say in sentences what becomes of the questions and answers of a series."""
    days = counted(retention.days or 0, "day")
    said = {
        "until-deleted": "",
        "days": f"Its questions and answers are deleted {days} after it began; scores and votes stay.",
        "not-kept": "This project keeps nothing that is said: questions and answers are deleted as soon as all have "
        "answered, and scores stay.",
    }[retention.kept]
    masked = (
        "Personal data in a file is masked before anybody is asked, and in the answers; a right answer that holds any is "
        "not scored by."
    )
    return f"{said} {masked}".strip() if retention.is_masked else said


def is_from_before_masking(retention: ChatRetention, created_at: str) -> bool:
    """Return whether something that began at `created_at` may hold words that were stored before masking began.

    Both times are of milliseconds; what began within the same one may have come before.
    """
    return retention.masked_since is not None and created_at <= retention.masked_since


def due_at_once(workspace: Workspace, project: Project, kept: str, *, days: int | None = None) -> int:
    """Return how much that was said, by everybody, a change of the policy would delete at once.

    Raises:
        InputError: there is no such policy.
        AccessError: the acting person may not set rules.
    """
    permitted = workspace.allowed("set rules", project.id)
    until = until_of(_checked(kept, days))
    return sum(due_counts(permitted.db, project.id, until).values()) if until else 0


def set_retention(
    workspace: Workspace, project: Project, kept: str, *, days: int | None = None, is_masked: bool = False, actor: Person
) -> int:
    """Set how long a project keeps what is said, and delete what it keeps no longer; return how much that was.

    What was said before personal data was masked stays as it was stored.

    Args:
        workspace: where the project is.
        project: whose policy it is.
        kept: until whoever asked deletes it, for some days, or not at all.
        days: how many after the last message, if it is for days.
        is_masked: whether personal data is masked before anything is stored.
        actor: who decides this.

    Raises:
        InputError: there is no such policy, or the days are out of range.
        AccessError: the acting person may not set rules.
    """
    permitted = workspace.allowed("set rules", project.id, by=actor)
    chosen = _checked(kept, days)
    with transaction(permitted.db):
        before = get(permitted.db, Project, project.id).retention
        masked_since = (before.masked_since or now()) if is_masked else None
        after = ChatRetention(kept=chosen.kept, days=chosen.days, masked_since=masked_since)
        if after != before:
            update(permitted.db, Project, project.id, retention=after)
            subjects = {"project": project.id, "from": before.kept, "to": after.kept}
            counts = {"from days": before.days or 0, "to days": after.days or 0}
            counts |= {"from masked": int(before.is_masked), "to masked": int(after.is_masked)}
            audit.append(permitted.db, "chat retention changed", actor=actor.name, subjects=subjects, counts=counts)
    return clean(workspace)


def _checked(kept: str, days: int | None) -> ChatRetention:
    if kept not in KEPT:
        raise InputError(f"Chats cannot be kept {kept!r}.", f"Choose {', '.join(KEPT)}, or a number of days.")
    if kept != "days":
        return ChatRetention(kept=cast(Kept, kept))
    if days is None or not 1 <= days <= LONGEST_DAYS:
        raise InputError(
            "For how many days to keep chats was not said." if days is None else f"{days} days are out of range.",
            f"Choose 1 to {LONGEST_DAYS:,} days.",
        )
    return ChatRetention(kept="days", days=days)
