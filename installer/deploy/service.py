"""The files set up outside the prefix: systemd unit, desktop entry, fapolicyd trust list. All recorded for `uninstall`.

Only the three paths named here are ever written or removed, whatever `state.json` says.
"""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console import Stop, detail, step

from core.carry.verify import shown
from deploy import receipt
from deploy.install import child_environment
from deploy.prefix import Prefix, State, who_else_writes
from deploy.workspaces import DATABASE

UNIT_PLACE = "etc/systemd/system/garrison.service"
DESKTOP_PLACE = "usr/share/applications/garrison.desktop"
TRUST_PLACE = "etc/fapolicyd/trust.d/garrison"
HIDDEN = ("home", "root", "run/user", "tmp", "var/tmp")  # from the service, by ProtectHome= and PrivateTmp= in its unit
# Not allowed in a program's path: systemd 252 refuses the unit ("Executable name contains special characters").
UNFIT = set("\"'\\")
UNIT = """[Unit]
Description=Garrison: fine-tune language models on private documents, offline
RequiresMountsFor={garrison} {home}

[Service]
User={user}
UMask=0077
Environment={variable}
ExecStart={garrison} serve --host 127.0.0.1 --port {port}
Restart=on-failure
KillMode=process
# nothing but this machine, whatever a program tries
IPAddressDeny=any
IPAddressAllow=localhost
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
# no more rights than its user, and none of them over the system
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
# of the system it sees what it needs, and writes its projects alone
PrivateTmp=yes
PrivateMounts=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ReadWritePaths={home}
# Left out: PrivateDevices and ProtectClock, which hide /dev/nvidia*; MemoryDenyWriteExecute, under which torch's convolution
# "could not create a primitive"; ProcSubset, since memory and processor are read in /proc; RemoveIPC, since trainings go on.

[Install]
WantedBy=multi-user.target
"""
DESKTOP = """[Desktop Entry]
Type=Application
Name=Garrison
Comment=Fine-tune language models on private documents, on this machine
Exec={garrison} serve
Terminal=true
Categories=Office;Science;
"""


def places(prefix: Prefix) -> list[Path]:
    """List all paths outside the prefix that this program may write."""
    return [prefix.system / place for place in (UNIT_PLACE, DESKTOP_PLACE, TRUST_PLACE)]


def has_service(state: State) -> bool:
    """Return whether a service was set up."""
    return any(path.endswith(".service") for path in state.system_files)


def check(prefix: Prefix, *, user: str, home: Path) -> None:
    """Check everything a service needs, before anything is written.

    Raises:
        Stop: There is no systemd, the user does not exist or is root, or the prefix or workspace is a path that the
            service cannot use, somebody else can change, or something else already occupies.
    """
    if account(user, home).pw_uid == 0:
        raise Stop("A service that opens documents must not run as root.", "Give another user with --user NAME.")
    if not (prefix.system / UNIT_PLACE).parent.is_dir():
        raise Stop("This machine has no systemd, so no service can be set up.", "Install without --service.")
    for path, option in ((prefix.root, "--prefix"), (home, "--home")):
        if not str(path).isprintable() or set(str(path)) & UNFIT:
            raise Stop(f"{shown(str(path))} holds characters that no unit may hold.", f"Choose another place with {option}.")
        if any(path.is_relative_to(prefix.system / hidden) for hidden in HIDDEN):
            raise Stop(f"A service does not see {path}.", f"Choose a place below /opt, /srv or /var/lib with {option}.")
    if prefix.root.is_relative_to(home) or home.is_relative_to(prefix.root):
        raise Stop(f"{home} and {prefix.root} lie in each other.", "Choose another place with --home.")
    if danger := who_else_writes(home.parent):
        raise Stop(f"{danger}, and could put another folder in the place of {home}.", "Choose another place with --home.")
    other = prefix.system / UNIT_PLACE
    if other.exists() and unit_quoted(program(prefix)) not in other.read_text(encoding="utf-8", errors="replace"):
        raise Stop(f"{other} belongs to another installation.", "Uninstall that one first, or install without --service.")
    is_used = home.is_dir() and any(home.iterdir()) and not (home / DATABASE).is_file()
    if home.is_symlink() or (home.exists() and not home.is_dir()) or (is_used and prefix.state().home != str(home)):
        raise Stop(f"{home} is no empty folder and no workspace.", "Choose another place with --home.")


def account(user: str, home: Path) -> pwd.struct_passwd:
    """Return the account the service runs as.

    Raises:
        Stop: There is no such user.
    """
    try:
        return pwd.getpwnam(user)
    except KeyError as error:
        raise Stop(
            f"There is no user {user!r} on this machine.",
            f"Make one (useradd --system --home-dir {home} {user}), or give --user NAME.",
        ) from error


