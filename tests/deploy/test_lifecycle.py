"""Install, upgrade, roll back, uninstall: interrupted anywhere nothing is half there, and run again it completes."""

import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from console import Stop
from deploy import install as steps
from deploy import lifecycle, receipt, workspaces
from deploy.lifecycle import Wishes
from deploy.prefix import Prefix

from core.carry.archives import unpack
from core.carry.verify import open_bundle

INSTALLER = Path(__file__).resolve().parents[2] / "installer"
WISHES = Wishes(with_self_test=False, port=0)


def installed_module(prefix, version: str) -> Path:
    return prefix.version_folder(version) / "python/lib/python3.11/site-packages/own.py"


def test_install_makes_a_version_and_points_at_it(opened, prefix):
    lifecycle.install(prefix, opened(), WISHES)
    assert prefix.current_version() == "0.1.0"
    assert installed_module(prefix, "0.1.0").read_text() == "version = '0.1.0'\n"
    assert (prefix.current / "bin/garrison").stat().st_mode & 0o111
    assert (prefix.current / "python/share/garrison/models/small/weights.gguf").stat().st_nlink == 2  # stored once
    assert not list(prefix.version_folder("0.1.0").glob("wheels")) and not list(prefix.versions.glob(".*"))
    assert list(receipt.changes(prefix.version_folder("0.1.0"))) == []


def test_nothing_is_written_when_the_media_are_not_whole(make_bundle, trust, prefix):
    folder = make_bundle()
    part = sorted(folder.glob("*.part*"))[-1]
    part.write_bytes(b"x" * part.stat().st_size)
    with pytest.raises(Stop, match=part.name):
        lifecycle.install(prefix, open_bundle([folder], trust), WISHES)
    assert not prefix.root.exists()


def test_nothing_is_written_when_the_machine_does_not_fit(opened, prefix, monkeypatch):
    bundle = opened()
    monkeypatch.setattr("deploy.preflight.glibc_version", lambda: "2.12")
    with pytest.raises(Stop, match="C library"):
        lifecycle.install(prefix, bundle, WISHES)
    assert not prefix.root.exists()


def test_a_tampered_an_added_and_a_missing_file_are_named(opened, prefix, capsys):
    lifecycle.install(prefix, opened(), WISHES)
    module = installed_module(prefix, "0.1.0")
    module.write_text("version = '6.6.6'\n")
    (module.parent / "added.py").write_text("")
    (module.parent / "lib.py").unlink()
    with pytest.raises(Stop, match="3 files are not as installed"):
        lifecycle.status(prefix, with_check=True)
    said = capsys.readouterr().out
    assert all(
        f"{word}: {module.parent}/{name}" in said
        for word, name in [("changed", "own.py"), ("added", "added.py"), ("missing", "lib.py")]
    )


def test_a_difference_bundle_upgrades_and_holds_only_what_changed(opened, make_bundle, trust, prefix):
    full = make_bundle()
    lifecycle.install(prefix, open_bundle([full], trust), WISHES)
    bundle = opened("0.2.0", since=full)
    assert [file.path for file in bundle.manifest.files if file.is_carried] == ["wheels/garrison-0.2.0-py3-none-any.whl"]
    lifecycle.upgrade(prefix, bundle, WISHES)
    assert (prefix.current_version(), prefix.state().previous) == ("0.2.0", "0.1.0")
    assert installed_module(prefix, "0.2.0").read_text() == "version = '0.2.0'\n"


def test_a_difference_bundle_without_what_it_counts_on_says_so(opened, make_bundle, prefix):
    bundle = opened("0.2.0", since=make_bundle())
    with pytest.raises(Stop, match=r"only what changed since 0\.1\.0"):
        lifecycle.install(prefix, bundle, WISHES)
    assert prefix.current_version() == "" and prefix.installed() == []


def test_install_beside_an_old_version_and_upgrade_of_nothing_are_refused(opened, prefix):
    with pytest.raises(Stop, match="Nothing is installed"):
        lifecycle.upgrade(prefix, opened(), WISHES)
    lifecycle.install(prefix, opened("0.2.0"), WISHES)
    with pytest.raises(Stop, match=r"0\.2\.0 is in use"):
        lifecycle.install(prefix, opened("0.3.0"), WISHES)


