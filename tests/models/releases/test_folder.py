"""A release folder: whatever is changed, missing, added or signed by somebody else is named."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.carry.signature import make_key
from core.errors import InputError, SetupError
from core.models.releases.folder import SIGNATURE, SIGNER, Fault, check_key, seal, signer_of, verify


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    (folder / "sub").mkdir(parents=True)
    (folder / "model.gguf").write_bytes(b"GGUF" + bytes(range(256)))
    (folder / "sub" / "caf\u00e9 two.txt").write_text("text", encoding="utf-8")
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "site.pem")
    return tmp_path / "site.pem"


def test_a_sealed_folder_is_whole_and_sha256sum_agrees(release: Path, key: Path) -> None:
    fingerprint = seal(release, key)
    verdict = verify(release, key.with_suffix(".pub.pem"))
    assert (verdict.is_whole, verdict.signature, verdict.file_count) == (True, "good", 2)
    assert verdict.signer == fingerprint == signer_of(release)
    checked = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=release, capture_output=True)
    assert checked.returncode == 0


CHANGES: dict[str, tuple[Callable[[Path], object], Fault]] = {
    "a byte": (lambda at: (at / "model.gguf").write_bytes(b"GGUF" + bytes(256)), Fault("changed", "model.gguf")),
    "cut short": (lambda at: (at / "model.gguf").write_bytes(b"GGUF"), Fault("changed", "model.gguf")),
    "a link in its place": (
        lambda at: ((at / "model.gguf").rename(at.parent / "m"), (at / "model.gguf").symlink_to(at.parent / "m")),
        Fault("changed", "model.gguf"),
    ),
    "gone": (lambda at: (at / "model.gguf").unlink(), Fault("missing", "model.gguf")),
    "gone with its folder": (lambda at: shutil.rmtree(at / "sub"), Fault("missing", "sub/caf\u00e9 two.txt")),
    "a file more": (lambda at: (at / "sub" / "extra.bin").write_bytes(b""), Fault("added", "sub/extra.bin")),
    "a hidden file more": (lambda at: (at / ".pth").write_bytes(b""), Fault("added", ".pth")),
    "a linked folder more": (lambda at: (at / "linked").symlink_to("/tmp"), Fault("added", "linked")),  # noqa: S108
    "the list gone": (lambda at: (at / "SHA256SUMS").unlink(), Fault("missing", "SHA256SUMS")),
    "a list that leads elsewhere": (
        lambda at: (at / "SHA256SUMS").write_text(f"{'0' * 64}  ../m\n"),
        Fault("unreadable", "SHA256SUMS"),
    ),
    "a list that is none": (lambda at: (at / "SHA256SUMS").write_bytes(b"\xff\x00"), Fault("unreadable", "SHA256SUMS")),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_signed", [True, False])
def test_what_is_not_as_it_was_is_named(release: Path, key: Path, change: str, is_signed: bool) -> None:
    seal(release, key if is_signed else None)
    act, fault = CHANGES[change]
    act(release)
    verdict = verify(release)
    assert fault in verdict.faults and not verdict.is_whole


def test_a_list_made_anew_does_not_fit_the_signature(release: Path, key: Path) -> None:
    seal(release, key)
    (release / "model.gguf").write_bytes(b"another")
    seal(release)
    verdict = verify(release, key.with_suffix(".pub.pem"))
    assert (verdict.faults, verdict.signature, verdict.is_whole) == ((), "broken", False)


def test_another_key_is_told_apart_from_a_broken_signature(release: Path, key: Path, tmp_path: Path) -> None:
    seal(release, key)
    make_key(tmp_path / "other.pem")
    assert verify(release, tmp_path / "other.pub.pem").signature == "wrong key"
    (release / SIGNATURE).write_bytes(b"AAAA\n")
    assert verify(release, key.with_suffix(".pub.pem")).signature == "broken"
    (release / SIGNER).write_bytes(b"no key")
    assert verify(release).signature == "broken"


def test_without_a_signature_it_is_whole_only_if_nobody_asked_for_one(release: Path, key: Path) -> None:
    seal(release)
    assert verify(release).is_whole and verify(release).signature == "unsigned" and signer_of(release) is None
    assert not verify(release, key.with_suffix(".pub.pem")).is_whole


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_key_that_cannot_be_used_is_refused(tmp_path: Path, release: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SetupError):
        check_key(path)
    seal(release)
    with pytest.raises(SetupError):
        verify(release, path)


def test_a_folder_that_is_not_there_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        verify(tmp_path / "none")
