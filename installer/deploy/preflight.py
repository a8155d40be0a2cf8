"""`preflight`: compares this machine with what the bundle needs, one line per check. Changes nothing."""

import ctypes
import platform
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from console import Stop, say, size
from machine import is_port_free

from core.carry.manifest import Manifest, Needs
from core.carry.verify import shown
from deploy.prefix import Prefix, who_else_writes

State = Literal["ok", "warn", "fail"]
PORT = 8501
FAST_FLAGS = ("avx2", "fma", "f16c")  # without them llama.cpp is about four times slower
PYTHON_FLAGS = ("sse4_2",)  # required by numpy 2.4 on x86-64 (its baseline is x86-64-v2)


@dataclass(frozen=True, slots=True)
class Line:
    """The result of one check; `words` say what was found and, unless it is ok, what to do."""

    state: State
    subject: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The facts about a machine that the checks read, replaceable in tests. `root` is `/` on a real machine."""

    root: Path = Path("/")
    machine: str = platform.machine()
    now_s: float = 0.0  # seconds since 1970; 0: read the clock

    def read(self, name: str) -> str:
        """Read a text file below `root`; return "" if it is missing or unreadable."""
        try:
            return (self.root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def look(manifest: Manifest, prefix: Prefix, *, port: int = PORT, machine: Machine | None = None) -> Iterator[Line]:
    """Yield the results of all checks, in order of importance."""
    seen, needs, root = machine or Machine(), manifest.needs, prefix.root
    yield architecture(needs, seen)
    yield glibc(needs)
    yield libstdcpp()
    yield processor(seen)
    yield memory(needs, seen)
    yield disk(needs, root, prefix.present_bytes(manifest))
    yield mount(root, seen)
    yield owner(root)
    yield temporary(seen)
    yield selinux(root, seen)
    yield fapolicyd(seen)
    if needs.cuda:
        yield driver(needs, seen)
    yield free_port(port, is_own=port == prefix.state().port)
    yield clock(manifest.created_at, seen)
    yield existing(prefix)


def report(lines: Iterator[Line]) -> None:
    """Print the lines.

    Raises:
        Stop: At least one of them is a failure.
    """
    failed = []
    for line in lines:
        say(f"{line.state:5} {line.subject:14} {line.words}")
        if line.state == "fail":
            failed.append(line.subject)
    if failed:
        raise Stop(f"This machine cannot run the bundle: {', '.join(failed)}.", "What to do stands in the lines above.")


def architecture(needs: Needs, machine: Machine) -> Line:
    """Check the processor architecture."""
    if machine.machine == needs.machine:
        return Line("ok", "architecture", machine.machine)
    return Line(
        "fail", "architecture", f"{machine.machine}; this bundle is for {needs.machine}: get one made for this machine"
    )


def glibc(needs: Needs) -> Line:
    """Check the C library against the newest symbol version that any file of the bundle requires."""
    version = glibc_version()
    if not version:
        return Line("fail", "C library", "not glibc; Garrison's files need it: use a distribution that has it (not Alpine)")
    if _numbers(version) >= _numbers(needs.glibc):
        return Line("ok", "C library", f"glibc {version}; {needs.glibc} or newer is needed")
    return Line("fail", "C library", f"glibc {version} is older than {needs.glibc}: upgrade the operating system")


def glibc_version() -> str:
    """Return the version of glibc in this process, such as "2.36"; "" for another C library."""
    try:
        version = ctypes.CDLL(None).gnu_get_libc_version
    except AttributeError:
        return ""
    version.restype = ctypes.c_char_p
    return str(version().decode())


def libstdcpp() -> Line:
    """Check for the C++ library that torch and others take from the system."""
    try:
        ctypes.CDLL("libstdc++.so.6")
    except OSError:
        return Line("fail", "C++ library", "libstdc++.so.6 is missing: install it from the system's media (libstdc++6)")
    return Line("ok", "C++ library", "libstdc++.so.6")


def processor(machine: Machine) -> Line:
    """Check for the instruction sets that numpy and torch need to start, and those that make it fast."""
    match = re.search(r"^flags\s*:\s*(.*)$", machine.read("proc/cpuinfo"), re.MULTILINE)
    flags = set(match[1].split()) if match else set()
    if not flags:
        return Line("warn", "processor", "its features cannot be read; compare with the list in the documentation")
    if missing := [flag for flag in PYTHON_FLAGS if flag not in flags]:
        return Line("fail", "processor", f"without {', '.join(missing)}: numpy and torch do not start; use a newer machine")
    if missing := [flag for flag in FAST_FLAGS if flag not in flags]:
        return Line("warn", "processor", f"without {', '.join(missing)}: it works, about four times slower")
    return Line("ok", "processor", "AVX-512" if "avx512f" in flags else "AVX2")


def memory(needs: Needs, machine: Machine) -> Line:
    """Check the main memory."""
    match = re.search(r"^MemTotal:\s*(\d+) kB", machine.read("proc/meminfo"), re.MULTILINE)
    total = int(match[1]) * 1024 if match else 0
    words = f"{size(total)}; {size(needs.memory_bytes)} or more is good"
    if total >= needs.memory_bytes:
        return Line("ok", "memory", words)
    if total >= needs.memory_bytes // 2:
        return Line("warn", "memory", f"{words}: small models only")
    return Line("fail", "memory", f"{words}: add memory")


def disk(needs: Needs, prefix: Path, present_bytes: int = 0) -> Line:
    """Check the disk space for the version and its unpacking, less what is there already."""
    place = nearest(prefix)
    free, wanted = shutil.disk_usage(place).free, max(needs.unpacked_bytes - present_bytes, 0)
    words = f"{size(free)} free at {place}; {size(wanted)} are needed"
    if present_bytes:
        words += f" beside the {size(present_bytes)} that are there"
    if free >= wanted:
        return Line("ok", "disk", words)
    return Line("fail", "disk", f"{words}: free some, or choose another place with --prefix")


def mount(prefix: Path, machine: Machine) -> Line:
    """Check that the prefix is on a mount that is writable and allows running programs."""
    where, options = mount_of(nearest(prefix).resolve(), machine)
    if "noexec" in options:
        return Line(
            "fail", "prefix", f"{where} is mounted noexec: choose another place with --prefix, or mount it with exec"
        )
    if "ro" in options:
        return Line("fail", "prefix", f"{where} is mounted read-only: choose another place with --prefix")
    return Line("ok", "prefix", f"{prefix} on {where}")


def owner(prefix: Path) -> Line:
    """Check that nobody else could change what is installed."""
    if danger := who_else_writes(prefix):
        return Line("fail", "owner", f"{danger}, and could change what is installed: choose another place with --prefix")
    return Line("ok", "owner", "nobody else can put anything there")


def mount_of(path: Path, machine: Machine) -> tuple[str, set[str]]:
    """Return the mount point of `path` and its options, including the file system's own `ro` (mountinfo in proc(5))."""
    best, options = "/", set[str]()
    for line in machine.read("proc/self/mountinfo").splitlines():
        fields = line.split()
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        if (path == Path(point) or Path(point) in path.parents) and len(point) >= len(best):
            of_system = set(fields[-1].split(","))
            best, options = point, set(fields[5].split(",")) | (of_system & {"ro"})
    return best, options


