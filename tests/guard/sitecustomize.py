"""Refuse every network address but the loopback, and note what takes long: in the test run, and in each Python it starts.

Python imports a module of this name at start-up from `PYTHONPATH`, which `tests/conftest.py` sets. An audit
hook sees sockets of C code that goes through Python's `socket`, cannot be taken out again, and costs next to
nothing. Each refusal is also written to a file: a library that swallows the error is still found out.
"""

import ipaddress
import os
import re
import sys

ALLOWED_NAMES = {"", "localhost", "localhost.localdomain"}
# Programs that tell that a test takes long, by the mark that it should have.
PROGRAMS = {
    "model": re.compile(r"(^|/)llama-server$"),
    "browser": re.compile(r"/playwright/driver/|(^|/)(chromium|google-chrome)"),
}


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


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """The audit hook."""
    if event.startswith("socket."):
        refuse(event, arguments)
    elif event == "garrison.load":  # what `core` says where it loads weights
        note("model")
    elif event == "subprocess.Popen":
        program = os.fsdecode(arguments[0])  # type: ignore[arg-type]
        for mark, pattern in PROGRAMS.items():
            if pattern.search(program):
                note(mark)


def note(mark: str) -> None:
    """Write down the mark that the test of this moment should have."""
    if report := os.environ.get("GARRISON_TEST_STARTED"):
        with open(report, "a", encoding="utf-8") as handle:
            handle.write(mark + "\n")


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Stop what would leave the machine."""
    host = host_of(event, arguments)
    if is_loopback(host):
        return
    if report := os.environ.get("GARRISON_TEST_REFUSALS"):
        with open(report, "a", encoding="utf-8") as handle:
            handle.write(f"{event} {host!r}\n")
    raise ConnectionRefusedError(f"{event} to {host!r} was refused: tests reach no other machine")


sys.addaudithook(watch)