def write_system_files(prefix: Prefix, state: State, *, with_service: bool) -> None:
    """Write the files outside the prefix that this machine has a folder for, and start the service if requested.

    Raises:
        Stop: A service is requested, but its user does not exist or its workspace folder cannot be used.
    """
    with step("Setting up what lies beside the files"):
        if with_service:
            prepare_home(state)
            put(prefix, state, UNIT_PLACE, unit(prefix, state))
        if with_service or prefix.root.is_relative_to("/opt"):
            put(prefix, state, DESKTOP_PLACE, DESKTOP.format(garrison=desktop_quoted(program(prefix))))
        write_trust_list(prefix, state)
        label(prefix)
    if with_service:
        systemctl("daemon-reload")
        systemctl("enable", "--now", "garrison.service")


def put(prefix: Prefix, state: State, place: str, content: str) -> None:
    """Write one of these files and record it, if its folder exists and is writable."""
    path = prefix.system / place
    if not os.access(path.parent, os.W_OK):
        return
    path.write_text(content, encoding="utf-8")
    detail(str(path))
    if str(path) not in state.system_files:
        state.system_files.append(str(path))


def write_trust_list(prefix: Prefix, state: State) -> None:
    """Tell fapolicyd about every installed version; to be called before a new one is first started."""
    if not (prefix.system / TRUST_PLACE).parent.is_dir():
        return
    if re.search(r"\s", str(prefix.root)):
        detail(f"fapolicyd's lists hold no names with blanks: trust {prefix.root} by a rule of your own")
        return
    put(prefix, state, TRUST_PLACE, trust_list(prefix))
    tell("fapolicyd-cli", "--update")


def program(prefix: Prefix) -> str:
    """Return the path of the program that people and the service start."""
    return str(prefix.current / "bin" / "garrison")


def unit(prefix: Prefix, state: State) -> str:
    """Return the systemd unit; its KillMode=process keeps a training run going when the dashboard restarts."""
    return UNIT.format(
        user=state.user,
        variable=unit_quoted(f"GARRISON_HOME={state.home}"),
        home=unit_quoted(state.home),
        garrison=unit_quoted(program(prefix)),
        port=state.port,
    )


def unit_quoted(text: str) -> str:
    """Quote a value for a unit: systemd.syntax(7), "Quoting", with `%` doubled as it begins a specifier, systemd.unit(5)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def desktop_quoted(text: str) -> str:
    """Quote a program for a desktop entry, and escape it like any value: Desktop Entry Specification 1.5, "The Exec key"."""
    return '"' + re.sub(r'(["`$\\])', r"\\\1", text).replace("\\", "\\\\").replace("%", "%%") + '"'


def prepare_home(state: State) -> None:
    """Create the service's workspace folder if needed, and make it private to the service's user.

    Raises:
        Stop: There is no such user, or the folder is a link.
    """
    home = Path(state.home)
    user = account(state.user, home)
    home.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise Stop(f"{home} cannot be used ({error.strerror}).", "Choose another place with --home.") from error
    try:
        os.fchown(handle, user.pw_uid, user.pw_gid)
        os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


def trust_list(prefix: Prefix) -> str:
    """Build fapolicyd's trust list of every installed version, one `path size sha256` per line: fapolicyd.trust(5)."""
    lines = []
    for version in prefix.installed():
        folder = prefix.version_folder(version)
        for name, (kind, value) in receipt.load(folder)["files"].items():
            if kind != "link" and not re.search(r"\s", name):
                lines.append(f"{folder / name} {kind} {value}\n")
    return "".join(sorted(lines))


def label(prefix: Prefix) -> None:
    """Give the files the labels that SELinux's policy has for their paths, if SELinux is in use."""
    if (prefix.system / "sys/fs/selinux/enforce").exists():
        tell("restorecon", "-R", str(prefix.root))


@contextmanager
def stopped(state: State) -> Iterator[None]:
    """Stop the service meanwhile: one version's dashboard must not write while projects are migrated to another's schema."""
    if not has_service(state):
        yield
        return
    systemctl("stop", "garrison.service")
    try:
        yield
    finally:
        systemctl("start", "garrison.service")


def systemctl(*arguments: str) -> None:
    """Run `systemctl`; if that fails, tell the administrator to."""
    tell("systemctl", *arguments)


def tell(name: str, *arguments: str) -> None:
    """Run a system program; if it fails or is missing, tell the administrator to run it."""
    command = [name, *arguments]
    is_there = shutil.which(name)
    # child_environment: the system's programs must not load the frozen program's libraries
    if not is_there or subprocess.run(command, capture_output=True, check=False, env=child_environment()).returncode != 0:
        detail(f"`{' '.join(command)}` did not succeed: run it yourself")


def remove_system_files(prefix: Prefix, state: State) -> None:
    """Remove the recorded files outside the prefix; paths this program never writes are left alone and listed."""
    if has_service(state):
        systemctl("disable", "--now", "garrison.service")
    for path in state.system_files:
        if Path(path) in places(prefix):
            Path(path).unlink(missing_ok=True)
            detail(path)
        else:
            detail(f"not ours, left: {shown(path)}")
    if str(prefix.system / TRUST_PLACE) in state.system_files:
        tell("fapolicyd-cli", "--update")
    if has_service(state):
        systemctl("daemon-reload")
    state.system_files.clear()
