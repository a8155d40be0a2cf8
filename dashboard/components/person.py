"""Who acts on this page: whoever signed in, or where nobody signs in, the name that a person declares."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core.access import Action, Actor
from core.errors import AccessError, InputError, SetupError
from core.identity import authenticated, declared, sign_in_id
from core.records import Person, Project
from core.settings import default_home
from core.sign_in import SignIn, read_sign_in
from core.storage import Workspace, rights
from core.storage.people import Token

_LATEST_S = 253_402_300_800  # the end of the year 9999, the last that a date can name
_LONGEST_MAIL = 254  # characters, RFC 5321
_LONGEST_S = 24 * 3600  # of a sign-in, whatever its token says: a working day and a bit


def sign_in_settings() -> SignIn | None:
    """How people sign in here; None where nobody does.

    Raises:
        SetupError: the settings cannot be used, or this dashboard was started without them.
    """
    found = read_sign_in(default_home())
    if found is not None and not (st.secrets.load_if_toml_exists() and "auth" in st.secrets):
        raise SetupError("This dashboard was started without its sign-in.", "Start it with: garrison serve")
    return found


def token(settings: SignIn) -> Token | None:
    """What the identity provider said of whoever looks at this page; None while nobody signed in.

    Streamlit has checked the signature of its cookie; that the provider's token still holds is checked by core.

    Raises:
        AccessError: the provider did not say who it is.
    """
    claims: Mapping[str, Any] = st.user.to_dict()
    if not claims.get("is_logged_in"):
        return None
    mail = claims.get("email")
    return Token(
        person=authenticated(claims),
        sign_in_id=sign_in_id(claims),
        issuer=str(claims.get("iss", "")),
        mail=mail if isinstance(mail, str) and len(mail) <= _LONGEST_MAIL and mail.isprintable() else "",
        roles=settings.roles_of(claims),
        expires_at=datetime.fromtimestamp(_until_s(claims), UTC).isoformat(timespec="milliseconds"),
    )


def _until_s(claims: Mapping[str, Any]) -> float:
    """When a sign-in ends, in seconds since 1970; 0 where the token does not say it in a number that can be a time."""
    expires_s, now_s = _seconds(claims.get("exp")), time.time()
    begun_s = min(_seconds(claims.get("iat")) or now_s, now_s)  # a clock that is ahead makes no sign-in longer
    return min(expires_s, begun_s + _LONGEST_S)


def _seconds(value: Any) -> float:
    """A time out of a token (NumericDate, RFC 7519); 0 for anything else, also numbers that no calendar holds."""
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LATEST_S
    return float(value) if is_time else 0.0


def signed_in() -> Actor | None:
    """Who signed in; None where nobody signs in. Whether that still holds is checked at each use of the workspace.

    Raises:
        AccessError: nobody has signed in yet, though people must.
    """
    settings = sign_in_settings()
    if settings is None:
        return None
    found = token(settings)
    if found is None:
        raise AccessError("You are not signed in.", "Reload the page and sign in.")
    return Actor(person=found.person, sign_in_id=found.sign_in_id)


def acting_person() -> Person | None:
    """Who decides and approves: whoever signed in, else whose name stands in the field that this draws; None if empty."""
    actor = signed_in()
    if actor is not None:
        return actor.person
    name = st.text_input(
        "Your name",
        key="reviewer",
        persist_state="session",
        max_chars=80,
        help="Kept with every decision and approval. Nobody checks it: declared, not authenticated.",
    )
    try:
        return declared(name) if name.strip() else None
    except InputError:
        return None


def reason_against(store: Workspace, action: Action, project: Project | None) -> str:
    """Why whoever acts may not do this, as the tip of a button that is off; "" where they may."""
    if rights.may(store.db, action, project.id if project else ""):
        return ""
    whom = "an owner of the project" if project else "an administrator"
    return f"None of your roles allows it. Ask {whom} for one that does."
