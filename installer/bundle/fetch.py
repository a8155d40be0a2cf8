"""Downloads through pip, whose own settings say from where: sources, wheels for this machine or another target."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bundle import logged

QUIET = ["--disable-pip-version-check", "--no-input"]
_GLIBCS = ["manylinux1", "manylinux2010", "manylinux2014", *(f"manylinux_2_{minor}" for minor in range(5, 32))]


def platforms(machine: str) -> tuple[str, ...]:
    """Pip's names of Linux on `machine` with a glibc of 2.31 or older: what runs in Debian 11."""
    return tuple(f"{name}_{machine}" for name in _GLIBCS)


def platform_options(names: Sequence[str]) -> list[str]:
    """Pip's options that choose wheels for Python 3.11 on these platforms rather than for this machine."""
    options = ["--python-version", "3.11", "--implementation", "cp"]
    options += [part for abi in ("cp311", "abi3", "none") for part in ("--abi", abi)]
    return options + [part for name in names for part in ("--platform", name)]


def pip(arguments: Sequence[str], log: Path) -> None:
    """Run this Python's pip, its words to `log`.

    Raises:
        Stop: it failed.
    """
    logged.run([sys.executable, "-m", "pip", *arguments, *QUIET], log, what=f"pip {arguments[0]}")


def source(requirement: str, folder: Path, log: Path) -> None:
    """The source archive of one package, not built."""
    pip(["download", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), requirement], log)


def wheels(requirements: Sequence[str], folder: Path, log: Path) -> None:
    """Wheels of packages and of what they need, for the build root."""
    where = platform_options(platforms("x86_64"))
    pip(["download", "--only-binary", ":all:", *where, "--dest", str(folder), *requirements], log)
