"""`preflight`: what this machine has against what the bundle needs. Looks, changes nothing; one line each."""

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
FAST_FLAGS = ("avx2", "fma", "f16c")  # llama.cpp without them is about four times slower
PYTHON_FLAGS = ("sse4_2",)  # what numpy 2.4 asks of every x86-64 processor (its baseline is x86-64-v2)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; `words` say what was seen and, unless it is ok, what to do."""

    state: State
    subject: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is asked about a machine, so that tests can give another one. `root` is `/` on a real one."""

    root: Path = Path("/")
    machine: str = platform.machine()
    now_s: float = 0.0  # 0: the clock's

    def read(self, name: str) -> str:
        """The text of a file below `root`; "" where there is none or it cannot be read."""
        try:
            return (self.root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def look(manifest: Manifest, prefix: Prefix, *, port: int = PORT, machine: Machine | None = None) -> Iterator[Line]:
    """Every line, in the order in which they matter."""
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
        Stop: one of them is a failure.
    """
    failed = []
    for line in lines:
        say(f"{line.state:5} {line.subject:14} {line.words}")
        if line.state == "fail":
            failed.append(line.subject)
    if failed:
        raise Stop(f"This machine cannot run the bundle: {', '.join(failed)}.", "What to do stands in the lines above.")


def architecture(needs: Needs, machine: Machine) -> Line:
    """The kind of processor."""
    if machine.machine == needs.machine:
        return Line("ok", "architecture", machine.machine)
    return Line(
        "fail", "architecture", f"{machine.machine}; this bundle is for {needs.machine}: get one made for this machine"
    )


def glibc(needs: Needs) -> Line:
    """The C library, against the newest symbol that any file of the bundle asks for."""
    found = glibc_version()
    if not found:
        return Line("fail", "C library", "not glibc; Garrison's files need it: use a distribution that has it (not Alpine)")
    if _numbers(found) >= _numbers(needs.glibc):
        return Line("ok", "C library", f"glibc {found}; {needs.glibc} or newer is needed")
    return Line("fail", "C library", f"glibc {found} is older than {needs.glibc}: upgrade the operating system")


def glibc_version() -> str:
    """This process's glibc, such as "2.36"; "" for another C library."""
    try:
        version = ctypes.CDLL(None).gnu_get_libc_version
    except AttributeError:
        return ""
    version.restype = ctypes.c_char_p
    return str(version().decode())


def libstdcpp() -> Line:
    """The C++ library that torch and others take from the system."""
    try:
        ctypes.CDLL("libstdc++.so.6")
    except OSError:
        return Line("fail", "C++ library", "libstdc++.so.6 is missing: install it from the system's media (libstdc++6)")
    return Line("ok", "C++ library", "libstdc++.so.6")


def processor(machine: Machine) -> Line:
    """Instructions that speed depends on, and those without which nothing starts."""
    found = re.search(r"^flags\s*:\s*(.*)$", machine.read("proc/cpuinfo"), re.MULTILINE)
    flags = set(found[1].split()) if found else set()
    if not flags:
        return Line("warn", "processor", "its features cannot be read; compare with the list in the documentation")
    if missing := [flag for flag in PYTHON_FLAGS if flag not in flags]:
        return Line("fail", "processor", f"without {', '.join(missing)}: numpy and torch do not start; use a newer machine")
    if missing := [flag for flag in FAST_FLAGS if flag not in flags]:
        return Line("warn", "processor", f"without {', '.join(missing)}: it works, about four times slower")
    return Line("ok", "processor", "AVX-512" if "avx512f" in flags else "AVX2")


def memory(needs: Needs, machine: Machine) -> Line:
    """Main memory."""
    found = re.search(r"^MemTotal:\s*(\d+) kB", machine.read("proc/meminfo"), re.MULTILINE)
    total = int(found[1]) * 1024 if found else 0
    words = f"{size(total)}; {size(needs.memory_bytes)} or more is good"
    if total >= needs.memory_bytes:
        return Line("ok", "memory", words)
    if total >= needs.memory_bytes // 2:
        return Line("warn", "memory", f"{words}: small models only")
    return Line("fail", "memory", f"{words}: add memory")


