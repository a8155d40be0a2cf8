"""What this machine has: disk space, a compiler, an NVIDIA GPU, a network, a browser. Changes nothing."""

import os
import platform
import shutil
import socket
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from console import Stop

GIB = 1024**3
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
COMPILERS = ("c++", "g++", "clang++")
PYTHON = (3, 11)  # the only version the locks have wheels for, as `requires-python` says


def check_python(running: tuple[int, int] = sys.version_info[:2]) -> None:
    """Check that this is the Python version the locks are for, and that it can create virtual environments.

    Args:
        running: Major and minor version; passed only in tests.

    Raises:
        Stop: It is another version, or lacks the venv module, which Debian and Ubuntu package separately.
    """
    version, wanted = (".".join(map(str, number)) for number in (running, PYTHON))
    if running != PYTHON:
        at_hand = shutil.which(f"python{wanted}")
        raise Stop(
            f"Garrison needs Python {wanted}, and this is Python {version}.",
            f"Run the same command with {at_hand}."
            if at_hand
            else f"Install Python {wanted}, or build a bundle where it is: a bundle brings its own (docs/bundle.md).",
        )
    if find_spec("venv") and find_spec("ensurepip"):
        return
    raise Stop(
        f"Python {version} on this machine cannot make virtual environments.",
        f"Install its venv module, on Debian and Ubuntu with: apt-get install python{version}-venv",
    )


def free_bytes(folder: Path) -> int:
    """Return the free bytes on the file system that holds `folder`, or its nearest existing parent."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(existing).free


def check_disk(folder: Path, needed_bytes: int) -> None:
    """Check that there is enough disk space.

    Raises:
        Stop: Less than `needed_bytes` is free on the file system of `folder`.
    """
    free = free_bytes(folder)
    if free < needed_bytes:
        raise Stop(
            f"{folder} has {free / GIB:.1f} GB free, and the installation needs {needed_bytes / GIB:.1f} GB.",
            "Free some space there, then run the same command again.",
        )


@dataclass(frozen=True, slots=True)
class Processor:
    """The first processor in /proc/cpuinfo: its name, and its instruction sets as the kernel names them."""

    name: str
    flags: frozenset[str]
    is_x86: bool


def processor(root: Path = Path("/")) -> Processor:
    """Return this machine's processor. `root` is `/` except in tests."""
    first = (root / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    said = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}
    flags = said.get("flags", said.get("Features", ""))  # "Features" on ARM
    return Processor(said.get("model name", platform.machine()), frozenset(flags.split()), "flags" in said)


def compiler() -> str:
    """Return the path of this machine's C++ compiler (`CXX` first), or ""."""
    candidates = (os.environ.get("CXX", ""), *COMPILERS)
    return next((path for name in candidates if name and (path := shutil.which(name))), "")


def browser() -> str:
    """Return the path of Chromium or Chrome on this machine, or ""."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), "")


def has_nvidia_gpu(root: Path = Path("/")) -> bool:
    """Return whether NVIDIA's driver shows a device. `root` is `/` except in tests."""
    if (root / "dev/nvidia0").exists() or (root / "dev/dxg").exists():  # dxg: a GPU passed to WSL 2
        return True
    gpus = root / "proc/driver/nvidia/gpus"
    return gpus.is_dir() and any(gpus.iterdir())


def networks(root: Path = Path("/")) -> list[str]:
    """Return the names of the network interfaces that are up, except loopback. `root` is `/` except in tests.

    `flags` is hexadecimal; bit 0 is IFF_UP and bit 3 is IFF_LOOPBACK (Linux, `if.h`).
    """
    addresses = []
    for flags_file in sorted((root / "sys/class/net").glob("*/flags")):
        flags = int(flags_file.read_text(encoding="ascii"), 16)
        if flags & 0x1 and not flags & 0x8:
            addresses.append(flags_file.parent.name)
    return addresses


def has_default_route(root: Path = Path("/")) -> bool:
    """Return whether there is a default route (IPv4 or IPv6). `root` is `/` except in tests."""
    routes = root / "proc/net/route"
    if routes.exists():
        rows = [line.split() for line in routes.read_text(encoding="ascii").splitlines()[1:]]
        if any(len(row) > 7 and row[1] == "00000000" and row[7] == "00000000" for row in rows):
            return True
    routes = root / "proc/net/ipv6_route"  # destination, prefix length, …, interface; `lo` has the "unreachable" default
    rows = [line.split() for line in routes.read_text(encoding="ascii").splitlines()] if routes.exists() else []
    return any(row[0] == "0" * 32 and row[1] == "00" and row[-1] != "lo" for row in rows)


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a server could listen on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
