"""`self-test`: runs the installed copy on real work, in an empty network namespace if the system allows one.

Such a namespace has no interface but loopback: what works there needs no network, and nothing can have called out.
If the system forbids it, the sockets of the processes are monitored while they work.
"""

import ctypes
import fcntl
import json
import os
import platform
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console import Stop, detail, say, step

from deploy import receipt
from deploy.install import child_environment

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # sched.h
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1  # sockios.h, if.h
LOOK_INTERVAL_S = 0.2
LIMIT_S = 1800


def enter_empty_network() -> None:
    """Move this process and its children into a network namespace with nothing but its own loopback.

    Raises:
        OSError: The system does not allow it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWUSER | CLONE_NEWNET
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))  # netdevice(7)


def can_enter_empty_network() -> bool:
    """Return whether this system allows an empty network namespace, by trying it in a child process."""
    child = os.fork()
    if child == 0:
        try:
            enter_empty_network()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def run(folder: Path) -> dict[str, Any]:
    """Test the version in `folder`, print the result, add it to the receipt and return it.

    Raises:
        Stop: A check failed, or a connection to another machine was seen.
    """
    is_alone = can_enter_empty_network()
    way = "in a network namespace without any interface but lo" if is_alone else "while looking at every socket it opens"
    with step(f"Testing version {folder.name}, {way}"), tempfile.TemporaryDirectory(dir=_scratch()) as scratch:
        code, checks, seen = _run(folder, Path(scratch), is_alone=is_alone)
        for check in checks:
            detail(f"{'ok' if check['ok'] else 'FAILED':6} {check['name']:22} {check['seconds']:6.1f} s  {check['words']}")
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "kernel": platform.release(),
        "network": "empty namespace" if is_alone else "sockets watched",
        "connections_seen": sorted(seen),
        "checks": checks,
        "ok": code == 0 and not seen and bool(checks),
    }
    receipt.add_self_test(folder, result)
    if seen:
        raise Stop(f"It talked to other machines: {', '.join(sorted(seen))}.", "Do not use it; report this.")
    if not result["ok"]:
        bad = [check["name"] for check in checks if not check["ok"]]
        raise Stop(f"The self-test failed: {', '.join(bad) or f'it ended with status {code}'}.", "The lines above say why.")
    say(f"  no connection left this machine ({way})")
    return result


def _scratch() -> str:
    """Return the folder for the trial workspace, preferring /var/tmp to a possibly tiny /tmp."""
    return os.environ.get("TMPDIR") or ("/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir())  # noqa: S108


def _run(folder: Path, scratch: Path, *, is_alone: bool) -> tuple[int, list[dict[str, Any]], set[str]]:
    environment = child_environment(TMPDIR=str(scratch), HOME=str(scratch), GARRISON_HOME=str(scratch / "home"))
    enter: Callable[[], None] | None = enter_empty_network if is_alone else None
    with (scratch / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            [str(folder / "bin" / "garrison"), "--json", "self-test"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            preexec_fn=enter,  # noqa: PLW1509 - nothing else runs in this process yet
            cwd=scratch,
        )
        seen: set[str] = set()
        is_over = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, seen, is_over))
        watcher.start()
        try:
            output, _ = process.communicate(timeout=LIMIT_S)
        finally:
            is_over.set()
            watcher.join()
    try:
        checks = json.loads(output)["checks"]
    except (ValueError, KeyError, TypeError):
        words = (scratch / "errors.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        checks = [{"name": "start", "ok": False, "seconds": 0.0, "words": words[-1] if words else "it printed nothing"}]
    return process.returncode, checks, seen


def _watch(pid: int, seen: set[str], is_over: threading.Event) -> None:
    while not is_over.wait(LOOK_INTERVAL_S):
        seen.update(remote_addresses(pid))


def remote_addresses(pid: int) -> Iterator[str]:
    """Yield the addresses of other machines that a process or its descendants are connected or connecting to."""
    inodes = {inode for member in descendants(pid) for inode in socket_inodes(member)}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            address = decode(fields[2].partition(":")[0])
            if len(fields) > 9 and fields[9] in inodes and not is_here(address):
                yield address


def descendants(pid: int) -> list[int]:
    """List a process and all its descendants, from /proc/PID/task/TID/children (proc(5))."""
    pids, todo = [], [pid]
    while todo:
        pids.append(todo.pop())
        for path in Path(f"/proc/{pids[-1]}/task").glob("*/children"):
            try:
                todo += map(int, path.read_text(encoding="ascii").split())
            except OSError:  # the process has ended
                continue
    return pids


def socket_inodes(pid: int) -> Iterator[str]:
    """Yield the inodes of a process's sockets."""
    try:
        handles = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return
    for handle in handles:
        try:
            target = os.readlink(handle)
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]


def decode(text: str) -> str:
    """Convert an address in /proc/net/tcp (32-bit words, each in the machine's byte order) to the usual notation."""
    words = struct.pack(f"={len(text) // 8}I", *(int(text[at : at + 8], 16) for at in range(0, len(text), 8)))
    return socket.inet_ntop(socket.AF_INET if len(words) == 4 else socket.AF_INET6, words)


def is_here(address: str) -> bool:
    """Return whether an address is this machine's loopback or unspecified."""
    plain = address.removeprefix("::ffff:")
    return plain.startswith("127.") or plain in ("0.0.0.0", "::", "::1")  # noqa: S104 - compared, not listened on