def test_rollback_goes_back_once(opened, prefix):
    lifecycle.install(prefix, opened(), WISHES)
    lifecycle.upgrade(prefix, opened("0.2.0"), WISHES)
    lifecycle.rollback(prefix, [])
    assert prefix.current_version() == "0.1.0"
    with pytest.raises(Stop, match="no version to go back to"):
        lifecycle.rollback(prefix, [])
    assert [line["action"] for line in prefix.state().history] == ["installed", "upgraded", "rolled back"]


def database(home: Path, schema: int, text: str, name: str = workspaces.DATABASE) -> None:
    home.mkdir(exist_ok=True)
    with sqlite3.connect(home / name) as db:
        db.execute("create table notes (text)")
        db.execute("insert into notes values (?)", [text])
        db.execute(f"pragma user_version = {schema}")
    db.close()


def test_rollback_puts_a_workspace_with_a_newer_schema_back_and_keeps_what_came_since(opened, prefix, tmp_path):
    lifecycle.install(prefix, opened(schema=1), WISHES)
    lifecycle.upgrade(prefix, opened("0.2.0", schema=2), WISHES)
    home = tmp_path / "home"
    database(home, 1, "before", f"{workspaces.DATABASE}.schema-1")
    database(home, 2, "since")
    lifecycle.rollback(prefix, [home])
    assert workspaces.schema_of(home) == 1
    kept = next(home.glob(f"{workspaces.DATABASE}.newer-*"))
    with sqlite3.connect(kept) as db:
        assert db.execute("select text from notes").fetchone() == ("since",)
    db.close()


def test_rollback_without_a_copy_of_the_workspace_changes_nothing(opened, prefix, tmp_path):
    lifecycle.install(prefix, opened(schema=1), WISHES)
    lifecycle.upgrade(prefix, opened("0.2.0", schema=2), WISHES)
    database(tmp_path / "home", 2, "since")
    with pytest.raises(Stop, match="no copy from before"):
        lifecycle.rollback(prefix, [tmp_path / "home"])
    assert prefix.current_version() == "0.2.0"


def test_uninstall_removes_what_was_installed_and_nothing_else(opened, prefix, tmp_path):
    lifecycle.install(prefix, opened(), WISHES)
    stranger = prefix.version_folder("0.1.0") / "python" / "notes.txt"
    stranger.write_text("mine")
    lifecycle.uninstall(prefix, with_data=False)
    assert [path for path in prefix.root.rglob("*") if path.is_file()] == [stranger]
    stranger.unlink()
    shutil.rmtree(prefix.root)
    lifecycle.install(prefix, opened("0.2.0"), WISHES)
    lifecycle.uninstall(prefix, with_data=False)
    assert not prefix.root.exists()


def test_a_second_set_up_at_the_same_time_is_refused(opened, prefix):
    bundle = opened()
    prefix.root.mkdir(parents=True)
    with (prefix.root / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Stop, match="Another garrison-setup is at work"):
            lifecycle.install(prefix, bundle, WISHES)
    lifecycle.install(prefix, bundle, WISHES)
    assert prefix.current_version() == "0.1.0"


@pytest.mark.parametrize("after_s", [0.02, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6])
def test_killed_at_any_moment_nothing_is_half_there_and_the_next_run_completes(make_bundle, key, prefix, after_s):
    media = make_bundle()
    command = [sys.executable, str(INSTALLER / "garrison_setup.py"), "install", str(media), "--prefix", str(prefix.root)]
    command += ["--key", str(key.with_suffix(".pub.pem")), "--no-self-test", "--port", "0"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(0.15 + after_s)  # the interpreter's own start
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    if current := prefix.current_version():
        assert list(receipt.changes(prefix.version_folder(current))) == []
    for folder in prefix.versions.glob("[!.]*") if prefix.versions.is_dir() else ():
        assert (folder / receipt.RECEIPT).is_file()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert prefix.current_version() == "0.1.0"
    assert list(receipt.changes(prefix.version_folder("0.1.0"))) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["unlink", "rmdir"])
