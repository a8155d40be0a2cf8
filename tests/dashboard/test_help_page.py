"""The help page: what an installed copy says about itself."""

from dataclasses import replace

import pytest

from core import installation
from core.installation import Installation

COPY = Installation(
    folder="/opt/garrison/versions/1.2.0",
    version="1.2.0",
    installed_at="2026-03-04T05:06:07+00:00",
    file_count=32_100,
    signed_by="ab" * 32,
    tested_at="2026-03-04T05:09:00+00:00",
    is_test_passed=True,
    test_network="empty namespace",
)


def shown(open_page) -> str:
    return " ".join(element.value for element in open_page("help").markdown)


def test_a_checkout_says_nothing_of_an_installation(open_page):
    assert "self-test" not in shown(open_page)


def test_an_installed_copy_names_its_version_test_and_signer(open_page, monkeypatch):
    monkeypatch.setattr(installation, "current", lambda: COPY)
    app = open_page("help")
    words = " ".join(element.value for element in app.markdown)
    assert "Version 1.2.0, 32,100 files, installed on 2026-03-04." in words
    assert "It passed its last self-test, on 2026-03-04, cut off from every network." in words
    assert COPY.signed_by in [element.value for element in app.code]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"signed_by": None}, "**Nobody vouches for it: it was installed from an unsigned bundle.**"),
        ({"tested_at": None}, "It was not tested after it was installed"),
        ({"is_test_passed": False}, "**It failed its last self-test**"),
        ({"test_network": "sockets watched"}, "while its connections were watched"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(open_page, monkeypatch, change, words):
    monkeypatch.setattr(installation, "current", lambda: replace(COPY, **change))
    assert words in shown(open_page)
