"""Downloads sources and wheels, for this machine or another target, through pip, whose settings decide from where."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bundle import logged

QUIET = ["--disable-pip-version-check", "--no-input"]
_GLIBCS = ["manylinux1", "manylinux2010", "manylinux2014", *(f"manylinux_2_{minor}" for minor in range(5, 32))]


def platforms(machine: str) -> tuple[str, ...]:
    """Return pip's platform names for Linux on `machine` with glibc 2.31 or older: what runs on Debian 11."""
    return tuple(f"{name}_{machine}" for name in _GLIBCS)


def platform_options(names: Sequence[str]) -> list[str]:
    """Return the pip options that choose wheels for Python 3.11 on these platforms instead of for this machine."""
    options = ["--python-version", "3.11", "--implementation", "cp"]
    options += [part for abi in ("cp311", "abi3", "none") for part in ("--abi", abi)]
    return options + [part for name in names for part in ("--platform", name)]


def pip(arguments: Sequence[str], log: Path) -> None:
    """Run this Python's pip, writing its output to `log`.

    Raises:
        Stop: pip failed.
    """
    logged.run([sys.executable, "-m", "pip", *arguments, *QUIET], log, what=f"pip {arguments[0]}")


def source(requirement: str, folder: Path, log: Path) -> None:
    """Download the source archive of one package into `folder`, without building it."""
    pip(["download", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), requirement], log)


def wheels(requirements: Sequence[str], folder: Path, log: Path) -> None:
    """Download into `folder` the wheels of packages and their dependencies, for the build root."""
    where = platform_options(platforms("x86_64"))
    pip(["download", "--only-binary", ":all:", *where, "--dest", str(folder), *requirements], log)
