"""The systemd unit of a service: hardened like the one that the installer writes for the dashboard."""

import os
import pwd
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from core.errors import InputError
from core.services.deploy.deploying import Address

PROGRAM = "garrison"
LEFT_OUT = ("--unit", "--json")
NAMING = ("--name", "--documents")  # options whose values are names, also where a file is called so
STOP_S = 15  # beyond the time to finish answers, before systemd kills what is left
_UNIT = """[Unit]
Description=Garrison: a language model as a service for other programs
RequiresMountsFor={home}
After=network.target

[Service]
User={user}
UMask=0077
Environment={variable}
ExecStart={command}
Restart=on-failure
RestartSec=5
KillMode=mixed
TimeoutStopSec={stop_s}
LimitCORE=0
{network}RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
# no more rights than its user, and none of them over the system
NoNewPrivileges=yes
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
# of the system it sees what it needs, and writes its workspace alone
PrivateTmp=yes
PrivateMounts=yes
ProtectSystem=strict
ProtectHome={protect_home}
ProtectProc=invisible
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ReadWritePaths={home}
# Left out: PrivateDevices and ProtectClock, which hide /dev/nvidia*; MemoryDenyWriteExecute, under which onnxruntime fails.

[Install]
WantedBy=multi-user.target
"""
_HERE_ALONE = """# nothing but this machine, whatever a program tries
IPAddressDeny=any
IPAddressAllow=localhost
"""
_OTHERS = """# Clients reach it from other machines: name their networks here to let in no others.
#IPAddressDeny=any
#IPAddressAllow=localhost 10.0.0.0/8
"""


def unit(home: Path, address: Address, arguments: Sequence[str], *, grace_s: int) -> str:
    """Return the unit that runs a command, for the user whom the workspace belongs to.

    Args:
        home: the workspace; it exists.
        address: where the service listens.
        arguments: those of this process, the program first; options that print the unit are left out.
        grace_s: time to finish answers, in seconds.

    Raises:
        InputError: the workspace is not there, or belongs to root.
    """
    if not home.is_dir():
        raise InputError(f"There is no workspace {home}.", "Start Garrison once first, or give --home FOLDER.")
    user = pwd.getpwuid(home.stat().st_uid)
    if user.pw_uid == 0:
        raise InputError(
            f"The workspace {home} belongs to root: a service that other programs ask must not run as root.",
            "Give the workspace to another user (chown -R).",
        )
    given = [argument for argument in arguments[1:] if argument not in LEFT_OUT]
    told = [each if before in NAMING else _whole_path(each) for before, each in pairwise(["", *given])]
    is_privileged = address.port < 1024
    places = [home, *(each for each in (address.certificate, address.private_key) if each)]
    return _UNIT.format(
        user=user.pw_name,
        home=quoted(str(home)),
        variable=quoted(f"GARRISON_HOME={home}"),
        # `$` begins a variable in a command alone: systemd.service(5), "Command lines"
        command=" ".join(quoted(part).replace("$", "$$") for part in [*program(arguments[0]), *told]),
        stop_s=grace_s + STOP_S,
        network=_HERE_ALONE if address.is_loopback else _OTHERS,
        capabilities="CAP_NET_BIND_SERVICE" if is_privileged else "",
        protect_home="read-only" if any(place.resolve().is_relative_to("/home") for place in places) else "yes",
    )


def program(name: str) -> list[str]:
    """Return the command that starts Garrison: in an installation the link that upgrades keep, else this very program."""
    link = (
        Path(sys.prefix).parent.parent.parent / "current" / "bin" / PROGRAM
    )  # PREFIX/versions/VERSION/python is sys.prefix
    if link.is_file():
        return [str(link)]
    path = Path(name).absolute()
    return [str(path)] if path.name == PROGRAM and os.access(path, os.X_OK) else [sys.executable, "-m", "core.cli.app"]


def quoted(text: str) -> str:
    """Quote a value: systemd.syntax(7), "Quoting", with `%` doubled as it begins a specifier, systemd.unit(5)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _whole_path(argument: str) -> str:
    """Return an argument that names a file by its whole path: a service starts in another folder."""
    return str(Path(argument).absolute()) if not argument.startswith("-") and Path(argument).exists() else argument
