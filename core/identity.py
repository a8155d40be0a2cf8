"""Identity of the person acting: a name they declare, or an account proven by signing in. Every decision records one."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from core.errors import AccessError, Hint, InputError
from core.records import Person

_DECLARED = "declared"
# characters that count as printable but are invisible (Unicode 15.1, Default_Ignorable_Code_Point)
_UNSEEN = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def declared(name: str) -> Person:
    """Return the person who goes by `name`; spacing and letter case do not make a different person.

    Raises:
        InputError: The name is not 1 to 80 printable characters.
    """
    shown = " ".join(name.split())
    if not shown or len(shown) > 80 or not shown.isprintable() or _UNSEEN.search(shown):
        raise InputError(
            "A review needs the reviewer's name, of 1 to 80 characters.", Hint("Write your name.", command="--as NAME")
        )
    return Person(id=person_id(_DECLARED, unicodedata.normalize("NFKC", shown).casefold()), name=shown)


def authenticated(claims: Mapping[str, Any]) -> Person:
    """Return the person signed in by an identity provider, identified by issuer and subject (OpenID Connect Core 1.0, 5.7).

    Names and email addresses are for display only: both can change or be reassigned to somebody else.

    Raises:
        AccessError: The token lacks an issuer or a subject.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not (isinstance(issuer, str) and issuer and isinstance(subject, str) and subject):
        raise AccessError("The identity provider did not say who signed in.", "Tell your administrator.")
    given = (claims.get(key) for key in ("name", "preferred_username", "email"))
    names = (" ".join(name.split())[:80] for name in given if isinstance(name, str))
    key = person_id(issuer, subject)
    return Person(id=key, name=next((name for name in names if name and name.isprintable()), key), is_authenticated=True)


def sign_in_id(claims: Mapping[str, Any]) -> str:
    """Derive the id of one sign-in: the same in every window of a browser, a new one after signing in again."""
    told = {key: str(claims.get(key, "")) for key in ("iss", "sub", "aud", "iat", "exp", "nonce", "jti", "sid")}
    return f"sign-in-{hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]}"


def standing(*, is_authenticated: bool) -> str:
    """Describe in words how a person's identity is established."""
    return "signed in" if is_authenticated else "declared, not authenticated"


def person_id(source: str, subject: str) -> str:
    """Derive a stable id from identity source (issuer URL or "declared") and subject. One-way: it reveals neither."""
    digest = hashlib.sha256(f"{source}\0{subject}".encode()).hexdigest()
    return f"person-{digest[:16]}"
