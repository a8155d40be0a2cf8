"""Who holds the medium but not the key: nothing he puts there is followed, runs, hangs or reaches the terminal."""

import json
import os
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from console import Stop
from deploy import install as steps
from deploy import lifecycle
from deploy.lifecycle import Wishes
from deploy.prefix import Prefix
from deploy.verify import check_media

from core.carry import signature
from core.carry.archives import unpack
from core.carry.manifest import MANIFEST, SIGNATURE, SIGNER, case_clashes, from_bytes, is_safe_path
from core.carry.parts import file_sha256, open_plain
from core.carry.verify import MAX_SMALL_BYTES, Trust, open_bundle

WISHES = Wishes(with_self_test=False, port=0)
SETUP = Path(__file__).resolve().parents[2] / "installer" / "garrison_setup.py"


def verify(folder: Path, key: Path) -> subprocess.CompletedProcess[str]:
    """The program itself, that a hang would be one: in 512 MB of memory, with a time limit."""
    return subprocess.run(
        [sys.executable, str(SETUP), "verify", str(folder), "--key", str(key.with_suffix(".pub.pem"))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20)),
    )


@pytest.mark.parametrize("name", ["part", MANIFEST, SIGNATURE, SIGNER, "README.txt"])
@pytest.mark.parametrize("what", ["pipe", "link to itself", "/dev/zero", "/etc/passwd", "folder", "nowhere"])
def test_what_is_no_plain_file_is_neither_followed_nor_waited_for(make_bundle, key, name, what):
    folder = make_bundle()
    path = sorted(folder.glob("*.part*"))[1] if name == "part" else folder / name
    path.unlink()
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to(path if what == "link to itself" else what)
    done = verify(folder, key)
    if name == SIGNER:  # worth nothing beside a key that was given
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 3 and "Traceback" not in done.stderr, done.stderr
    assert "root:" not in done.stdout + done.stderr


@pytest.mark.root
def test_a_device_in_the_place_of_a_part_is_not_read(make_bundle, key):
    folder = make_bundle()
    path = sorted(folder.glob("*.part*"))[0]
    path.unlink()
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    done = verify(folder, key)
    assert done.returncode == 3 and f"{path.name}: missing" in done.stdout


def test_a_file_that_is_swapped_between_the_look_and_the_opening_is_not_followed(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        with pytest.raises(OSError), open_plain(tmp_path / name):
            pass


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE, SIGNER])
def test_a_giant_manifest_signature_or_key_is_not_read_to_its_end(make_bundle, key, name):
    folder = make_bundle()
    with (folder / name).open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of holes
    done = verify(folder, key)
    assert done.returncode == 3 and "too large" in done.stderr, done.stderr
    assert MAX_SMALL_BYTES < 64 << 20


@pytest.mark.parametrize(
    "content", [b"[" * 10**6, b'{"a":' * 10**6, b"9" * 10**6, b"\xff\xfe", b"null", b"NaN", b'"\\ud800"']
)
def test_a_manifest_that_is_made_to_break_the_reader_is_a_sentence(content):
    with pytest.raises(Stop, match="damaged"):
        from_bytes(content)


def changed(folder: Path, **values: object) -> bytes:
    return json.dumps({**json.loads((folder / MANIFEST).read_bytes()), **values}).encode()


@pytest.mark.parametrize(
    "values",
    [
        {"version": "../x"},
        {"version": "1.0/../../x"},
        {"version": "1.0\n"},
        {"version": "１.0"},
        {"version": ".1.0"},
        {"version": 1.0},
        {"since": "../x"},
        {"kind": ["full"]},
        {"target": "\x1b[2J"},
        {"target": None},
        {"created_at": "yesterday"},
        {"created_at": "2026-01-01T00:00:00"},
        {"expires_at": "never"},
        {"expires_at": "2026-01-01T00:00:00+14:00"},
        {"schema": "1"},
        {"needs": {}},
        {"files": {}},
        {"parts": [[]]},
        {"loose": None},
        {"more": 1},
    ],
)
def test_every_word_of_a_manifest_is_looked_at(make_bundle, values):
    with pytest.raises(Stop, match="cannot be used|damaged"):
        from_bytes(changed(make_bundle(), **values))


