"""Anything unlisted, missing or changed stops the installation before a byte is written; so does a wrong signature."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from console import Stop
from deploy.verify import check_media, check_one

from core.carry import signature
from core.carry.manifest import MANIFEST, SIGNATURE, SIGNER, from_bytes, is_safe_path
from core.carry.verify import Trust, open_bundle


def test_a_whole_bundle_passes(opened):
    check_media(opened())


@pytest.mark.parametrize("at", [0, 1500, -1])
def test_one_flipped_bit_in_any_part_is_found_and_the_part_named(make_bundle, trust, at):
    folder = make_bundle()
    for part in sorted(folder.glob("*.part*")) + [folder / "README.txt"]:
        content = bytearray(part.read_bytes())
        content[at if abs(at) < len(content) else 0] ^= 1
        good = part.read_bytes()
        part.write_bytes(content)
        with pytest.raises(Stop, match=part.name):
            check_media(open_bundle([folder], trust))
        part.write_bytes(good)
    check_media(open_bundle([folder], trust))


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE])
def test_one_flipped_bit_in_manifest_or_signature_breaks_the_signature(make_bundle, trust, name):
    folder = make_bundle()
    content = bytearray((folder / name).read_bytes())
    content[10] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(Stop, match="signature does not fit"):
        open_bundle([folder], trust)


def test_a_missing_part_is_named(make_bundle, trust):
    folder = make_bundle()
    part = sorted(folder.glob("*.part*"))[1]
    part.unlink()
    with pytest.raises(Stop, match=part.name):
        check_media(open_bundle([folder], trust))


def test_a_part_cut_short_is_named_with_its_length(make_bundle, trust, capsys):
    folder = make_bundle()
    part = sorted(folder.glob("*.part*"))[0]
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(Stop, match=part.name):
        check_media(open_bundle([folder], trust))
    assert "3,999 bytes long, not 4,000" in capsys.readouterr().out


def test_a_file_that_nobody_listed_stops_it(make_bundle, trust):
    folder = make_bundle()
    (folder / "extra.sh").write_text("echo")
    with pytest.raises(Stop, match="extra.sh"):
        check_media(open_bundle([folder], trust))


def test_what_an_operating_system_leaves_on_a_stick_does_not(make_bundle, trust):
    folder = make_bundle()
    (folder / "System Volume Information").mkdir()
    (folder / ".Trash-1000").mkdir()
    check_media(open_bundle([folder], trust))


def test_a_bad_part_copied_again_is_checked_alone(make_bundle, trust):
    folder = make_bundle()
    part = sorted(folder.glob("*.part*"))[0]
    good = part.read_bytes()
    part.write_bytes(b"x" * len(good))
    bundle = open_bundle([folder], trust)
    with pytest.raises(Stop, match="changed"):
        check_one(bundle, part.name)
    part.write_bytes(good)
    check_one(bundle, part.name)
    with pytest.raises(Stop, match="no file of this bundle"):
        check_one(bundle, "other.part001")


def test_parts_may_lie_on_several_media_in_any_order(make_bundle, trust, tmp_path):
    folder = make_bundle()
    second = tmp_path / "second"
    second.mkdir()
    for part in sorted(folder.glob("*.part*"))[::2]:
        shutil.move(part, second / part.name)
    check_media(open_bundle([second, folder], trust))
    with pytest.raises(Stop, match="part001"):
        check_media(open_bundle([folder], trust))


def test_another_key_is_refused(make_bundle, tmp_path):
    signature.make_key(tmp_path / "other.pem")
    with pytest.raises(Stop, match="another key signed it"):
        open_bundle([make_bundle()], Trust(key=tmp_path / "other.pub.pem"))


def test_a_fingerprint_vouches_for_the_key_on_the_medium(make_bundle, key, tmp_path):
    folder = make_bundle()
    right = signature.fingerprint(key.with_suffix(".pub.pem").read_bytes())
    colons = ":".join(right[at : at + 2] for at in range(0, 64, 2)).upper()
    assert open_bundle([folder], Trust(fingerprint=colons)).signer == (folder / SIGNER).read_bytes()
    with pytest.raises(Stop, match="fingerprint"):
        open_bundle([folder], Trust(fingerprint="0" * 64))


def test_a_bundle_that_somebody_replaced_with_manifest_signature_and_key_is_refused(make_bundle, key, trust, tmp_path):
    folder = make_bundle()
    signature.make_key(tmp_path / "evil.pem")
    evil = signature.load_private(tmp_path / "evil.pem")
    content = (folder / MANIFEST).read_bytes().replace(b"0.1.0", b"0.1.1")
    (folder / MANIFEST).write_bytes(content)
    (folder / SIGNATURE).write_bytes(signature.sign(content, evil))
    (folder / SIGNER).write_bytes(signature.public_pem(evil))
    with pytest.raises(Stop, match="signature does not fit"):
        open_bundle([folder], trust)
    with pytest.raises(Stop, match="fingerprint"):
        open_bundle([folder], Trust(fingerprint=signature.fingerprint(key.with_suffix(".pub.pem").read_bytes())))


def test_nobody_is_trusted_unasked_and_unsigned_only_when_told_so(make_bundle):
    folder = make_bundle()
    with pytest.raises(Stop, match="which key to trust"):
        open_bundle([folder], Trust())
    (folder / SIGNATURE).unlink()
    with pytest.raises(Stop, match="not signed"):
        open_bundle([folder], Trust(fingerprint="0" * 64))
    assert open_bundle([folder], Trust(allows_unsigned=True)).signer == b""


def test_an_expired_bundle_is_refused(opened):
    with pytest.raises(Stop, match="until 2026-02-01"):
        opened(expires_at="2026-02-01T00:00:00+00:00")


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../x", "a//b", "", "a\\b", "con", "a/NUL.txt", "x:y", "end.", "ü"])
def test_paths_that_leave_the_folder_or_that_fat32_cannot_hold_are_refused(path):
    assert not is_safe_path(path)


def changed(folder: Path, change: Callable[[dict], None]) -> bytes:
    values = json.loads((folder / MANIFEST).read_bytes())
    change(values)
    return json.dumps(values).encode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["files"][0].update(path="../../etc/passwd"), "no path inside a bundle"),
        (lambda m: m["files"].append({**m["files"][1], "path": m["files"][1]["path"].upper()}), "stands there twice"),
        (lambda m: m["files"][0].update(size_bytes=1), "do not add up"),
        (lambda m: m["parts"][0].update(sha256="x"), "size or checksum"),
        (lambda m: m.update(version="1/../2"), "bad version"),
        (lambda m: m.update(format=9), "in format 9"),
        (lambda m: m.pop("parts"), "damaged"),
    ],
)
def test_a_signed_manifest_that_makes_no_sense_is_refused_all_the_same(make_bundle, change, words):
    with pytest.raises(Stop, match=words):
        from_bytes(changed(make_bundle(), change))
