"""What is set up beside the files: systemd unit, desktop entry, fapolicyd trust list. Each is listed for `uninstall`."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from console import Stop, detail, step

from deploy import receipt
from deploy.prefix import Prefix, State, read_json

UNIT = """[Unit]
Description=Garrison: fine-tune language models on private documents, offline
After=local-fs.target

[Service]
User={user}
Environment=GARRISON_HOME={home}
ExecStart={prefix}/current/bin/garrison serve --host 127.0.0.1 --port {port}
Restart=on-failure
KillMode=process
# nothing but this machine, whatever a program tries
IPAddressDeny=any
IPAddressAllow=localhost
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
LockPersonality=yes
ReadWritePaths={home}

[Install]
WantedBy=multi-user.target
"""
DESKTOP = """[Desktop Entry]
Type=Application
Name=Garrison
Comment=Fine-tune language models on private documents, on this machine
Exec={prefix}/current/bin/garrison serve
Terminal=true
Categories=Office;Science;
"""


def write_system_files(prefix: Prefix, state: State, *, port: int, with_service: bool, root: Path = Path("/")) -> None:
    """Write the files beside the prefix that this machine has a place for. `root` is `/` except in tests.

    Raises:
        Stop: a service was asked for and systemd's folder or the user is not there.
    """
    wanted: dict[Path, str] = {}
    if with_service:
        wanted[root / "etc/systemd/system/garrison.service"] = unit(prefix, state, port=port)
        if not (root / "etc/systemd/system").is_dir():
            raise Stop("This machine has no systemd, so no service can be set up.", "Install without --service.")
        prepare_home(state)
    if (root / "usr/share/applications").is_dir() and os.access(root / "usr/share/applications", os.W_OK):
        wanted[root / "usr/share/applications/garrison.desktop"] = DESKTOP.format(prefix=prefix.root)
    if (root / "etc/fapolicyd/trust.d").is_dir():
        wanted[root / "etc/fapolicyd/trust.d/garrison"] = trust_list(prefix)
    with step("Setting up what lies beside the files"):
        for path, content in wanted.items():
            path.write_text(content, encoding="utf-8")
            detail(str(path))
            if str(path) not in state.system_files:
                state.system_files.append(str(path))
    if with_service and shutil.which("systemctl"):
        for command in (["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", "garrison.service"]):
            if subprocess.run(command, capture_output=True, check=False).returncode != 0:
                detail(f"`{' '.join(command)}` did not succeed: run it yourself, then look at `systemctl status garrison`")


def unit(prefix: Prefix, state: State, *, port: int) -> str:
    """The systemd unit. KillMode=process: a training that runs goes on when the dashboard restarts."""
    return UNIT.format(user=state.user, home=state.home, prefix=prefix.root, port=port)


def prepare_home(state: State) -> None:
    """The service's workspace, which belongs to its user.

    Raises:
        Stop: there is no such user.
    """
    try:
        user = pwd.getpwnam(state.user)
    except KeyError as error:
        raise Stop(
            f"There is no user {state.user!r} on this machine.",
            f"Make one (useradd --system --home-dir {state.home} {state.user}), or give --user NAME.",
        ) from error
    home = Path(state.home)
    home.mkdir(parents=True, exist_ok=True)
    os.chown(home, user.pw_uid, user.pw_gid)
    home.chmod(0o700)


def trust_list(prefix: Prefix) -> str:
    """Fapolicyd's trust list, `path size sha256` a line, of every installed version: fapolicyd.trust(5)."""
    lines = []
    for version in prefix.installed():
        folder = prefix.version_folder(version)
        for name, (kind, value) in read_json(folder / receipt.RECEIPT)["files"].items():
            if kind != "link" and " " not in name:
                lines.append(f"{folder / name} {kind} {value}\n")
    return "".join(sorted(lines))


def remove_system_files(state: State) -> None:
    """Take away what was set up beside the prefix."""
    if any(path.endswith(".service") for path in state.system_files) and shutil.which("systemctl"):
        subprocess.run(["systemctl", "disable", "--now", "garrison.service"], capture_output=True, check=False)
    for path in state.system_files:
        Path(path).unlink(missing_ok=True)
        detail(path)
    state.system_files.clear()