@pytest.mark.parametrize("need", [{"glibc": "\x1b"}, {"memory_bytes": "1"}, {"unpacked_bytes": True}, {"cuda": None}])
def test_what_the_machine_must_have_is_looked_at_too(make_bundle, need):
    folder = make_bundle()
    needs = json.loads((folder / MANIFEST).read_bytes())["needs"]
    with pytest.raises(Stop, match="not said"):
        from_bytes(changed(folder, needs={**needs, **need}))


def test_names_with_control_characters_do_not_reach_the_terminal(make_bundle, key):
    folder = make_bundle()
    (folder / "a\x1b[2Jb\n.txt").touch()
    done = verify(folder, key)
    assert done.returncode == 3 and "\x1b" not in done.stdout + done.stderr
    assert "'a\\x1b[2Jb\\n.txt': is not part of the bundle" in done.stdout


@pytest.mark.parametrize(
    "name", ["x" * 256, "a/" * 600 + "a", "tab\t", "del\x7f", "a\x1bb", "COM1.txt", "lpt9", "a./b", "a /b"]
)
def test_names_that_fat32_cannot_hold_are_refused(name):
    assert not is_safe_path(name)
    assert is_safe_path("x" * 255) and is_safe_path("com10.txt")


def test_names_that_fat32_takes_for_one_are_found_over_folders():
    assert case_clashes(["a/B.whl", "A/b.WHL", "a/c"]) == ["A/b.WHL"]


def test_the_key_on_the_medium_does_not_become_the_one_that_is_trusted(make_bundle, prefix, key, trust, tmp_path):
    folder = make_bundle()
    signature.make_key(tmp_path / "evil.pem")
    (folder / SIGNER).write_bytes((tmp_path / "evil.pub.pem").read_bytes())
    lifecycle.install(prefix, open_bundle([folder], trust), WISHES)
    assert prefix.signer.read_bytes() == key.with_suffix(".pub.pem").read_bytes()
    content = (folder / MANIFEST).read_bytes()
    (folder / SIGNATURE).write_bytes(signature.sign(content, signature.load_private(tmp_path / "evil.pem")))
    bundle = open_bundle([folder], Trust(allows_unsigned=True))
    assert bundle.signer == b""  # it is signed, but nobody vouches for the key
    lifecycle.install(prefix, bundle, WISHES)
    assert prefix.signer.read_bytes() == key.with_suffix(".pub.pem").read_bytes()


def test_a_part_that_changes_after_its_check_is_found_while_it_is_copied(make_bundle, trust, tmp_path):
    folder = make_bundle()
    bundle = open_bundle([folder], trust)
    check_media(bundle)
    for number, part in enumerate(sorted(folder.glob("*.part*"))):
        prefix = Prefix(tmp_path / str(number))
        good = part.read_bytes()
        part.write_bytes(bytes(byte ^ 1 for byte in good))
        with pytest.raises(Stop, match="not what the manifest says"):
            steps.put_in_store(prefix, bundle)
        part.write_bytes(good)
        assert all(file_sha256(stored) == stored.name for stored in prefix.store.iterdir())


def test_a_part_that_becomes_a_link_after_its_check_is_not_followed(make_bundle, trust, prefix, tmp_path):
    folder = make_bundle()
    bundle = open_bundle([folder], trust)
    check_media(bundle)
    part = sorted(folder.glob("*.part*"))[0]
    part.rename(tmp_path / "elsewhere")
    part.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Stop, match=f"{part.name} is on none of the media"):
        steps.put_in_store(prefix, bundle)


def test_an_older_bundle_with_a_right_signature_is_no_upgrade(opened, prefix):
    lifecycle.install(prefix, opened("0.10.0"), WISHES)
    for older in ("0.9.9", "0.10rc1"):
        with pytest.raises(Stop, match=r"is older than 0\.10\.0"):
            lifecycle.upgrade(prefix, opened(older), WISHES)
    lifecycle.upgrade(prefix, opened("0.10.1"), WISHES)
    assert prefix.installed() == ["0.10.0", "0.10.1"]


