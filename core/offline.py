"""Offline as a property: variables that keep libraries from calling out, and a guard that refuses it.

The guard watches what Python code does (`sys.addaudithook`, PEP 578). It does not see sockets that native code opens by
itself; for a proof that covers those, run in an empty network namespace.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import SplitResult

OFFLINE_VARIABLES = {
    "HF_HUB_OFFLINE": "1",  # huggingface_hub: no look-up, no download
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",  # a warning and a deadlock risk in forked workers otherwise
    "WANDB_DISABLED": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}


def set_offline_variables(environment: MutableMapping[str, str] | None = None) -> None:
    """Set every offline variable in `environment` (default: this process), overriding what is there."""
    target = os.environ if environment is None else environment
    target.update(OFFLINE_VARIABLES)


_refused: list[str] = []
_is_guarded: list[bool] = []
_allowed: dict[tuple[str, int], None] = {}  # machine and port, in the order in which they were allowed
_LOCAL_NAMES = ("localhost", "", None)


def refuse_connections() -> None:
    """From now on, refuse every connection and name look-up of this process that leaves the machine.

    A refused one raises ConnectionRefusedError and is counted by `refused_count`. It cannot be switched off again.
    Excepted is what `allow` names.
    """
    if not _is_guarded:
        _is_guarded.append(True)
        sys.addaudithook(_audit)


def allow(machine: str, port: int) -> None:
    """Let this process reach another machine, by name or number, on that port and no other.

    Only for what an administrator's settings name: the identity provider that people sign in with, a server of models.
    """
    _allowed[machine, port] = None


def allowed_machines() -> list[str]:
    """Return the other machines that this process may reach; those on this machine are none."""
    return list(dict.fromkeys(machine for machine, _ in _allowed if not is_local(machine)))


def is_allowed(address: str, port: int) -> bool:
    """Tell whether this is an address of a machine that may be reached, as its name resolves now."""
    return any(port == known and address in _addresses(machine, port) for machine, known in list(_allowed))


def _addresses(machine: str, port: int) -> set[str]:
    try:
        found = socket.getaddrinfo(machine, port, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {str(entry[4][0]) for entry in found}


def refused_count() -> int:
    """How many connections and look-ups of this process the guard refused."""
    return len(_refused)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host, port = address[:2] if isinstance(address, tuple) and address else ("", 0)  # a path is a Unix socket
        if not is_local(host) and event == "socket.connect" and is_allowed(str(host), port):
            return
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
        if _address(host) is not None:
            return  # nothing is asked of anybody; whether it may be connected to is looked at then
        if _name(host) in {machine for machine, _ in _allowed}:
            return
    else:
        return
    if not is_local(host):
        _refused.append(event)
        raise ConnectionRefusedError("Garrison does not connect to other machines.")


def _name(host: Any) -> Any:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _address(host: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that is written in numbers; None for a name."""
    try:
        return ipaddress.ip_address(str(_name(host)).partition("%")[0])
    except ValueError:
        return None


def is_confidential(address: SplitResult) -> bool:
    """Return whether nobody can listen on the way to `address`: https, or http within this machine."""
    return address.scheme == "https" or (address.scheme == "http" and is_local(address.hostname))


def port_of(address: SplitResult) -> int:
    """Return the port of an http or https address, its scheme's where none is written."""
    return address.port or (443 if address.scheme == "https" else 80)


def is_local(host: Any) -> bool:
    """Whether a host name or address is this machine."""
    if _name(host) in _LOCAL_NAMES:
        return True
    address = _address(host)
    if address is None:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback or address.is_unspecified)
