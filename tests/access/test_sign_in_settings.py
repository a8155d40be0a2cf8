"""The settings of sign-in: what is refused as unsafe, what a group stands for, where may be connected to."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.app import main
from core.errors import AccessError, SetupError
from core.identity import authenticated, sign_in_id
from core.sign_in import read_sign_in

GOOD = {
    "redirect_uri": "https://garrison.site/oauth2callback",
    "cookie_secret": "0123456789abcdef0123456789abcdef",
    "client_id": "garrison",
    "client_secret": "x",
    "server_metadata_url": "https://login.site:8443/realms/site/.well-known/openid-configuration",
}
MAPPING = '[garrison]\nclaim = "groups"\nroles = { admins = "administrator", readers = "auditor" }\n'


def write(home: Path, *, mapping: str = MAPPING, mode: int = 0o600, **changes: str) -> None:
    home.mkdir(exist_ok=True)
    lines = [f'{name} = "{value}"' for name, value in {**GOOD, **changes}.items() if value]
    (home / "secrets.toml").write_text("[auth]\n" + "\n".join(lines) + "\n" + mapping, encoding="utf-8")
    (home / "secrets.toml").chmod(mode)


def test_settings_name_the_provider_and_what_its_groups_may_do(tmp_path: Path) -> None:
    assert read_sign_in(tmp_path) is None
    write(tmp_path)
    found = read_sign_in(tmp_path)
    assert found is not None
    assert (found.origin, found.provider_host, found.provider_port) == ("https://garrison.site", "login.site", 8443)
    assert found.roles_of({"groups": ["admins", "others", 7]}) == {"administrator"}
    assert found.roles_of({"groups": "readers"}) == {"auditor"}
    assert found.roles_of({"groups": {"admins": 1}}) == found.roles_of({}) == frozenset()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cookie_secret": "short"}, "less than 32 characters"),
        ({"redirect_uri": "http://garrison.site/oauth2callback"}, "not an https address"),
        ({"server_metadata_url": "http://login.site/x"}, "not an https address"),
        ({"redirect_uri": "https://garrison.site/"}, "oauth2callback"),
        ({"client_secret": ""}, "no client_secret"),
        ({"mapping": '[garrison]\nroles = { a = "king" }\n'}, "cannot be used"),
        ({"mapping": "["}, "cannot be read"),
        ({"mode": 0o644}, "read by other accounts"),
    ],
)
def test_unsafe_settings_are_refused_whole(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    write(tmp_path, **changes)  # type: ignore[arg-type]
    with pytest.raises(SetupError, match=words):
        read_sign_in(tmp_path)


def test_dashboard_is_not_served_to_others_without_sign_in_or_in_the_clear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ("has no sign-in", "is not https"):
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(tmp_path / "home"), "serve", "--host", "0.0.0.0"])
        assert ended.value.code == 2
        assert words in capsys.readouterr().err
        write(tmp_path / "home", redirect_uri="http://localhost:8501/oauth2callback")


def test_person_is_issuer_and_subject_whatever_the_name_and_mail() -> None:
    ada = authenticated({"iss": "https://a", "sub": "1", "name": "Ada", "email": "ada@site"})
    assert ada.id == authenticated({"iss": "https://a", "sub": "1", "name": "Ada Lovelace"}).id
    assert ada.id != authenticated({"iss": "https://b", "sub": "1", "name": "Ada", "email": "ada@site"}).id
    assert ada.is_authenticated and "ada" not in ada.id
    for claims in ({"sub": "1"}, {"iss": "https://a"}, {"iss": "https://a", "sub": 7}, {}):
        with pytest.raises(AccessError):
            authenticated(claims)
    assert sign_in_id({"sub": "1", "nonce": "a"}) != sign_in_id({"sub": "1", "nonce": "b"})


def test_only_the_provider_is_reached_on_its_port() -> None:
    """In a process of its own, because the guard cannot be taken off."""
    program = """
import socket
socket.getaddrinfo = lambda host, port, *a, **k: [(2, 1, 6, "", ("192.0.2.7", port))]  # a documentation address (RFC 5737)
from core.offline import _audit, allow
allow("login.site", 8443)
_audit("socket.getaddrinfo", ("login.site", 8443, 0, 0, 0))
_audit("socket.connect", (None, ("192.0.2.7", 8443)))
_audit("socket.connect", (None, ("127.0.0.1", 1)))
for event, address in (("socket.connect", ("192.0.2.7", 443)), ("socket.connect", ("192.0.2.8", 8443)),
                       ("socket.sendto", ("192.0.2.7", 8443))):
    try:
        _audit(event, (None, address))
    except ConnectionRefusedError:
        continue
    raise SystemExit(f"{event} to {address} was let through")
try:
    _audit("socket.getaddrinfo", ("elsewhere.site", 8443, 0, 0, 0))
except ConnectionRefusedError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr
