"""What is set up beside the files: it says what it should to systemd, the desktop and fapolicyd, and stays true."""

import dataclasses
import getpass
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from console import Stop
from deploy import lifecycle, receipt, service, workspaces
from deploy.lifecycle import Wishes
from deploy.prefix import Prefix, State

MAX_EXPOSURE = (
    2.0  # of `systemd-analyze security`, 0 is best, 10 worst: systemd 252 says 1.7, others count a little otherwise
)
SERVICE_USER = "daemon" if os.geteuid() == 0 else getpass.getuser()
LEFT_OUT = ("PrivateDevices", "ProtectClock", "MemoryDenyWriteExecute", "ProcSubset", "RemoveIPC")  # GPUs, trainings need it
MARK = "#!/bin/sh\necho $(basename $0) $* >> {log}\n{more}"


@pytest.fixture
def calls(tmp_path, monkeypatch) -> Path:
    """Where stand-ins for the system's programs write what they were told."""
    programs, log = tmp_path / "programs", tmp_path / "calls"
    programs.mkdir()
    log.touch()
    for name in ("systemctl", "fapolicyd-cli", "restorecon"):
        (programs / name).write_text(MARK.format(log=log, more=""))
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return log


@pytest.fixture
def prefix(tmp_path, calls) -> Prefix:
    """A system that has a place for everything."""
    for place in (service.UNIT_PLACE, service.DESKTOP_PLACE, service.TRUST_PLACE):
        (tmp_path / "system" / place).parent.mkdir(parents=True)
    (tmp_path / "system/sys/fs/selinux").mkdir(parents=True)
    (tmp_path / "system/sys/fs/selinux/enforce").write_text("1")
    return Prefix(tmp_path / "opt" / "garrison", system=tmp_path / "system")


@pytest.fixture
def wishes(tmp_path) -> Wishes:
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)  # the service's user goes this way
    return Wishes(user=SERVICE_USER, home=tmp_path / "var" / "home", with_service=True, with_self_test=False, port=8777)


def text_of(prefix: Prefix, place: str) -> str:
    return (prefix.system / place).read_text()


def values(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)


def made_up(root: Path) -> Prefix:
    program = root / "current/bin/garrison"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return Prefix(root)


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("garrison", "/var/lib/garrison"),
        ("my 100% opt $HOME", "/srv/ein Ort/100%/%h/$HOME"),
        ("ümlaut", "/srv/\"quoted\" 'too'\\n"),
    ],
)
def test_systemd_takes_the_unit_whatever_the_places_are_called(tmp_path, name, home):
    prefix = made_up(tmp_path / name)
    unit = service.unit(prefix, State(user="daemon", home=home, port=8501))
    (tmp_path / "garrison.service").write_text(unit)
    # what systemd reads: its words are quoted as a shell's, and `%%` is `%`
    assert shlex.split(values(unit, "ExecStart")[0].replace("%%", "%"))[0] == f"{prefix.root}/current/bin/garrison"
    assert shlex.split(values(unit, "Environment")[0].replace("%%", "%")) == [f"GARRISON_HOME={home}"]
    assert shlex.split(values(unit, "ReadWritePaths")[0].replace("%%", "%")) == [home]
    assert not re.search(r"(?<!%)%(?!%)", unit.replace("%%", ""))
    if shutil.which("systemd-analyze"):  # it looks for the program as well
        command = ["systemd-analyze", "verify", str(tmp_path / "garrison.service")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("NoNewPrivileges", ["yes"]),
        ("CapabilityBoundingSet", [""]),
        ("AmbientCapabilities", [""]),
        ("SystemCallFilter", ["@system-service", "~@privileged"]),
        ("SystemCallArchitectures", ["native"]),
        ("RestrictNamespaces", ["yes"]),
        ("ProtectSystem", ["strict"]),
        ("ProtectHome", ["yes"]),
        ("IPAddressDeny", ["any"]),
        ("IPAddressAllow", ["localhost"]),
        ("UMask", ["0077"]),
        ("KillMode", ["process"]),
        *((name, []) for name in LEFT_OUT),
    ],
)
def test_the_service_is_kept_to_what_it_needs_and_gets_all_of_that(name, wanted):
    assert values(service.UNIT, name) == wanted
    assert wanted or name in service.UNIT  # why it is left out is said in the unit


def test_systemd_counts_little_that_the_service_could_do(tmp_path):
    unit = service.unit(made_up(tmp_path / "opt"), State(user="daemon", home="/var/lib/garrison", port=8501))
    assert "{" not in unit
    if shutil.which("systemd-analyze"):
        (tmp_path / "garrison.service").write_text(unit)
        command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(tmp_path / "garrison.service")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert float(re.search(r"exposure level for garrison\.service: ([0-9.]+)", said)[1]) <= MAX_EXPOSURE


@pytest.mark.parametrize("name", ["plain", "two words", "100%", "$HOME `id`", 'a"b', "back\\slash"])
def test_the_desktop_starts_the_program_whatever_its_place_is_called(tmp_path, name):
    program = made_up(tmp_path / name).current / "bin/garrison"
    program.write_text('#!/bin/sh\necho started "$@"\n')
    entry = service.DESKTOP.format(garrison=service.desktop_quoted(str(program)))
    value = values(entry, "Exec")[0]
    # as the specification says: first the escapes of every value, then the codes with %, then quotes as a shell has them
    command = re.sub(r"\\(.)", r"\1", value).replace("%%", "%")
    assert (
        subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False).stdout == "started serve\n"
    )


def test_a_service_is_set_up_and_taken_away(opened, prefix, wishes, calls):
    lifecycle.install(prefix, opened(), wishes)
    assert values(text_of(prefix, service.UNIT_PLACE), "ExecStart")[0].endswith("--host 127.0.0.1 --port 8777")
    assert wishes.home.stat().st_mode & 0o777 == 0o700
    assert "systemctl enable --now garrison.service" in calls.read_text()
    assert f"restorecon -R {prefix.root}" in calls.read_text()
    lifecycle.uninstall(prefix, with_data=False)
    assert not [path for path in prefix.system.rglob("*garrison*") if path.is_file()]
    assert wishes.home.is_dir()
    assert "systemctl disable --now garrison.service" in calls.read_text()


def test_an_upgrade_keeps_port_user_and_home_and_stops_the_service_while_it_changes_the_projects(
    opened, prefix, wishes, calls
):
    lifecycle.install(prefix, opened(), wishes)
    before = text_of(prefix, service.UNIT_PLACE)
    calls.write_text("")
    lifecycle.upgrade(prefix, opened("0.2.0"), Wishes(with_self_test=False))
    assert text_of(prefix, service.UNIT_PLACE) == before
    told = [line for line in calls.read_text().splitlines() if line.startswith("systemctl")]
    assert told[0] == "systemctl stop garrison.service" and told[-1] == "systemctl start garrison.service"
    calls.write_text("")
    lifecycle.rollback(prefix, [])
    assert calls.read_text().splitlines() == ["systemctl stop garrison.service", "systemctl start garrison.service"]


def test_an_upgrade_that_fails_starts_the_old_version_again(opened, prefix, wishes, calls, monkeypatch):
    lifecycle.install(prefix, opened(), wishes)

    def fail(*_: object) -> None:
        raise Stop("The projects could not be opened.", "")

    monkeypatch.setattr(workspaces, "migrate", fail)
    calls.write_text("")
    with pytest.raises(Stop, match="could not be opened"):
        lifecycle.upgrade(prefix, opened("0.2.0"), Wishes(with_self_test=False))
    assert [line for line in calls.read_text().splitlines() if "systemctl" in line] == [
        "systemctl stop garrison.service",
        "systemctl start garrison.service",
    ]
    assert prefix.current_version() == "0.1.0"


def trusted(prefix: Prefix) -> dict[str, tuple[int, str]]:
    lines = [line.split() for line in text_of(prefix, service.TRUST_PLACE).splitlines()]
    return {path: (int(size), digest) for path, size, digest in lines}


def assert_true(prefix: Prefix) -> None:
    """Every line is true of the file that it names, and every installed program stands there."""
    found = trusted(prefix)
    for path, (size, digest) in found.items():
        content = Path(path).read_bytes()
        assert len(content) == size
        assert subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0] == digest
    for version in prefix.installed():
        folder = prefix.version_folder(version)
        files = [name for name, (kind, _) in receipt.load(folder)["files"].items() if kind != "link"]
        assert {str(folder / name) for name in files} <= found.keys()
        assert {f"{folder}/bin/garrison", f"{folder}/python/bin/python3", f"{folder}/setup/garrison-setup"} <= found.keys()


def test_the_trust_list_stays_true_and_fapolicyd_is_told_each_time(opened, prefix, calls):
    wishes = Wishes(with_self_test=False, port=0)
    lifecycle.install(prefix, opened(with_setup=True), wishes)
    assert_true(prefix)
    assert calls.read_text().count("fapolicyd-cli --update") == 1
    lifecycle.upgrade(prefix, opened("0.2.0", with_setup=True), wishes)
    assert_true(prefix)
    assert any("/0.1.0/" in path for path in trusted(prefix)) and any("/0.2.0/" in path for path in trusted(prefix))
    lifecycle.rollback(prefix, [])
    assert_true(prefix)
    calls.write_text("")
    lifecycle.uninstall(prefix, with_data=False)
    assert not (prefix.system / service.TRUST_PLACE).exists() and "fapolicyd-cli --update" in calls.read_text()


