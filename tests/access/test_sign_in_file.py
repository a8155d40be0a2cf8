"""Who may say how people sign in: this account and root, in a file that nobody else reads; a missing one opens nothing."""

import os
from pathlib import Path

import pytest

from core.errors import SetupError
from core.identity import authenticated, declared
from core.sign_in import read_sign_in

FILE = """[auth]
redirect_uri = "https://garrison.site/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "garrison"
client_secret = "secret"
server_metadata_url = "https://login.site/.well-known/openid-configuration"
"""


def write(path: Path, mode: int = 0o600) -> Path:
    path.write_text(FILE, encoding="utf-8")
    path.chmod(mode)
    return path


def test_link_to_a_file_that_others_read_is_refused(tmp_path: Path) -> None:
    kept = write(tmp_path / "kept.toml", 0o644)
    home = tmp_path / "home"
    home.mkdir()
    (home / "secrets.toml").symlink_to(kept)
    with pytest.raises(SetupError, match="other accounts"):
        read_sign_in(home)
    kept.chmod(0o600)
    assert read_sign_in(home) is not None


def test_link_to_nothing_is_no_dashboard_without_sign_in(tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").symlink_to(tmp_path / "not-mounted" / "secrets.toml")
    with pytest.raises(SetupError, match="cannot be read"):
        read_sign_in(tmp_path)


def test_file_of_another_account_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "secrets.toml")
    own = (tmp_path / "secrets.toml").stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    if own == 0:  # root's file serves every account: give it away, as only root can
        os.chown(tmp_path / "secrets.toml", 1234, 1234)
    with pytest.raises(SetupError, match="another account"):
        read_sign_in(tmp_path)


def test_one_number_at_two_providers_and_one_name_twice_are_different_people() -> None:
    people = [
        authenticated({"iss": "https://a.site", "sub": "7", "name": "Ada"}),
        authenticated({"iss": "https://b.site", "sub": "7", "name": "Ada"}),
        authenticated({"iss": "https://a.site", "sub": "8", "name": "Ada"}),
        declared("Ada"),
    ]
    assert len({person.id for person in people}) == len(people)
    assert {person.name for person in people} == {"Ada"}
