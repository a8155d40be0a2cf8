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
    expires_s = claims.get("exp")
    is_number = isinstance(expires_s, int | float) and not isinstance(expires_s, bool)
    begun_s = claims["iat"] if isinstance(claims.get("iat"), int | float) else time.time()
    until_s = min(float(expires_s), float(begun_s) + _LONGEST_S) if is_number and expires_s else 0.0
    return Token(
        person=authenticated(claims),
        sign_in_id=sign_in_id(claims),
        issuer=str(claims.get("iss", "")),
        mail=mail if isinstance(mail, str) else "",
        roles=settings.roles_of(claims),
        expires_at=datetime.fromtimestamp(until_s, UTC).isoformat(timespec="milliseconds"),
    )


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
