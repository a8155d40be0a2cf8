"""`lock`: writes the lock files from what is installed in the environment; runs on the environment's Python.

The project's dependencies are followed through the installed metadata, so the locks contain what was actually tried.
Requirements whose markers do not apply on Linux x86_64 are dropped; any other that is not installed is an error.

Each version is listed with the SHA-256 of every file that may be installed for it: the wheels for all targets, from the
index (PEP 691) and from `PIP_FIND_LINKS` folders, or the source if there is no wheel.

The packages a CUDA build of torch brings along have a lock of their own, read from the index; none need be installed.
"""

import importlib.metadata as metadata
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from operator import and_
from pathlib import Path

import index
from console import exit_status
from index import normal
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

# The same module, without the libraries of a desktop (libGL, X11) that a bare server lacks.
REPLACED = {"opencv-python": "opencv-python-headless"}
GLIBCS = ["manylinux1", "manylinux2010", "manylinux2014", *(f"manylinux_2_{minor}" for minor in range(5, 40))]
LINUX = [f"{name}_{machine}" for machine in ("x86_64", "aarch64") for name in GLIBCS]
PLATFORMS = [*LINUX, "win_amd64"]
ROUNDS = 5  # attempts to find versions that satisfy every requirement: a strict one may turn up after a loose one
CUDA = ("nvidia-", "cuda-", "triton")  # come with a CUDA build of torch and have a lock of their own


def closure(requirements: list[str], installed: dict[str, metadata.Distribution]) -> set[str]:
    """Return the names of everything `requirements` need on Linux x86_64, themselves included, without CUDA packages."""

    def requires_of(requirement: Requirement) -> list[str]:
        name = normal(requirement.name)
        if name in installed:
            return installed[name].requires or []
        if name.startswith(CUDA):  # belongs to the CUDA lock
            return []
        sys.exit(f"Not installed in .venv: {requirement}. Install it there with pip, then run this again.")

    asked = index.needed(requirements, index.environment("Linux", "x86_64"), requires_of)
    return {name for name in asked if not name.startswith(CUDA)}


def hashes(name: str, version: str, platforms: Sequence[str]) -> set[str]:
    """Return the SHA-256 of each wheel that fits a platform, local builds (`+cpu`) included, or else of the source."""
    wanted = index.tags(platforms)
    own = [file for file in index.files(name) if file.version == version]
    at_hand = [file for file in index.local_files(name) if file.version.partition("+")[0] == version]
    wheels = {file.sha256 for file in [*own, *at_hand] if index.best([file], wanted)}
    return wheels or {file.sha256 for file in own if file.name.endswith((".tar.gz", ".zip"))}


def block(pin: tuple[str, str], platforms: Sequence[str]) -> str:
    """Return the lock lines of one package, hashes included."""
    name, version = pin
    if not (digests := sorted(hashes(name, version, platforms))):
        sys.exit(f"The index has no file of {name} {version} for any target.")
    return " \\\n".join([f"{name}=={version}", *(f"    --hash=sha256:{digest}" for digest in digests)]) + "\n"


def text(pins: dict[str, str], purpose: str, platforms: Sequence[str]) -> str:
    """Return the content of a lock file."""
    with ThreadPoolExecutor(index.AT_ONCE) as pool:
        lines = pool.map(partial(block, platforms=platforms), sorted(pins.items()))
        return f"# {purpose} Written by: python3 installer lock\n" + "".join(lines)


def pins_of(names: set[str], installed: dict[str, metadata.Distribution]) -> dict[str, str]:
    """Map names to installed versions, without local parts (`+cpu`): the installer decides which build to use."""
    return {REPLACED.get(name, name): installed[name].version.partition("+")[0] for name in names}


def cuda_pins(run: dict[str, str]) -> dict[str, str]:
    """Find what the index's torch for Linux x86_64 needs beyond `run`, and pin each at the newest allowed version.

    None of it is installed here, so it is read from the index: only the metadata, a few KB of each wheel.
    """
    wanted = index.tags([name for name in LINUX if name.endswith("_x86_64")])
    limits: dict[str, SpecifierSet] = {}

    def requires_of(requirement: Requirement) -> tuple[str, ...]:
        name = normal(requirement.name)
        if name in run and name != "torch":
            return ()
        if not (wheel := index.newest(name, requirement.specifier & limits.get(name, SpecifierSet()), wanted)):
            sys.exit(f"The index has no wheel for {requirement}.")
        pins[name] = wheel.version
        return index.requires(wheel)

    for _ in range(ROUNDS):
        pins = dict(run)
        asked = index.needed([f"torch=={run['torch']}"], index.environment("Linux", "x86_64"), requires_of)
        limits = {name: reduce(and_, (each.specifier for each in asking)) for name, asking in asked.items()}
        unmet = [name for name, limit in limits.items() if not limit.contains(pins[name])]
        if not unmet:
            return {name: version for name, version in pins.items() if name not in run}
    sys.exit(f"No version of {unmet[0]} is all that torch and its packages want: {limits[unmet[0]]}.")


def write(root: Path) -> None:
    """Write `requirements.lock`, `requirements-test.lock` and `requirements-cuda.lock`."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    installed = {normal(distribution.metadata["Name"]): distribution for distribution in metadata.distributions()}
    for wanted, used in REPLACED.items():  # either one may be installed; they are released together
        if used in installed:
            installed[wanted] = installed[used]
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"], "pip"]
    run = pins_of(closure(needed, installed), installed)
    test = pins_of(closure(project["project"]["optional-dependencies"]["test"], installed), installed)
    for name, pins, purpose, platforms in (
        ("requirements.lock", run, "Garrison runs on these.", PLATFORMS),
        (
            "requirements-test.lock",
            {name: version for name, version in test.items() if name not in run},
            "Its tests need these as well.",
            PLATFORMS,
        ),
        ("requirements-cuda.lock", cuda_pins(run), "A CUDA build of torch needs these as well.", LINUX),
    ):
        (root / "installer" / name).write_text(text(pins, purpose, platforms), encoding="utf-8")
        print(f"{name}: {len(pins)} packages")


if __name__ == "__main__":
    sys.exit(exit_status(lambda: write(Path(__file__).resolve().parent.parent)))