def test_an_uninstallation_that_is_cut_off_at_any_file_is_completed_by_the_next(opened, prefix, monkeypatch, name):
    bundles = [opened(), opened("0.2.0")]
    removing = getattr(Path, name)

    def uninstall(steps_until_cut: int) -> int:
        """How many files or folders it removed; cut off after so many."""
        lifecycle.install(prefix, bundles[0], WISHES)
        lifecycle.upgrade(prefix, bundles[1], WISHES)
        count = 0

        def remove(self: Path, *arguments: object, **options: object) -> None:
            nonlocal count
            if count == steps_until_cut:
                raise KeyboardInterrupt
            count += 1
            removing(self, *arguments, **options)

        with monkeypatch.context() as cutting:
            cutting.setattr(Path, name, remove)
            lifecycle.uninstall(prefix, with_data=False)
        return count

    whole = uninstall(10**6)
    for cut in range(0, whole, max(whole // 7, 1)):
        with pytest.raises(KeyboardInterrupt):
            uninstall(cut)
        for version in prefix.versions.glob("[!.]*"):  # a version is a version until its last file, then nothing
            assert (version / receipt.RECEIPT).is_file() or not [path for path in version.rglob("*") if path.is_file()]
        if prefix.versions.is_dir():
            lifecycle.uninstall(prefix, with_data=False)
        assert not [path for path in prefix.root.rglob("*") if not path.is_dir()]
        shutil.rmtree(prefix.root, ignore_errors=True)


def test_a_disk_that_fills_up_is_a_sentence_and_the_version_in_use_stays(opened, prefix, monkeypatch):
    lifecycle.install(prefix, opened(), WISHES)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    bundle = opened("0.2.0")
    monkeypatch.setattr(steps, "install_wheels", full)
    with pytest.raises(Stop, match="disk became full"):
        lifecycle.upgrade(prefix, bundle, WISHES)
    assert prefix.current_version() == "0.1.0" and prefix.installed() == ["0.1.0"]
    monkeypatch.undo()
    lifecycle.upgrade(prefix, bundle, WISHES)
    assert prefix.current_version() == "0.2.0"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_upgrade_that_stops_around_the_change_can_still_go_back(opened, prefix, monkeypatch, moment):
    lifecycle.install(prefix, opened(), WISHES)
    bundle = opened("0.2.0")
    change = type(prefix).make_current

    def cut(self: Prefix, version: str) -> None:
        if moment == "after":
            change(self, version)
        raise KeyboardInterrupt

    monkeypatch.setattr(Prefix, "make_current", cut)
    with pytest.raises(KeyboardInterrupt):
        lifecycle.upgrade(prefix, bundle, WISHES)
    monkeypatch.undo()
    if moment == "before":
        assert prefix.current_version() == "0.1.0"
        with pytest.raises(Stop, match="no version to go back to"):
            lifecycle.rollback(prefix, [])
        lifecycle.upgrade(prefix, bundle, WISHES)
    lifecycle.rollback(prefix, [])
    assert prefix.current_version() == "0.1.0"


def test_a_stored_file_that_rotted_is_copied_again(opened, prefix):
    bundle = opened()
    lifecycle.install(prefix, bundle, WISHES)
    model = next(file for file in bundle.manifest.files if file.kind == "model")
    prefix.object(model.sha256).unlink()
    prefix.object(model.sha256).write_bytes(b"rot")
    steps.put_in_store(prefix, bundle)
    assert prefix.object(model.sha256).stat().st_size == model.size_bytes


def test_the_key_of_the_first_installation_is_the_one_upgrades_must_have(opened, prefix, tmp_path, key):
    lifecycle.install(prefix, opened(), WISHES)
    assert prefix.signer.read_bytes() == key.with_suffix(".pub.pem").read_bytes()


def test_the_self_test_is_kept_in_the_receipt(opened, prefix):
    lifecycle.install(prefix, opened(), Wishes(with_self_test=True, port=0))
    (test,) = receipt.read_json(prefix.version_folder("0.1.0") / receipt.RECEIPT)["self_tests"]
    assert test["ok"] and test["connections_seen"] == []


@pytest.mark.parametrize(
    "change",
    [{"name": "../out"}, {"name": "/out"}, {"linkname": "../../out", "type": tarfile.SYMTYPE}, {"type": tarfile.CHRTYPE}],
)
def test_an_archive_that_climbs_out_is_refused(tmp_path, change):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        entry = tarfile.TarInfo("python/a")
        for name, value in change.items():
            setattr(entry, name, value)
        tar.addfile(entry)
    with pytest.raises(Stop, match="not allowed"):
        unpack(tmp_path / "a.tar", tmp_path / "goal")
    assert not (tmp_path / "out").exists()
