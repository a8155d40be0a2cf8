"""What was tampered with in an installation, or around it: nothing outside is read, removed or given away for it.

What stands for the system's files here lies in the test's own folder: where a guard is broken, the machine is not.
"""

import json
import os
import pwd
import re
import shutil
import sqlite3
import sys
import traceback
from pathlib import Path

import garrison_setup
import pytest
from console import Stop
from deploy import lifecycle, receipt, service, workspaces
from deploy.lifecycle import Wishes
from deploy.prefix import Prefix, State, age, way_to, who_else_writes

WISHES = Wishes(with_self_test=False, port=0)
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def installed(opened, prefix) -> Prefix:
    lifecycle.install(prefix, opened(), WISHES)
    return prefix


def change(path: Path, **values: object) -> None:
    path.write_bytes(json.dumps({**json.loads(path.read_bytes()), **values}).encode())


@pytest.mark.parametrize("name", ["../../../mine", "{mine}", "python/../../../../mine", "over/mine", ".", "", "python"])
def test_a_receipt_that_names_other_files_does_not_remove_them(installed, tmp_path, capsys, name):
    mine = installed.root.parent / "mine"
    mine.write_text("mine")
    folder = installed.version_folder("0.1.0")
    (folder / "over").symlink_to(installed.root.parent)
    entries = receipt.load(folder)["files"]
    change(folder / receipt.RECEIPT, files={**entries, name.format(mine=mine): [4, "x"], "over": ["link", ".."]})
    lifecycle.uninstall(installed, with_data=False)
    assert mine.read_text() == "mine"
    assert name == "python" or f"not ours, left: {name.format(mine=mine)}\n" in capsys.readouterr().out
    assert not installed.root.exists()


@pytest.mark.parametrize(
    "files",
    [[], {"a": 1}, {"a": ["x", "y"]}, {"a": [1]}, {"a": [1, 2]}, None],
)
def test_a_damaged_receipt_is_a_sentence_and_nothing_is_removed(installed, files):
    folder = installed.version_folder("0.1.0")
    change(folder / receipt.RECEIPT, files=files)
    for action in (
        lambda: lifecycle.status(installed, with_check=True),
        lambda: lifecycle.uninstall(installed, with_data=False),
    ):
        with pytest.raises(Stop, match="damaged"):
            action()
    assert (folder / "bin/garrison").is_file()


def test_a_pipe_in_the_place_of_an_installed_file_is_not_waited_for(installed):
    folder = installed.version_folder("0.1.0")
    empty = folder / "python/lib/python3.11/site-packages/pip_itself.py"
    assert empty.stat().st_size == 0
    empty.unlink()
    os.mkfifo(empty)
    assert list(receipt.changes(folder)) == [f"changed: {empty}"]


def test_a_state_that_lists_files_of_the_system_does_not_remove_them(installed, tmp_path, capsys):
    mine = tmp_path / "passwd"
    mine.write_text("root")
    ours = installed.system / service.DESKTOP_PLACE
    ours.parent.mkdir(parents=True)
    ours.touch()
    climbing = f"{ours.parent}/../applications/garrison.desktop"
    change(installed.root / "state.json", system_files=[str(mine), "\x1b[2J", climbing, str(ours)])
    lifecycle.uninstall(installed, with_data=False)
    assert mine.read_text() == "root" and not ours.exists()
    said = capsys.readouterr().out
    assert f"not ours, left: {mine}" in said and "\x1b" not in said


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '"x"',
        '{"history": ["x"]}',
        '{"history": [{"at": 1}]}',
        '{"user": 5}',
        '{"system_files": [[]]}',
        "[" * 10**5,
    ],
)
def test_a_damaged_state_is_a_sentence(installed, content):
    (installed.root / "state.json").write_text(content)
    with pytest.raises(Stop, match=r"state\.json is damaged"):
        lifecycle.rollback(installed, [])
    assert installed.current_version() == "0.1.0"


def test_a_state_that_a_newer_program_wrote_can_be_read(installed):
    change(installed.root / "state.json", later={"a": 1})
    assert [line["action"] for line in installed.state().history] == ["installed"]


@pytest.mark.parametrize("home", ["/", "/etc", "relative"])
def test_folders_of_the_system_are_no_workspaces(home):
    assert workspaces.refusal(Path(home))
    assert lifecycle.lie_in_each_other(Path("/"), Path("/opt/garrison"))


@pytest.mark.parametrize("home", ["{root}", "{above}", "{link}", "{plain}"])
def test_data_that_is_no_workspace_is_not_removed(installed, tmp_path, home):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "photo.jpg").touch()
    (tmp_path / "link").symlink_to(plain)
    for folder in (installed.root, tmp_path):  # even where it looks like one
        (folder / workspaces.DATABASE).touch()
    home = home.format(root=installed.root, above=tmp_path, link=tmp_path / "link", plain=plain)
    change(installed.root / "state.json", home=home)
    with pytest.raises(Stop, match="nothing was removed"):
        lifecycle.uninstall(installed, with_data=True)
    assert (plain / "photo.jpg").exists() and installed.current_version() == "0.1.0"


