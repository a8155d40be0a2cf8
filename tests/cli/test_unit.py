"""The systemd unit of a service: what it starts, as whom, and what it may do."""

import pwd
from pathlib import Path

import pytest

from core.cli.unit import unit
from core.errors import InputError
from core.services.deploy.deploying import Address

OTHERS = Address(host="0.0.0.0", certificate=Path("/etc/site.pem"), private_key=Path("/etc/site.key"))
TOLD = ["/opt/garrison/bin/garrison", "deploy", "tiny", "--port", "8600", "--unit"]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is called so, and is not root."""
    whose = pwd.struct_passwd(("keeper", "x", 1000, 1000, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _number: whose)


def lines(text: str, name: str) -> list[str]:
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{name}=")]


def test_it_starts_this_very_command_as_the_owner_of_the_workspace(account: None, tmp_path: Path) -> None:
    text = unit(tmp_path, Address(), TOLD, grace_s=10)
    [command] = lines(text, "ExecStart")
    assert command.endswith('"deploy" "tiny" "--port" "8600"') and "--unit" not in text
    assert lines(text, "User") == ["keeper"] and lines(text, "ReadWritePaths") == [f'"{tmp_path}"']
    assert lines(text, "TimeoutStopSec") == ["25"]  # the grace, and what comes after


def test_on_this_machine_no_other_one_is_reached_and_the_rights_are_none(account: None, tmp_path: Path) -> None:
    text = unit(tmp_path, Address(), TOLD, grace_s=10)
    assert lines(text, "IPAddressDeny") == ["any"] and lines(text, "IPAddressAllow") == ["localhost"]
    assert lines(text, "CapabilityBoundingSet") == lines(text, "AmbientCapabilities") == [""]
    assert lines(unit(tmp_path, OTHERS, TOLD, grace_s=10), "IPAddressDeny") == []
    low = Address(host="0.0.0.0", port=443, certificate=OTHERS.certificate, private_key=OTHERS.private_key)
    assert lines(unit(tmp_path, low, TOLD, grace_s=10), "AmbientCapabilities") == ["CAP_NET_BIND_SERVICE"]


@pytest.mark.parametrize(
    ("given", "written"), [('a "b"', '"a \\"b\\""'), ("50%", '"50%%"'), ("$HOME", '"$$HOME"'), ("a\\b", '"a\\\\b"')]
)
def test_characters_that_mean_something_to_systemd_do_not(given: str, written: str, account: None, tmp_path: Path) -> None:
    [command] = lines(unit(tmp_path, Address(), [*TOLD, "--name", given], grace_s=10), "ExecStart")
    assert command.endswith(f'"--name" {written}')


def test_files_are_named_by_their_whole_path(account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.gguf").touch()
    text = unit(tmp_path, Address(), ["garrison", "deploy", "model.gguf"], grace_s=10)
    assert f'"{tmp_path / "model.gguf"}"' in lines(text, "ExecStart")[0]
    (tmp_path / "Manuals").mkdir()
    text = unit(tmp_path, Address(), [*TOLD, "--documents", "Manuals"], grace_s=10)
    assert lines(text, "ExecStart")[0].endswith('"--documents" "Manuals"')  # the project, not a folder called so


def test_root_and_a_workspace_that_is_not_there_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no workspace"):
        unit(tmp_path / "none", Address(), TOLD, grace_s=10)
    monkeypatch.setattr(pwd, "getpwuid", lambda _number: pwd.struct_passwd(("root", "x", 0, 0, "", "/root", "/bin/sh")))
    with pytest.raises(InputError, match="belongs to root"):
        unit(tmp_path, Address(), TOLD, grace_s=10)
