"""What is allowed as an entry of the reviewers' lists."""

from collections.abc import Iterable

from core.errors import InputError
from core.privacy.entities import ENTITIES
from core.privacy.lists.patterns import pattern_of
from core.privacy.text.normalization import fold
from core.records import CustomPattern, ListEntry

MAX_ENTRIES = 100_000  # on the lists of one project, or on those for all projects
MAX_TEXT = 200  # characters of an entry


def check(entries: Iterable[ListEntry], patterns: Iterable[CustomPattern]) -> None:
    """Refuse entries and patterns that cannot be used.

    Raises:
        InputError: an entry or pattern is unusable; the message says why, without its text.
    """
    for entry in entries:
        check_entry(entry.text, entry.entity, kind=entry.kind)
    for pattern in patterns:
        if not pattern.name.strip() or len(pattern.name) > 80 or not pattern.name.isprintable():
            raise InputError("A pattern needs a name of 1 to 80 characters.", "Name what it finds, not an example of it.")
        _check_entity(pattern.entity)
        pattern_of(pattern.definition)


def check_entry(text: str, entity: str, *, kind: str) -> None:
    """Refuse what cannot be on a list; the error message never contains the text itself.

    Raises:
        InputError: the kind or type is unknown, or the text is too short, too long, or has no letter or digit.
    """
    if kind not in ("deny", "allow"):
        raise InputError("The kind is neither deny nor allow.", "Write deny or allow.")
    if kind == "deny":
        _check_entity(entity)
    comparable = fold(text) if len(text) <= 4 * MAX_TEXT else text
    if not 2 <= len(comparable) <= MAX_TEXT or not any(character.isalnum() for character in comparable):
        raise InputError(
            f"An entry needs 2 to {MAX_TEXT} characters, one of them a letter or a digit.",
            "Write it as it stands in a text.",
        )


def _check_entity(entity: str) -> None:
    # the message omits the value: in a file with swapped columns it may be a person's name
    if entity not in ENTITIES:
        raise InputError("The type of personal data is not known.", f"Known types: {', '.join(sorted(ENTITIES))}.")


def missing_entries(listed: Iterable[ListEntry], entries: Iterable[ListEntry]) -> list[ListEntry]:
    """Return the entries that are not in `listed` yet, each once."""
    known = {(entry.kind, fold(entry.text)) for entry in listed}
    fresh = []
    for entry in entries:
        key = (entry.kind, fold(entry.text))
        if key not in known:
            known.add(key)
            fresh.append(entry)
    return fresh