def test_data_of_the_service_is_removed_when_asked_and_what_its_links_lead_to_is_not(installed, tmp_path):
    home, kept = tmp_path / "home", tmp_path / "kept"
    for folder in (home / "models", kept):
        folder.mkdir(parents=True)
    (kept / "file").touch()
    (home / "models" / "link").symlink_to(kept)
    (home / "link").symlink_to(kept)
    (home / workspaces.DATABASE).touch()
    change(installed.root / "state.json", home=str(home))
    lifecycle.uninstall(installed, with_data=True)
    assert not home.exists() and (kept / "file").exists()


@pytest.mark.parametrize("target", ["/etc", "versions/..", "versions/", "versions/.", "../versions/0.1.0", "0.1.0"])
def test_a_current_that_leads_elsewhere_is_no_version(installed, target):
    installed.current.unlink()
    installed.current.symlink_to(target)
    assert installed.current_version() == ""


def test_a_version_that_is_a_link_is_none_and_its_target_stays(installed, tmp_path):
    shutil.copytree(installed.version_folder("0.1.0"), tmp_path / "other", symlinks=True)
    installed.version_folder("0.9.9").symlink_to(tmp_path / "other")
    assert installed.installed() == ["0.1.0"]
    lifecycle.uninstall(installed, with_data=False)
    assert (tmp_path / "other/bin/garrison").exists()


def test_a_folder_in_the_place_of_the_link_is_left_alone(installed, opened):
    installed.current.unlink()
    installed.current.mkdir()
    with pytest.raises(Stop, match="no link to a version"):
        installed.make_current("0.1.0")
    with pytest.raises(Stop, match="existing"):
        lifecycle.install(installed, opened("0.2.0"), WISHES)


def test_a_prefix_that_is_a_link_is_followed_and_stays(opened, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "opt").symlink_to(tmp_path / "disk")
    prefix = Prefix(tmp_path / "opt", system=tmp_path / "system")
    bundle = opened()
    lifecycle.install(prefix, bundle, WISHES)
    assert (tmp_path / "disk/current/bin/garrison").is_file()
    lifecycle.uninstall(prefix, with_data=False)
    assert prefix.root.is_symlink() and not list((tmp_path / "disk").iterdir())
    lifecycle.install(prefix, bundle, WISHES)


def test_a_place_that_others_may_write_is_refused_before_a_byte_is_written(opened, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "way").symlink_to(tmp_path / "open")
    for root in (tmp_path / "open" / "garrison", tmp_path / "way" / "garrison"):
        prefix = Prefix(root, system=tmp_path / "system")
        with pytest.raises(Stop, match="owner"):
            lifecycle.install(prefix, opened(f"0.1.{len(root.name)}{root.parent.name[0]}"), WISHES)
        with pytest.raises(Stop, match="Everybody may write"), prefix.held():
            pass
        assert not root.exists()


@pytest.mark.root
def test_a_place_of_another_user_is_refused_and_so_is_one_that_his_link_leads_over(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "way").symlink_to(tmp_path / "ours")
    (tmp_path / "first").symlink_to(theirs / "way")
    (tmp_path / "ours").mkdir()
    assert who_else_writes(tmp_path / "first" / "garrison") == ""
    os.chown(theirs, NOBODY.pw_uid, NOBODY.pw_gid)
    assert "belongs to another user" in who_else_writes(theirs / "garrison")
    assert "belongs to another user" in who_else_writes(tmp_path / "first" / "garrison")  # passes it midway alone
    assert who_else_writes(tmp_path / "ours") == ""


def test_the_way_to_a_place_passes_every_link_and_ends_where_they_go_round(tmp_path):
    (tmp_path / "a").symlink_to("b/../c")
    (tmp_path / "b").mkdir()
    (tmp_path / "c").symlink_to("c")
    passed = list(way_to(tmp_path / "a"))
    assert passed[: len(tmp_path.parts)] == [*reversed(tmp_path.parents), tmp_path]
    assert {tmp_path / "b", tmp_path / "c"} <= set(passed)


def test_a_folder_that_somebody_else_made_meanwhile_is_refused(tmp_path, monkeypatch):
    prefix = Prefix(tmp_path / "opt" / "garrison")
    made = Path.mkdir

    def mkdir(self: Path, *arguments: object, **options: object) -> None:
        made(self, *arguments, **options)
        self.chmod(0o777)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(Stop, match="Everybody may write"), prefix.held():
        pass


def test_versions_are_sorted_by_their_numbers():
    ages = ["0.9", "0.10a1", "0.10rc1", "0.10", "0.10.post1", "0.10.1", "1.0.0"]
    assert sorted(reversed(ages), key=age) == ages and age("1.0") == age("1.0.0")


