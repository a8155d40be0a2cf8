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
_provider: list[tuple[str, int]] = []  # host and port; none where nobody signs in
_LOCAL_NAMES = ("localhost", "", None)


def refuse_connections() -> None:
    """From now on, refuse every connection and name look-up of this process that leaves the machine.

    A refused one raises ConnectionRefusedError and is counted by `refused_count`. It cannot be switched off again.
    Excepted is what `allow_provider` names.
    """
    if not _is_guarded:
        _is_guarded.append(True)
        sys.addaudithook(_audit)


def allow_provider(host: str, port: int) -> None:
    """Let this process reach the one identity provider that people sign in with, on that port and no other."""
    _provider[:] = [(host, port)]


def provider_name() -> str:
    """The host of the identity provider that this process may reach; "" for none, or for one on this machine."""
    return "" if not _provider or is_local(_provider[0][0]) else _provider[0][0]


def is_provider(address: str, port: int) -> bool:
    """Whether this is an address of the identity provider, as its name resolves now."""
    if not _provider or port != _provider[0][1]:
        return False
    try:
        found = socket.getaddrinfo(*_provider[0], type=socket.SOCK_STREAM)
    except OSError:
        return False
    return address in {str(entry[4][0]) for entry in found}


def refused_count() -> int:
    """How many connections and look-ups of this process the guard refused."""
    return len(_refused)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host, port = address[:2] if isinstance(address, tuple) and address else ("", 0)  # a path is a Unix socket
        if not is_local(host) and event == "socket.connect" and is_provider(str(host), port):
            return
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
        if _address(host) is not None:
            return  # nothing is asked of anybody; whether it may be connected to is looked at then
        if _provider and host in (_provider[0][0], _provider[0][0].encode()):
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


def is_local(host: Any) -> bool:
    """Whether a host name or address is this machine."""
    if _name(host) in _LOCAL_NAMES:
        return True
    address = _address(host)
    if address is None:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback or address.is_unspecified)
