"""Tokens of odd kinds: how long a sign-in lasts is never more than a day from now, whatever the claims say."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
import streamlit as st

from core.records import now
from core.sign_in import SignIn
from dashboard.components.person import token

SETTINGS = SignIn(origin="https://garrison.site", provider_host="login.site", provider_port=443)
DAY_S = 24 * 3600


class Told:
    """What `st.user` is to `token`: the claims of the cookie."""

    def __init__(self, **claims: Any) -> None:
        self.claims = {"is_logged_in": True, "iss": "https://login.site", "sub": "ada", "name": "Ada"} | claims

    def to_dict(self) -> dict[str, Any]:
        return self.claims


def until(monkeypatch: pytest.MonkeyPatch, **claims: Any) -> str:
    monkeypatch.setattr(st, "user", Told(**claims))
    found = token(SETTINGS)
    assert found is not None
    return found.expires_at


@pytest.mark.parametrize("exp", [None, "tomorrow", True, float("nan"), float("inf"), 1e30, 10**400, -5, [1], {"a": 1}])
def test_expiry_that_is_no_time_lets_nobody_in(exp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert until(monkeypatch, iat=time.time(), exp=exp) <= now()


@pytest.mark.parametrize("iat", [None, "now", True, float("inf"), float("nan"), 10**400, -1e30, 4e9])
def test_beginning_that_is_no_time_or_ahead_makes_no_sign_in_longer_than_a_day(
    iat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest = datetime.fromtimestamp(time.time() + DAY_S + 60, UTC).isoformat(timespec="milliseconds")
    assert now() < until(monkeypatch, iat=iat, exp=time.time() + 90 * DAY_S) < latest


@pytest.mark.parametrize("mail", [7, "a" * 300, "a@site\x1b[2J", ["a@site"]])
def test_mail_address_that_is_none_is_left_out(mail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", Told(iat=time.time(), exp=time.time() + 60, email=mail))
    found = token(SETTINGS)
    assert found is not None and found.mail == ""