def test_an_interrupted_uninstallation_is_completed(installed):
    folder = installed.version_folder("0.1.0")
    names = list(receipt.load(folder)["files"])
    for name in names[: len(names) // 2]:
        (folder / name).unlink()
    lifecycle.uninstall(installed, with_data=False)
    assert not installed.root.exists()
    folder.mkdir(parents=True)  # between the receipt and the folder
    lifecycle.uninstall(installed, with_data=False)
    assert not installed.root.exists()


def database(home: Path, schema: int, name: str = workspaces.DATABASE) -> None:
    db = sqlite3.connect(home / name)
    db.execute("create table notes (text)")
    db.execute(f"pragma user_version = {schema}")
    db.commit()
    db.close()


@pytest.mark.root
@pytest.mark.parametrize("planted", [f".{workspaces.DATABASE}.partial", f"{workspaces.DATABASE}.schema-1"])
def test_a_rollback_does_not_follow_links_that_the_owner_of_a_workspace_planted(installed, opened, tmp_path, planted):
    """As root, the copy would be written over (or made of) whatever the link leads to, and given to the owner."""
    lifecycle.upgrade(installed, opened("0.2.0", schema=2), WISHES)
    home, secret = tmp_path / "home", tmp_path / "secret"
    home.mkdir()
    database(home, 2)
    database(home, 1, f"{workspaces.DATABASE}.schema-1")
    database(tmp_path, 1, "secret")
    secret.chmod(0o600)
    before = secret.read_bytes()
    (home / planted).unlink(missing_ok=True)
    (home / planted).symlink_to(secret)
    for path in (home, *home.iterdir()):
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid, follow_symlinks=False)
    with pytest.raises(Stop, match="cannot be changed"):
        lifecycle.rollback(installed, [home])
    assert (secret.stat().st_uid, secret.read_bytes()) == (0, before)
    assert installed.current_version() == "0.2.0" and workspaces.schema_of(home) == 2
    (home / planted).unlink()
    database(home, 1, f"{workspaces.DATABASE}.schema-1") if planted.endswith("-1") else None
    lifecycle.rollback(installed, [home])
    assert workspaces.schema_of(home) == 1
    assert {path.stat().st_uid for path in home.glob(f"{workspaces.DATABASE}*")} <= {NOBODY.pw_uid, 0}
    assert (home / workspaces.DATABASE).stat().st_uid == NOBODY.pw_uid


@pytest.mark.root
def test_the_projects_are_brought_up_to_date_with_the_rights_of_their_user_alone(installed, tmp_path):
    home, folder = tmp_path / "home", tmp_path / "version"
    (folder / "bin").mkdir(parents=True)
    home.mkdir()
    database(home, 1)
    program = folder / "bin" / "garrison"
    program.write_text("#!/bin/sh\nid -u > /proc/self/fd/2; id -g >&2; id -G >&2; exit 1\n")
    program.chmod(0o755)
    groups = os.getgroups()
    os.setgroups([*groups, 4711])
    try:
        with pytest.raises(Stop, match=rf"new version: {NOBODY.pw_gid} The old"):
            workspaces.migrate(folder, home, State(user="nobody", home=str(home)))
    finally:
        os.setgroups(groups)


def test_a_store_with_files_of_others_keeps_them(installed, capsys):
    (installed.store / "photos").mkdir()
    (installed.store / "photos" / "a.jpg").touch()
    (installed.store / "notes").touch()
    lifecycle.uninstall(installed, with_data=False)
    assert sorted(path.name for path in installed.store.iterdir()) == ["notes", "photos"]
    assert f"not ours, left: {installed.store}/notes" in capsys.readouterr().out


def test_nobody_else_can_hold_the_lock(installed):
    (installed.root / ".lock").chmod(0o644)
    with installed.held():
        assert (installed.root / ".lock").stat().st_mode & 0o777 == 0o600


def test_what_came_into_use_meanwhile_is_not_overwritten(installed, opened, monkeypatch):
    bundle = opened("0.2.0")
    others = opened("0.3.0")
    monkeypatch.setattr(lifecycle, "prepare", lambda *_: monkeypatch.undo() or lifecycle.upgrade(installed, others, WISHES))
    with pytest.raises(Stop, match=r"0\.3\.0 came into use meanwhile"):
        lifecycle.upgrade(installed, bundle, WISHES)
    assert installed.current_version() == "0.3.0"


@pytest.mark.root
@pytest.mark.parametrize("command", [["self-test"], ["rollback"], ["uninstall", "--yes"]])
def test_who_may_not_change_an_installation_is_told_so_in_a_sentence(installed, tmp_path, command):
    said = tmp_path / "said"
    with said.open("wb") as stream:
        child = os.fork()
        if child == 0:  # a program of its own would have to be read by this user, wherever the tests' Python lies
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            os.chdir("/")
            os.setgroups([])
            os.setgid(NOBODY.pw_gid)
            os.setuid(NOBODY.pw_uid)
            os.environ["TMPDIR"] = "/tmp"
            try:
                status = garrison_setup.main([*command, "--prefix", str(installed.root)])
            except BaseException:
                traceback.print_exc()
                status = 1
            sys.stderr.flush()
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3, said.read_text()
    assert re.search(r"cannot be (used|written) \(Permission denied\)\.\n", said.read_text())
    assert installed.current_version() == "0.1.0"