def archive_of(path: Path, *entries: tuple[str, dict[str, object]]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, values in entries:
            entry = tarfile.TarInfo(name)
            for word, value in values.items():
                setattr(entry, word, value)
            tar.addfile(entry)
    return path


LINK, FOLDER, HARD = {"type": tarfile.SYMTYPE}, {"type": tarfile.DIRTYPE, "mode": 0o755}, {"type": tarfile.LNKTYPE}


@pytest.mark.parametrize(
    "entries",
    [
        # each link stays inside by its words; one after the other they climb
        [("a", FOLDER), ("a/b", FOLDER), ("a/b/up", LINK | {"linkname": ".."}), ("a/b/up/up", LINK | {"linkname": ".."}),
         ("a/b/up/up/up", LINK | {"linkname": ".."}), ("up/out", {})],
        [("x", LINK | {"linkname": "y"}), ("y", LINK | {"linkname": "."}), ("x/../out", {})],
        [("x", LINK | {"linkname": "y/.."}), ("y", LINK | {"linkname": "."}), ("x/out", {})],
        [("in", LINK | {"linkname": "."}), ("in/in", LINK | {"linkname": ".."})],
        [("a", HARD | {"linkname": "../out"})],
        [("a", {"type": tarfile.FIFOTYPE})],
        [("a", {"type": tarfile.BLKTYPE})],
    ],
)  # fmt: skip
def test_an_archive_that_climbs_over_a_chain_of_links_is_refused(tmp_path, entries):
    goal = tmp_path / "deep" / "goal"
    archive = archive_of(tmp_path / "a.tar", *entries)
    try:
        unpack(archive, goal)
    except Stop as stop:
        assert "not allowed" in stop.message
    inside = [path for path in goal.rglob("*") if path.is_symlink()]
    assert not [path for path in inside if not Path(os.path.realpath(path)).is_relative_to(goal)]
    assert not (tmp_path / "out").exists() and not (tmp_path / "deep" / "out").exists()


def test_a_tar_of_links_that_leave_step_by_step_stops(tmp_path):
    archive = archive_of(
        tmp_path / "a.tar", ("a", FOLDER), ("a/l", LINK | {"linkname": "../a"}), ("l", LINK | {"linkname": "a/l/.."}),
        ("a/l/../../out", {}),
    )  # fmt: skip
    with pytest.raises(Stop, match="not allowed"):
        unpack(archive, tmp_path / "goal")


def test_a_link_that_was_there_before_is_not_followed_out(tmp_path):
    (tmp_path / "goal").mkdir()
    (tmp_path / "goal" / "a").symlink_to(tmp_path)
    for entry in (("a/out", {}), ("a/out", LINK | {"linkname": "b"})):
        with pytest.raises(Stop, match="not allowed"):
            unpack(archive_of(tmp_path / "a.tar", entry), tmp_path / "goal")
    assert not os.path.lexists(tmp_path / "out")


def test_what_comes_out_of_a_tar_is_ours_and_nobody_else_writes_it_and_no_program_gets_rights_by_it(tmp_path):
    values = {"mode": 0o7777, "uid": 4711, "gid": 4711, "uname": "daemon", "gname": "daemon"}
    unpack(archive_of(tmp_path / "a.tar", ("a", FOLDER | values), ("a/program", values)), tmp_path / "goal")
    for path in (tmp_path / "goal/a", tmp_path / "goal/a/program"):
        found = path.stat()
        assert (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (0o755, os.geteuid(), os.getegid())


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_tar_is_not_taken_so_that_nothing_grows_while_it_is_unpacked(tmp_path, mode):
    with tarfile.open(tmp_path / "a.tar", mode) as tar:
        tar.addfile(tarfile.TarInfo("a"))
    with pytest.raises(Stop, match="cannot be unpacked"):
        unpack(tmp_path / "a.tar", tmp_path / "goal")


def test_a_file_with_holes_is_not_taken_from_a_tar(tmp_path):
    with (tmp_path / "holes").open("wb") as file:
        file.seek(10 << 30)
        file.write(b"x")
    subprocess.run(["tar", "--sparse", "-cf", "a.tar", "holes"], cwd=tmp_path, check=True)
    with pytest.raises(Stop, match="not allowed"):
        unpack(tmp_path / "a.tar", tmp_path / "goal")


def test_a_tar_that_is_cut_short_is_a_sentence(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"\0" * 100)
    with pytest.raises(Stop, match="cannot be unpacked"):
        unpack(tmp_path / "a.tar", tmp_path / "goal")