def test_a_new_version_is_trusted_before_it_is_started_for_the_first_time(opened, prefix, monkeypatch):
    lifecycle.install(prefix, opened(with_setup=True), Wishes(with_self_test=False, port=0))
    seen: list[bool] = []
    monkeypatch.setattr("deploy.selftest.run", lambda folder: seen.append(str(folder / "bin/garrison") in trusted(prefix)))
    lifecycle.upgrade(prefix, opened("0.2.0", with_setup=True), Wishes(port=0))
    assert seen == [True]


def test_a_trust_list_that_could_not_be_read_is_not_written(opened, tmp_path, prefix, capsys):
    blank = Prefix(tmp_path / "two words", system=prefix.system)
    lifecycle.install(blank, opened(), Wishes(with_self_test=False, port=0))
    assert not (prefix.system / service.TRUST_PLACE).exists() and "no names with blanks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user": "no-such-user"}, "no user 'no-such-user'"),
        ({"user": "root"}, "must not run as root"),
        ({"home": "/"}, "lie in each other"),
        ({"home": "{system}/home/x"}, "does not see"),
        ({"home": "{system}/var/tmp/x"}, "does not see"),
        ({"home": "{prefix}/data"}, "lie in each other"),
        ({"home": "{tmp}/used"}, "no empty folder and no workspace"),
        ({"home": "{tmp}/link"}, "no empty folder and no workspace"),
        ({"home": "{tmp}/file"}, "no empty folder and no workspace"),
        ({"home": "{tmp}/open/home"}, "Everybody may write"),
        ({"home": "{tmp}/a\nUser=root"}, "characters that no unit may hold"),
    ],
)
def test_what_a_service_cannot_use_is_refused(prefix, wishes, tmp_path, change, words):
    for name in ("used", "open", "theirs"):
        (tmp_path / name).mkdir()
    (tmp_path / "used" / "photo.jpg").touch()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    home = Path(change.get("home", str(wishes.home)).format(system=prefix.system, prefix=prefix.root, tmp=tmp_path))
    with pytest.raises(Stop, match=words):
        service.check(prefix, user=change.get("user", wishes.user), home=home)  # looks, and writes nothing


def test_a_service_that_cannot_be_is_refused_before_a_byte_is_written(opened, prefix, wishes):
    wishes.home.mkdir(parents=True)
    (wishes.home / "photo.jpg").touch()
    mode = wishes.home.stat().st_mode
    with pytest.raises(Stop, match="no empty folder and no workspace"):
        lifecycle.install(prefix, opened(), wishes)
    assert not prefix.root.exists() and wishes.home.stat().st_mode == mode


def test_the_service_of_another_installation_is_not_taken_over(opened, prefix, wishes, tmp_path):
    lifecycle.install(prefix, opened(), wishes)
    other = Prefix(tmp_path / "opt" / "garrison-2", system=prefix.system)
    with pytest.raises(Stop, match="belongs to another installation"):
        lifecycle.install(other, opened("0.2.0"), dataclasses.replace(wishes, home=tmp_path / "other"))
    assert not other.root.exists()


def test_the_systems_programs_run_without_the_libraries_of_the_frozen_one(prefix, tmp_path, calls, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/frozen")
    (tmp_path / "programs/systemctl").write_text(f'#!/bin/sh\necho "libraries: $LD_LIBRARY_PATH" >> {calls}\n')
    service.systemctl("stop", "garrison.service")
    assert calls.read_text() == "libraries: \n"


def test_a_machine_without_systemd_is_told_so_before_a_byte_is_written(opened, prefix, wishes):
    shutil.rmtree(prefix.system / "etc/systemd")
    with pytest.raises(Stop, match="no systemd"):
        lifecycle.install(prefix, opened(), wishes)
    assert not prefix.root.exists()


def test_a_home_that_becomes_a_link_is_not_given_away(prefix, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    (tmp_path / "home").symlink_to(theirs)
    with pytest.raises(Stop, match="cannot be used"):
        service.prepare_home(State(user=SERVICE_USER, home=str(tmp_path / "home")))
    assert theirs.stat().st_mode & 0o777 == 0o755


def test_a_home_with_projects_is_kept_when_it_is_installed_again(opened, prefix, wishes):
    bundle = opened()
    lifecycle.install(prefix, bundle, wishes)
    (wishes.home / "models").mkdir()  # and no database yet
    lifecycle.install(prefix, bundle, wishes)
    (wishes.home / workspaces.DATABASE).touch()
    lifecycle.uninstall(prefix, with_data=False)
    lifecycle.install(prefix, bundle, wishes)
    assert (wishes.home / "models").is_dir()
