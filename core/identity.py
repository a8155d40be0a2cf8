"""Who acts: a name that a person declares, or an account that a sign-in proved. Every decision carries one."""

import hashlib
import unicodedata

from core.errors import InputError
from core.records import Person

_DECLARED = "declared"


def declared(name: str) -> Person:
    """The person who says to be called `name`; the same person however the name is spaced or cased.

    Raises:
        InputError: no name of 1 to 80 printable characters.
    """
    shown = " ".join(name.split())
    if not shown or len(shown) > 80 or not shown.isprintable():
        raise InputError("A review needs the reviewer's name, of 1 to 80 characters.", "Give it with --as NAME.")
    return Person(id=person_id(_DECLARED, unicodedata.normalize("NFKC", shown).casefold()), name=shown)


def person_id(source: str, subject: str) -> str:
    """The id of whom `source` (an issuer's address, "declared") calls `subject`; tells neither of them."""
    digest = hashlib.sha256(f"{source}\0{subject}".encode()).hexdigest()
    return f"person-{digest[:16]}"
