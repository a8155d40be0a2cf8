"""Keeps the process offline: variables that stop libraries from calling out, and a guard that refuses connections.

The guard watches what Python code does (`sys.addaudithook`, PEP 578). It does not see sockets opened directly by native
code; to rule those out as well, run in an empty network namespace.
"""

import ipaddress
import os
import socket
import sys
from typing import Any
from urllib.parse import SplitResult

OFFLINE_VARIABLES = {
    "HF_HUB_OFFLINE": "1",  # huggingface_hub: no lookups, no downloads
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",  # avoids a warning, and a possible deadlock in forked workers
    "WANDB_DISABLED": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}


def set_offline_variables() -> None:
    """Set every offline variable of this process, overriding existing values."""
    os.environ.update(OFFLINE_VARIABLES)


_refused: list[str] = []
_is_guarded: list[bool] = []
_allowed: dict[tuple[str, int], None] = {}  # (machine, port), in the order they were allowed
_LOCAL_NAMES = ("localhost", "", None)


def refuse_connections() -> None:
    """Refuse, from now on, every connection and name lookup by this process that would leave the machine.

    Each refusal raises ConnectionRefusedError and is counted by `refused_count`. The guard cannot be switched off again.
    The only exceptions are those made with `allow`.
    """
    if not _is_guarded:
        _is_guarded.append(True)
        sys.addaudithook(_audit)


def allow(machine: str, port: int) -> None:
    """Let this process reach another machine, given by name or IP address, on this port only.

    Use it only for machines named in an administrator's settings: the sign-in identity provider, a model server.
    """
    _allowed[machine, port] = None


def allowed_machines() -> list[str]:
    """Return the other machines this process may reach, without those that are this machine itself."""
    return list(dict.fromkeys(machine for machine, _ in _allowed if not is_local(machine)))


def is_allowed(address: str, port: int) -> bool:
    """Return whether `address` and `port` belong to an allowed machine, as its name resolves now."""
    return any(port == known and address in _addresses(machine, port) for machine, known in list(_allowed))


def _addresses(machine: str, port: int) -> set[str]:
    try:
        infos = socket.getaddrinfo(machine, port, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {str(entry[4][0]) for entry in infos}


def refused_count() -> int:
    """Return how many connections and lookups the guard has refused in this process."""
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
            return  # a literal IP address needs no query; connecting to it is checked separately
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
    """Parse `host` as a literal IP address; return None if it is a name."""
    try:
        return ipaddress.ip_address(str(_name(host)).partition("%")[0])
    except ValueError:
        return None


def is_confidential(address: SplitResult) -> bool:
    """Return whether traffic to `address` is safe from eavesdropping: https, or http within this machine."""
    return address.scheme == "https" or (address.scheme == "http" and is_local(address.hostname))


def port_of(address: SplitResult) -> int:
    """Return the port of an http or https address, or its scheme's default if it names none."""
    return address.port or (443 if address.scheme == "https" else 80)


def is_local(host: Any) -> bool:
    """Return whether a host name or address refers to this machine."""
    if _name(host) in _LOCAL_NAMES:
        return True
    address = _address(host)
    if address is None:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback or address.is_unspecified)