def temporary(machine: Machine) -> Line:
    """Report whether the temporary folder is noexec; never a failure, as installing starts nothing from there."""
    _, options = mount_of(Path("/tmp"), machine)  # noqa: S108 - the mount is looked at, nothing is written
    return Line("ok", "temporary", "noexec: no matter, nothing is started from there" if "noexec" in options else "usable")


def selinux(prefix: Path, machine: Machine) -> Line:
    """Check SELinux: Red Hat's policy labels files below /opt so that they may be run."""
    enforcing = machine.read("sys/fs/selinux/enforce").strip()
    if enforcing != "1":
        return Line("ok", "SELinux", "permissive" if enforcing == "0" else "not in use")
    if prefix.is_relative_to("/opt"):
        return Line("ok", "SELinux", "enforcing; installing gives the files their labels with `restorecon`")
    return Line(
        "warn",
        "SELinux",
        f"enforcing, and its policy knows no programs in {prefix}: choose a place below /opt, or run "
        f"`semanage fcontext -a -e /opt/garrison {prefix}` first",
    )


def fapolicyd(machine: Machine) -> Line:
    """Check for fapolicyd, which blocks programs on no trust list, the new interpreter included."""
    is_there = (machine.root / "etc/fapolicyd").is_dir()
    if is_there:
        return Line(
            "warn",
            "fapolicyd",
            "present: stop it while this installs (`systemctl stop fapolicyd`); it writes a trust list; then start it again",
        )
    return Line("ok", "fapolicyd", "not in use")


def driver(needs: Needs, machine: Machine) -> Line:
    """Check NVIDIA's driver against the CUDA version the wheels were built for."""
    match = re.search(r"Module(?: for \S+)?\s+([\d.]+)", machine.read("proc/driver/nvidia/version"))
    if not match:
        return Line("fail", "NVIDIA driver", f"none is loaded; CUDA {needs.cuda} needs {needs.driver} or newer: install it")
    if _numbers(match[1]) < _numbers(needs.driver):
        return Line(
            "fail", "NVIDIA driver", f"{match[1]} is older than {needs.driver}, which CUDA {needs.cuda} needs: upgrade"
        )
    return Line("ok", "NVIDIA driver", f"{match[1]} for CUDA {needs.cuda}")


def free_port(port: int, *, is_own: bool = False) -> Line:
    """Check that the dashboard's port is free; `is_own` if this installation's service has it."""
    if is_own:
        return Line("ok", "port", f"{port} is that of the service, and stays so")
    if not is_port_free(port):
        return Line("warn", "port", f"{port} is taken: stop what listens there, or serve on another with --port")
    return Line("ok", "port", f"{port} is free")


def clock(created_at: str, machine: Machine) -> Line:
    """Check that the clock is not earlier than the bundle's creation: records and audit log would get wrong times."""
    now_s = machine.now_s or time.time()
    if now_s < datetime.fromisoformat(created_at).timestamp():
        return Line(
            "fail", "clock", f"it says {time.strftime('%Y-%m-%d', time.gmtime(now_s))}, before the bundle was made: set it"
        )
    return Line("ok", "clock", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now_s)))


def existing(prefix: Prefix) -> Line:
    """Check what is in the prefix already."""
    root = prefix.root
    if version := prefix.current_version():
        return Line("ok", "existing", f"version {version} is installed; it stays until told otherwise")
    if prefix.current.exists() and not prefix.current.is_symlink():
        return Line("fail", "existing", f"{prefix.current} is no link to a version: move it away")
    if root.exists() and not root.is_dir():
        return Line("fail", "existing", f"{root} is a file: choose another place with --prefix")
    if strangers := prefix.strangers():
        words = f"{root} holds other files, {shown(strangers[0])} among them"
        return Line("fail", "existing", f"{words}: choose an empty place with --prefix")
    return Line("ok", "existing", "nothing is installed there")


def nearest(path: Path) -> Path:
    """Return `path`, or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
