"""Archives: good members come out, each bad one with its reason, and the rest goes on."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from core.documents import Member, archives, expand
from core.errors import InputError


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def expanded(folder: Path, data: bytes, name: str = "a.zip") -> list[tuple[str, bytes | None, str]]:
    path = folder / "original"
    path.write_bytes(data)
    return [seen(member) for member in expand(path, name)]


def seen(member: Member) -> tuple[str, bytes | None, str]:
    return member.name, member.path.read_bytes() if member.path else None, member.error.message if member.error else ""


def test_other_files_are_their_own_member(tmp_path: Path) -> None:
    assert expanded(tmp_path, b"hello", "a.txt") == [("a.txt", b"hello", "")]


def test_members_come_with_their_names_and_clutter_is_ignored(tmp_path: Path) -> None:
    data = packed({"one.txt": b"1", "dir/two.md": b"2", "__MACOSX/._one.txt": b"x", "dir/.DS_Store": b"x"})
    assert expanded(tmp_path, data) == [("one.txt", b"1", ""), ("dir/two.md", b"2", "")]


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt"])
def test_climbing_path_is_refused_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    found = expanded(tmp_path, packed({name: b"x", "good.txt": b"ok"}))
    assert found[0][1] is None and "outside" in found[0][2]
    assert ".." not in found[0][0].split("/")
    assert found[1] == ("good.txt", b"ok", "")
    assert not list(tmp_path.parent.rglob("evil.txt"))


def test_bomb_is_refused_by_its_ratio_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = expanded(tmp_path, packed({"bomb.txt": b"\0" * 2**24, "good.txt": b"ok"}))
    assert "zip bomb" in found[0][2] and found[1][1] == b"ok"


def test_member_that_declares_less_than_it_holds_is_not_unpacked_beyond_it(tmp_path: Path) -> None:
    data = bytearray(packed({"liar.txt": b"abc " * 2**20, "good.txt": b"ok"}))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 10)  # uncompressed size in the directory (APPNOTE 4.3.12)
    found = expanded(tmp_path, bytes(data))
    assert found[0][1] is None and found[0][2]
    assert found[1][1] == b"ok"


def test_archive_that_declares_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ARCHIVE_BYTES", 1000)
    with pytest.raises(InputError, match="zip bomb"):
        expanded(tmp_path, packed({"a.txt": b"x" * 2000}))


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(InputError, match="more than 3 files"):
        expanded(tmp_path, packed({f"{number}.txt": b"x" for number in range(4)}))


def test_archive_in_an_archive_is_opened_once(tmp_path: Path) -> None:
    inner = packed({"deep.txt": b"deep", "third.zip": packed({"x.txt": b"x"})})
    found = expanded(tmp_path, packed({"inner.zip": inner, "good.txt": b"ok"}))
    assert found[0] == ("inner.zip/deep.txt", b"deep", "")
    assert found[1][0] == "inner.zip/third.zip" and "nested" in found[1][2]
    assert found[2] == ("good.txt", b"ok", "")


def test_damaged_inner_archive_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = expanded(tmp_path, packed({"inner.zip": b"PK\x03\x04 nonsense", "good.txt": b"ok"}))
    assert found[0][0] == "inner.zip" and "damaged" in found[0][2]
    assert found[1][1] == b"ok"


def test_encrypted_member_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = bytearray(packed({"locked.txt": b"secret", "good.txt": b"ok"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # general purpose flag, bit 0 (APPNOTE 4.4.4)
        data[data.index(mark) + place] |= 1
    found = expanded(tmp_path, bytes(data))
    assert "password" in found[0][2] and found[1][1] == b"ok"


def test_damaged_member_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = bytearray(packed({"bad.txt": bytes(range(256)) * 40, "good.txt": b"ok"}))
    data[60:90] = b"\xff" * 30
    found = expanded(tmp_path, bytes(data))
    assert found[0][1] is None and found[0][2]
    assert found[1][1] == b"ok"


def test_truncated_archive_is_refused(tmp_path: Path) -> None:
    data = packed({"a.txt": b"x" * 5000}, zipfile.ZIP_STORED)
    with pytest.raises(InputError, match="damaged"):
        expanded(tmp_path, data[:2000])


def test_nothing_stays_behind(tmp_path: Path) -> None:
    path = tmp_path / "original"
    path.write_bytes(packed({"a.txt": b"1", "b.txt": b"2"}))
    paths = [member.path for member in expand(path, "a.zip")]
    assert all(unpacked and not unpacked.exists() and not unpacked.parent.exists() for unpacked in paths)
