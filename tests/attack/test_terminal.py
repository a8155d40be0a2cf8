"""What a document, a file's name or a model says does not act on the terminal of whoever looks at it."""

import json

import pytest

from core.cli.shell import Shell, report_error, visible
from core.errors import InputError

HOSTILE = "a\x1b]0;owned\x07\x1b[2J\x9b31m\rb\u202ec\x7f"


def test_text_is_shown_without_control_characters(home, capsys: pytest.CaptureFixture[str]) -> None:
    Shell(home, is_json=False).show({}, f"{HOSTILE}\n\tJosé é 日本")
    out = capsys.readouterr().out
    assert all(character.isprintable() or character in "\n\t" for character in out)
    assert out.endswith("\n\tJosé é 日本\n") and "\\u001b]0;owned\\u0007" in out


def test_json_says_the_same_without_them(home, capsys: pytest.CaptureFixture[str]) -> None:
    Shell(home, is_json=True).show({"name": HOSTILE}, "")
    out = capsys.readouterr().out
    assert json.loads(out) == {"name": HOSTILE}
    assert all(character.isprintable() or character == "\n" for character in out)


def test_error_is_shown_without_them(capsys: pytest.CaptureFixture[str]) -> None:
    report_error(InputError(f"There is no project {HOSTILE}.", "Look."), is_json=False)
    err = capsys.readouterr().err
    assert all(character.isprintable() or character == "\n" for character in err)


def test_writing_from_right_to_left_stays_readable() -> None:
    assert visible("שלום\u200f عليكم 👩\u200d🔧") == "שלום\u200f عليكم 👩\u200d🔧"
