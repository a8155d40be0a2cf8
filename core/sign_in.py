"""How people sign in on this machine: the optional `[auth]` section of `secrets.toml` in the workspace.

That section is Streamlit's own (`st.login`); the `[garrison]` section beside it says which claim holds a person's groups and
which role each group has:

    [auth]
    redirect_uri = "https://garrison.site/oauth2callback"
    cookie_secret = "…"                        # 32 random characters or more
    client_id = "garrison"
    client_secret = "…"
    server_metadata_url = "https://login.site/realms/site/.well-known/openid-configuration"

    [garrison]
    claim = "groups"
    roles = { garrison-administrators = "administrator", privacy-office = "auditor" }
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from core.access import ROLES
from core.offline import is_confidential, port_of
from core.records import Role
from core.settings_file import read_settings_file, unfit

SECRETS_NAME = "secrets.toml"  # in the workspace
LEAST_SECRET = 32  # minimum characters of the cookie signing secret; Streamlit itself accepts any length
NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The identity provider, the dashboard it redirects people back to, and the roles its groups have here."""

    origin: str  # of this dashboard as browsers see it, such as https://garrison.site
    provider_host: str
    provider_port: int
    claim: str = "groups"
    roles: dict[str, Role] = field(default_factory=dict)  # by group name

    def roles_of(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """Return the machine roles that the groups in a token's claims stand for."""
        told = claims.get(self.claim, ())
        groups = [told] if isinstance(told, str) else told if isinstance(told, list | tuple) else ()
        return frozenset(self.roles[group] for group in groups if isinstance(group, str) and group in self.roles)


def secrets_path(home: Path) -> Path:
    """Return the path of a workspace's sign-in settings."""
    return home / SECRETS_NAME


def read_sign_in(home: Path) -> SignIn | None:
    """Read the sign-in settings in `home`; return None if sign-in is not set up.

    Raises:
        SetupError: The file exists but cannot be read, is open to others, or asks for something unsafe.
    """
    path = secrets_path(home)
    tables = read_settings_file(path)
    if tables is None:
        return None
    if "auth" not in tables:
        return None
    auth = tables["auth"]
    missing = [name for name in NEEDED if not (isinstance(auth, dict) and isinstance(auth.get(name), str) and auth[name])]
    if missing:
        raise unfit(path, f"says no {' and no '.join(missing)} in [auth]", "See docs/install.md, Sign-in.")
    if len(auth["cookie_secret"]) < LEAST_SECRET:
        raise unfit(path, f"has a cookie_secret of less than {LEAST_SECRET} characters", "Make one: openssl rand -hex 32")
    back, provider = _address(path, auth, "redirect_uri"), _address(path, auth, "server_metadata_url")
    if back.path != "/oauth2callback":
        raise unfit(path, "has a redirect_uri that does not end in /oauth2callback", "Write it as browsers will call it.")
    claim, roles = _mapping(path, tables.get("garrison", {}))
    return SignIn(
        origin=f"{back.scheme}://{back.netloc}",
        provider_host=provider.hostname or "",
        provider_port=port_of(provider),
        claim=claim,
        roles=roles,
    )


def _address(path: Path, auth: dict[str, Any], name: str) -> SplitResult:
    """Parse an address from [auth], refusing any that is not confidential."""
    parts = urlsplit(str(auth[name]))
    if not parts.hostname or not is_confidential(parts):
        raise unfit(path, f"has a {name} that is not an https address", "Only within this machine may it be http.")
    return parts


def _mapping(path: Path, given: Any) -> tuple[str, dict[str, Role]]:
    claim, roles = (given.get("claim", "groups"), given.get("roles", {})) if isinstance(given, dict) else (None, None)
    if not isinstance(claim, str) or not isinstance(roles, dict) or not all(role in ROLES for role in roles.values()):
        raise unfit(path, "has a [garrison] section that cannot be used", f"Roles are: {', '.join(ROLES)}.")
    return claim, roles
