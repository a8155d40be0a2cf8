"""An old Debian to build in, made with debootstrap and entered with chroot, so that builds run on all newer systems.

A library requires the symbol versions of the glibc it was linked against. Built in Debian 11, it requires 2.31 or less.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import cache
from console import Stop, detail, step

from bundle import logged

SUITE = "bullseye"  # Debian 11, glibc 2.31
SOURCES_SUITE = "bookworm"  # Debian 12: source of python3.11 with security patches
MIRROR = os.environ.get("GARRISON_DEBIAN_MIRROR", "http://deb.debian.org/debian")
SECURITY = os.environ.get("GARRISON_DEBIAN_SECURITY", "http://deb.debian.org/debian-security")
PACKAGES = (
    "ca-certificates gcc g++ make dpkg-dev patchelf xz-utils binutils libssl-dev zlib1g-dev libbz2-dev liblzma-dev "
    "libffi-dev libsqlite3-dev libreadline-dev libexpat1-dev uuid-dev"
).split()
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}
# Runs in its own mount namespace, so that nothing stays mounted. Without /proc the loader cannot
# resolve `$ORIGIN`; without /dev/shm there are no semaphores.
ENTER = (
    'mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/dev/shm" && exec chroot "$1" /bin/bash -euo pipefail -c "$2"'
)


@dataclass(frozen=True, slots=True)
class DebianRoot:
    """A Debian root to build in, by its folder."""

    folder: Path

    def run(self, script: str, log: Path) -> None:
        """Run a shell script inside as root, writing its output to `log`.

        Raises:
            Stop: The script failed.
        """
        command = ["unshare", "--mount", "/bin/sh", "-c", ENTER, "sh", str(self.folder), script]
        logged.run(command, log, what="A step inside the build root", env=ENVIRONMENT)

    def path(self, inside: str) -> Path:
        """Return the outside path of a path inside the root."""
        return self.folder / inside.lstrip("/")


def make(folder: Path, log: Path) -> DebianRoot:
    """Return the root, creating it unless it exists already.

    Raises:
        Stop: The user is not root, a needed program such as debootstrap is missing, or a step failed.
    """
    root = DebianRoot(folder)
    stamp = folder / f"garrison-root-{cache.recipe(SUITE, SOURCES_SUITE, PACKAGES)}"
    if stamp.exists():
        detail(f"the Debian 11 root is there already ({folder})")
        return root
    needs = [name for name in ("debootstrap", "chroot", "unshare") if not shutil.which(name)]
    if needs or os.geteuid() != 0:
        raise Stop(
            f"Building needs {' and '.join(needs) or 'root'}.",
            "Run as root on Debian or Ubuntu, after: apt-get install debootstrap debian-archive-keyring",
        )
    with step("Making a Debian 11 root to build in"):
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        command = ["debootstrap", "--variant=minbase", SUITE, str(folder), MIRROR]
        logged.run(command, log, what="debootstrap")
        for name in ("etc/resolv.conf", "etc/hosts"):
            shutil.copyfile(f"/{name}", folder / name)
        (folder / "etc/apt/sources.list").write_text(
            f"deb {MIRROR} {SUITE} main\ndeb {SECURITY} {SUITE}-security main\n"
            f"deb-src {MIRROR} {SOURCES_SUITE} main\ndeb-src {SECURITY} {SOURCES_SUITE}-security main\n",
            encoding="utf-8",
        )
        install = f"apt-get install -q -y --no-install-recommends {' '.join(PACKAGES)}"
        root.run(f"apt-get update -q && apt-get upgrade -q -y && {install}", log)
        stamp.touch()
    return root
