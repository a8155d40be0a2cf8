"""Refuse every network address but the loopback: in the test run, and in each Python it starts.

Python imports a module of this name at start-up from `PYTHONPATH`, which `tests/conftest.py` sets. An audit
hook sees sockets of C code that goes through Python's `socket`, cannot be taken out again, and costs next to
nothing. Each refusal is also written to a file: a library that swallows the error is still found out.
"""

import ipaddress
import os
import sys

ALLOWED_NAMES = {"", "localhost", "localhost.localdomain"}


def is_loopback(host: object) -> bool:
    """True for what stays on this machine. Host names count as foreign: finding their address asks a name server."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in ALLOWED_NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified  # 0.0.0.0 and :: mean "here"


def host_of(event: str, arguments: tuple[object, ...]) -> object:
    """The host that an audit event is about; None for those that concern no host."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return arguments[0]
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
        return host if isinstance(host, str | bytes) else None  # a netlink address is a pair of numbers
    return None


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """The audit hook."""
    if not event.startswith("socket."):
        return
    host = host_of(event, arguments)
    if is_loopback(host):
        return
    if report := os.environ.get("GARRISON_TEST_REFUSALS"):
        with open(report, "a", encoding="utf-8") as handle:
            handle.write(f"{event} {host!r}\n")
    raise ConnectionRefusedError(f"{event} to {host!r} was refused: tests reach no other machine")


sys.addaudithook(refuse)
