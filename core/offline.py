"""Offline as a property: variables that keep libraries from calling out, and a guard that refuses it.

The guard watches what Python code does (`sys.addaudithook`, PEP 578). It does not see sockets that native code opens by
itself; for a proof that covers those, run in an empty network namespace.
"""

import ipaddress
import os
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
_LOCAL_NAMES = ("localhost", "", None)


def refuse_connections() -> None:
    """From now on, refuse every connection and name look-up of this process that leaves the machine.

    A refused one raises ConnectionRefusedError and is counted by `refused_count`. It cannot be switched off again.
    """
    if not _is_guarded:
        _is_guarded.append(True)
        sys.addaudithook(_audit)


def refused_count() -> int:
    """How many connections and look-ups of this process the guard refused."""
    return len(_refused)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else ""  # a path is a Unix socket
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if not is_local(host):
        _refused.append(event)
        raise ConnectionRefusedError("Garrison does not connect to other machines.")


def is_local(host: Any) -> bool:
    """Whether a host name or address is this machine."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback or address.is_unspecified)
