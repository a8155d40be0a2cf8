"""`garrison-setup` is kept inside each version: later no medium is needed, and upgrades are checked by a checked program."""

import os
import shutil
import subprocess
from pathlib import Path

import garrison_setup
import pytest
from console import Stop
from deploy import install as steps
from deploy import lifecycle, receipt
from deploy.lifecycle import Wishes
from deploy.prefix import Prefix

from core.carry.archives import pack
from core.carry.manifest import from_bytes
from core.carry.verify import open_bundle

WISHES = Wishes(with_self_test=False, port=0)


def kept(prefix: Prefix, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program that was installed along, from another folder and without telling it where it lies."""
    program = prefix.current / "setup" / "garrison-setup"
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False, cwd="/")


@pytest.fixture
def installed(opened, prefix, tmp_path) -> Prefix:
    """Installed with its program; in a real system, since the program knows no other."""
    prefix = Prefix(prefix.root)
    lifecycle.install(prefix, opened(with_setup=True), WISHES)
    return prefix


def test_the_program_is_part_of_the_version_and_of_its_receipt(installed, capsys):
    folder = installed.version_folder("0.1.0")
    assert os.access(folder / "setup/garrison-setup", os.X_OK)
    assert "setup/garrison-setup" in receipt.load(folder)["files"]
    assert list(receipt.changes(folder)) == []
    (folder / "setup/garrison-setup").write_text("#!/bin/sh\n")
    assert list(receipt.changes(folder)) == [f"changed: {folder}/setup/garrison-setup"]
    assert [path.name for path in folder.iterdir()].count("tmp") == 0
    assert not [path for path in installed.store.iterdir() if path.stat().st_nlink == 1 and path.suffix == ".tar"]


def test_the_last_line_of_an_installation_names_it(opened, prefix, capsys):
    lifecycle.install(prefix, opened(), WISHES)
    assert "Later:" not in capsys.readouterr().out  # a bundle without the program has none to name
    lifecycle.upgrade(prefix, opened("0.2.0", with_setup=True), WISHES)
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"Later: {prefix.current}/setup/garrison-setup status")


def test_the_archive_is_not_left_in_the_store_and_not_copied_when_the_version_is_there(opened, prefix):
    bundle = opened(with_setup=True)
    lifecycle.install(prefix, bundle, WISHES)
    program = steps.setup_program(bundle.manifest)
    assert program and not prefix.object(program.sha256).exists()
    lifecycle.install(prefix, bundle, WISHES)
    assert not prefix.object(program.sha256).exists()


def test_the_kept_program_finds_its_installation_and_compares_every_file(installed):
    done = kept(installed, "status", "--check")
    assert done.returncode == 0, done.stderr
    assert "0.1.0      in use" in done.stdout and "Every file is as it was installed." in done.stdout


def test_the_kept_program_tests_the_version_upgrades_it_from_a_medium_and_goes_back(installed, make_bundle):
    assert kept(installed, "self-test").returncode == 0
    done = kept(installed, "upgrade", str(make_bundle("0.2.0", with_setup=True)), "--no-self-test", "--port", "0")
    assert done.returncode == 0, done.stderr  # signed by the key that the installation knows
    assert installed.current_version() == "0.2.0"
    assert kept(installed, "rollback").returncode == 0
    assert installed.current_version() == "0.1.0"


def test_uninstalling_with_the_kept_program_leaves_nothing(installed, opened):
    lifecycle.upgrade(installed, opened("0.2.0", with_setup=True), WISHES)
    done = kept(installed, "uninstall", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Removing 0.1.0, 0.2.0" in done.stdout and "not ours" not in done.stdout
    assert not installed.root.exists()


def test_the_version_that_the_program_runs_from_goes_last(installed, opened, monkeypatch):
    lifecycle.upgrade(installed, opened("0.2.0", with_setup=True), WISHES)
    monkeypatch.setattr(lifecycle, "own_program", lambda: installed.version_folder("0.1.0") / "setup/garrison-setup")
    removed: list[str] = []
    monkeypatch.setattr(lifecycle, "remove_version", lambda folder: removed.append(folder.name) or [])
    lifecycle.uninstall(installed, with_data=False)
    assert removed == ["0.2.0", "0.1.0"]


def test_the_default_prefix_is_the_one_that_the_program_lies_in(installed, monkeypatch, tmp_path):
    monkeypatch.setattr(lifecycle, "own_program", lambda: installed.version_folder("0.1.0") / "setup/garrison-setup")
    assert garrison_setup.parser().parse_args(["status"]).prefix == installed.root
    assert garrison_setup.parser().parse_args(["status", "--prefix", "/x"]).prefix == Path("/x")
    monkeypatch.setattr(lifecycle, "own_program", lambda: tmp_path / "versions/0.1.0/setup/garrison-setup")
    assert garrison_setup.parser().parse_args(["status"]).prefix == Path("/opt/garrison")  # no receipt: no installation


def test_a_program_that_was_swapped_after_the_check_is_found_while_it_is_copied(make_bundle, trust, prefix, monkeypatch):
    folder = make_bundle(with_setup=True)
    archive = folder / "garrison-setup.tar"

    def swap(*_: object, **__: object) -> list[object]:
        content = bytearray(archive.read_bytes())
        content[700] ^= 1
        archive.write_bytes(content)
        return []

    monkeypatch.setattr("deploy.preflight.look", swap)
    with pytest.raises(Stop, match=r"garrison-setup\.tar is not what the manifest says"):
        lifecycle.install(prefix, open_bundle([folder], trust), WISHES)
    assert prefix.installed() == [] and not list(prefix.store.glob("*.partial"))


def test_an_archive_without_the_program_is_refused(opened, prefix, tmp_path):
    bundle = opened(with_setup=True)
    program = steps.setup_program(bundle.manifest)
    lifecycle.install(prefix, bundle, WISHES)
    (tmp_path / "other").mkdir()
    pack(tmp_path / "other", prefix.object(program.sha256))
    manifest = from_bytes(bundle.manifest.to_bytes().replace(b'"version": "0.1.0"', b'"version": "0.1.1"'))
    with pytest.raises(Stop, match="holds no garrison-setup"):
        steps.build_version(prefix, manifest)
    assert prefix.installed() == ["0.1.0"]
    shutil.rmtree(prefix.versions / ".0.1.1.partial")


def test_what_is_installed_can_be_read_by_the_service_whatever_the_umask_of_root(make_bundle, key, prefix):
    command = ["garrison_setup.py", "install", str(make_bundle(with_setup=True)), "--prefix", str(prefix.root)]
    before = os.umask(0o077)
    try:
        status = garrison_setup.main(
            [*command[1:], "--key", str(key.with_suffix(".pub.pem")), "--no-self-test", "--port", "0"]
        )
    finally:
        os.umask(before)
    assert status == 0
    for path in [prefix.root, *prefix.root.rglob("*")]:
        if not path.is_symlink() and path.name != ".lock":
            mode = path.stat().st_mode
            assert mode & 0o044 == 0o044 and not mode & 0o022, path
