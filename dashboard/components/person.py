"""Who is acting on this page: whoever signed in or, without sign-in, the name a person declares."""

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
from dashboard.session_keys import REVIEWER

_LATEST_S = 253_402_300_800  # the end of the year 9999, the last a date can hold
_LONGEST_MAIL = 254  # characters, RFC 5321
_LONGEST_S = 24 * 3600  # longest a sign-in lasts, whatever its token says


def sign_in_settings() -> SignIn | None:
    """Return how people sign in here; None if nobody does.

    Raises:
        SetupError: the settings are unusable, or this dashboard was started without them.
    """
    settings = read_sign_in(default_home())
    if settings is not None and not (st.secrets.load_if_toml_exists() and "auth" in st.secrets):
        raise SetupError(
            "This dashboard was started without its sign-in.", "Ask whoever runs this machine to start it again."
        )
    return settings


def token(settings: SignIn) -> Token | None:
    """Return what the identity provider said about the visitor; None if nobody has signed in.

    Streamlit has verified the signature of its cookie; core checks that the provider's token is still valid.

    Raises:
        AccessError: the provider did not say who the visitor is.
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
    """Return when a sign-in ends (seconds since 1970), at most `_LONGEST_S` after it began; 0 if the token does not say."""
    expires_s, now_s = _seconds(claims.get("exp")), time.time()
    begun_s = min(_seconds(claims.get("iat")) or now_s, now_s)  # a clock running ahead must not extend the sign-in
    return min(expires_s, begun_s + _LONGEST_S)


def _seconds(value: Any) -> float:
    """Return a time from a token (NumericDate, RFC 7519); 0 for anything else, including numbers beyond any calendar."""
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LATEST_S
    return float(value) if is_time else 0.0


def signed_in() -> Actor | None:
    """Return who signed in; None if there is no sign-in here.

    Each use of the workspace checks that the sign-in still holds.

    Raises:
        AccessError: sign-in is required, and nobody has signed in yet.
    """
    settings = sign_in_settings()
    if settings is None:
        return None
    held = token(settings)
    if held is None:
        raise AccessError("You are not signed in.", "Reload the page and sign in.")
    return Actor(person=held.person, sign_in_id=held.sign_in_id)


def acting_person() -> Person | None:
    """Return who decides and approves: whoever signed in, else the name in the text field this draws.

    None if that name is empty or not usable.
    """
    actor = signed_in()
    if actor is not None:
        return actor.person
    name = st.text_input(
        "Your name",
        key=REVIEWER,
        persist_state="session",
        max_chars=80,
        help="Kept with every decision and approval. Nobody checks it: declared, not authenticated.",
    )
    try:
        return declared(name) if name.strip() else None
    except InputError:
        return None


def reason_against(workspace: Workspace, action: Action, project: Project | None) -> str:
    """Return why the actor may not do this, as the tooltip of a disabled button; "" if they may."""
    if rights.may(workspace.db, action, project.id if project else ""):
        return ""
    whom = "an owner of the project" if project else "an administrator"
    return f"None of your roles allows it. Ask {whom} for one that does."
