"""Who is let in: people who signed in and have a role or, without sign-in, whoever sits at this machine."""

import streamlit as st

from core.errors import AccessError
from core.offline import allow, is_local
from core.settings import default_home
from core.storage import Workspace, people, rights
from dashboard.components.person import sign_in_settings, token

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 listed to be refused


def admit() -> bool:
    """Let the visitor in, or show what to do and return False. Called before any page is drawn.

    Raises:
        GarrisonError: the sign-in settings of this machine are unusable.
    """
    settings = sign_in_settings()
    if settings is None:
        return _is_at_this_machine()
    allow(settings.provider_host, settings.provider_port)
    held = token(settings)
    if held is None:
        _ask_to_sign_in("Sign in with your account of this site.")
        return False
    outside = Workspace(default_home())
    try:
        actor = people.sign_in(outside, held)
        inside = Workspace(outside.home, actor=actor)
        has_role = rights.machine_roles(inside.db, actor.person.id) or rights.project_roles(inside.db, actor.person.id)
    except AccessError as error:
        _ask_to_sign_in(error.message)
        return False
    if not has_role:
        _show_waiting(inside, actor.person.id)
    return bool(has_role)


def _is_at_this_machine() -> bool:
    """Tell whether the visitor is at this machine; without sign-in, turn away everybody else."""
    address, visitor = st.get_option("server.address"), st.context.ip_address  # the connection's address; None if local
    is_bound_elsewhere = address in EVERYWHERE or (address is not None and not is_local(address))
    if not is_bound_elsewhere and not (isinstance(visitor, str) and not is_local(visitor)):
        return True
    st.title("Garrison")
    st.error("This dashboard has no sign-in, so it is open to this machine alone.", icon=":material/lock:")
    st.markdown("Start it with `garrison serve`, or set up sign-in first: see *Sign-in* in the installation guide.")
    return False


def _ask_to_sign_in(words: str) -> None:
    st.title("Garrison")
    with st.container(border=True, key="sign-in-box"):
        st.markdown(words)
        if st.button("Sign in", type="primary", icon=":material/login:", key="sign-in"):
            st.login()


def _show_waiting(workspace: Workspace, person_id: str) -> None:
    st.title("Garrison")
    with st.container(border=True, key="waiting-box"):
        st.markdown("You are signed in, but nobody has given you a role yet. Send this to your administrator:")
        st.code(person_id, language=None)
        st.caption("Once you have a role, reload this page.")
        sign_out_button(workspace)


def sign_out_button(workspace: Workspace) -> None:
    """Show a button that ends this sign-in in every window of this browser."""
    if st.button("Sign out", icon=":material/logout:", key="sign-out", type="tertiary"):
        people.sign_out(workspace)
        st.logout()