def disk(needs: Needs, prefix: Path, present_bytes: int = 0) -> Line:
    """Room for the version, and for what unpacking needs beside it, less what is there already."""
    place = nearest(prefix)
    free, wanted = shutil.disk_usage(place).free, max(needs.unpacked_bytes - present_bytes, 0)
    words = f"{size(free)} free at {place}; {size(wanted)} are needed"
    if present_bytes:
        words += f" beside the {size(present_bytes)} that are there"
    if free >= wanted:
        return Line("ok", "disk", words)
    return Line("fail", "disk", f"{words}: free some, or choose another place with --prefix")


def mount(prefix: Path, machine: Machine) -> Line:
    """Whether programs may be started from where they will lie."""
    where, options = mount_of(nearest(prefix).resolve(), machine)
    if "noexec" in options:
        return Line(
            "fail", "prefix", f"{where} is mounted noexec: choose another place with --prefix, or mount it with exec"
        )
    if "ro" in options:
        return Line("fail", "prefix", f"{where} is mounted read-only: choose another place with --prefix")
    return Line("ok", "prefix", f"{prefix} on {where}")


def owner(prefix: Path) -> Line:
    """Whether somebody else could change what is installed."""
    if danger := who_else_writes(prefix):
        return Line("fail", "owner", f"{danger}, and could change what is installed: choose another place with --prefix")
    return Line("ok", "owner", "nobody else can put anything there")


def mount_of(path: Path, machine: Machine) -> tuple[str, set[str]]:
    """The mount point that holds `path`, and its options, the file system's `ro` among them: proc(5), mountinfo."""
    best, options = "/", set[str]()
    for line in machine.read("proc/self/mountinfo").splitlines():
        fields = line.split()
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4])
        if (path == Path(point) or Path(point) in path.parents) and len(point) >= len(best):
            of_system = set(fields[-1].split(","))
            best, options = point, set(fields[5].split(",")) | (of_system & {"ro"})
    return best, options


def temporary(machine: Machine) -> Line:
    """The temporary folder: installing does not need it, other programs may."""
    _, options = mount_of(Path("/tmp"), machine)  # noqa: S108 - the mount is looked at, nothing is written
    return Line("ok", "temporary", "noexec: no matter, nothing is started from there" if "noexec" in options else "usable")


def selinux(prefix: Path, machine: Machine) -> Line:
    """Red Hat's labels: files below /opt get one that may be run."""
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
    """Application control: it refuses programs that are in no trust list, the new interpreter among them."""
    is_there = (machine.root / "etc/fapolicyd").is_dir()
    if is_there:
        return Line(
            "warn",
            "fapolicyd",
            "present: stop it while this installs (`systemctl stop fapolicyd`); it writes a trust list; then start it again",
        )
    return Line("ok", "fapolicyd", "not in use")


def driver(needs: Needs, machine: Machine) -> Line:
    """NVIDIA's driver against the CUDA of the wheels."""
    found = re.search(r"Module(?: for \S+)?\s+([\d.]+)", machine.read("proc/driver/nvidia/version"))
    if not found:
        return Line("fail", "NVIDIA driver", f"none is loaded; CUDA {needs.cuda} needs {needs.driver} or newer: install it")
    if _numbers(found[1]) < _numbers(needs.driver):
        return Line(
            "fail", "NVIDIA driver", f"{found[1]} is older than {needs.driver}, which CUDA {needs.cuda} needs: upgrade"
        )
    return Line("ok", "NVIDIA driver", f"{found[1]} for CUDA {needs.cuda}")


def free_port(port: int, *, is_own: bool = False) -> Line:
    """The dashboard's port; `is_own` where the service of this installation has it."""
    if is_own:
        return Line("ok", "port", f"{port} is that of the service, and stays so")
    if not is_port_free(port):
        return Line("warn", "port", f"{port} is taken: stop what listens there, or serve on another with --port")
    return Line("ok", "port", f"{port} is free")


def clock(created_at: str, machine: Machine) -> Line:
    """A clock before the bundle was made is wrong: records and audit would carry wrong times."""
    now_s = machine.now_s or time.time()
    if now_s < datetime.fromisoformat(created_at).timestamp():
        return Line(
            "fail", "clock", f"it says {time.strftime('%Y-%m-%d', time.gmtime(now_s))}, before the bundle was made: set it"
        )
    return Line("ok", "clock", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now_s)))


def existing(prefix: Prefix) -> Line:
    """What is installed there already."""
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
    """`path`, or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
