"""`bundle --plan` and `--wheels-only`: what a target needs, looked up in the locks and on the index."""

import importlib.metadata
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import embedded
import index
import lock
import packages
from console import detail, say, size, step
from environment import Place
from packaging.requirements import Requirement
from packaging.tags import Tag

from bundle import wheels
from bundle.wheels import Target
from core.carry.parts import file_sha256

BUILT_HERE = (
    "a Debian root to build in",
    "CPython 3.11",
    "llama-cpp-python (for the processor alone, in its variants)",
    "garrison-setup",
    "Garrison",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A package of the locks and its wheel for the target."""

    name: str
    version: str
    wheel: index.File | None
    why: str = ""  # reason why there is no wheel


def show(place: Place, target: Target) -> None:
    """Print the plan: wheels by size, what would be built, what is missing, and the total size."""
    with step(f"Asking the index what it has for {target.name}"):
        lines = look_up(wheels.locks(place, target), target)
        models = model_wheels(place)
        besides = unlocked(place, target)
    largest_first = sorted((line for line in lines if line.wheel), key=lambda line: -bytes_of(line))
    say(f"\n{len(largest_first)} wheels, {size(sum(map(bytes_of, largest_first)))}")
    for line in largest_first:
        detail(f"{size(bytes_of(line)):>10}  {line.name} {line.version}")
    say(f"\n{len(models)} wheels with embedded models, {size(sum(map(bytes_of, models)))}")
    for line in models:
        detail(f"{size(bytes_of(line)):>10}  {line.name} {line.version}")
    say_what_is_built([line for line in lines if line.name in wheels.PURE_SOURCES], target)
    say_what_is_missing(missing(lines, target), besides)
    say(
        f"\ntotal: {size(sum(map(bytes_of, [*largest_first, *models])))} in {len(largest_first) + len(models)} wheels; "
        "nothing was fetched"
    )


def say_what_is_built(pure: Sequence[Line], target: Target) -> None:
    """Print what would be built here instead of fetched from the index."""
    say("\nbuilt here")
    for name in [*(f"{line.name} {line.version}" for line in pure), *(BUILT_HERE if target.is_built else ())]:
        detail(name)
    if not target.is_built:
        detail(f"nothing else: a bundle for {target.name} cannot be built")


def say_what_is_missing(lines: Sequence[Line], besides: Sequence[str]) -> None:
    """Print what the target needs but neither the index nor a build here provides."""
    say(f"\nmissing: {len(lines) + len(besides) or 'nothing'}")
    for line in lines:
        detail(f"{line.name} {line.version}: {line.why}")
    for name in besides:
        detail(f"{name}: asked for on this system alone, so it is not in the lock")


def bytes_of(line: Line) -> int:
    """Return the size of the line's wheel in bytes; 0 if there is no wheel or the index does not say."""
    return line.wheel.size_bytes if line.wheel else 0


def look_up(locks: Sequence[Path], target: Target) -> list[Line]:
    """Look up every package of the locks and return a line for each.

    Raises:
        Stop: The index cannot be reached.
    """
    blocks = [block for file in locks for block in packages.blocks(file)]
    wanted = index.tags(target.platforms)
    with ThreadPoolExecutor(index.AT_ONCE) as pool:
        return list(pool.map(partial(line_of, target=target, wanted=wanted), blocks))


def line_of(block: tuple[str, str, str], target: Target, wanted: Sequence[Tag]) -> Line:
    """Find the wheel pip would choose: of this version (and build of torch), with a locked hash and a fitting tag."""
    name, version, text = block
    exact = f"{version}{target.torch_local}" if name == "torch" else version
    locked = packages.hashes(text)
    offered = [file for file in (*index.files(name), *index.local_files(name)) if file.version == exact]
    if wheel := index.best([file for file in offered if file.sha256 in locked], wanted):
        return Line(name, exact, wheel)
    return Line(name, exact, None, reason(name))


def reason(name: str) -> str:
    """Explain why there is no wheel of a package."""
    if name == "torch":
        return "the index has a CUDA build alone; a build without CUDA is looked for where PIP_FIND_LINKS points"
    if name == wheels.BUILT:
        return "source alone: it must be built on that platform, with a C++ compiler"
    return "no wheel for Python 3.11 on this platform"


def missing(lines: Sequence[Line], target: Target) -> list[Line]:
    """Return the lines that have no wheel and are not built here either."""
    built = {*wheels.PURE_SOURCES, *([wheels.BUILT] if target.is_built else [])}
    return [line for line in lines if not line.wheel and line.name not in built]


def model_wheels(place: Place) -> list[Line]:
    """Look up the wheels that carry the embedded models, which suit any platform."""
    lines = []
    for pin in embedded.load_pins(place.model_pins):
        name, _, version = pin.package.partition("==")
        wheel = next((file for file in index.files(name) if file.sha256 == pin.wheel_sha256), None)
        lines.append(Line(name, version, wheel))
    return lines


def unlocked(place: Place, target: Target) -> list[str]:
    """Return the names of packages that the installed ones require on the target's system but the lock does not have.

    The lock was written on this system, so markers for others may require more. CUDA packages are left out: they have a
    lock of their own, which is complete by construction.
    """
    project = tomllib.loads((place.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {
        index.normal(distribution.metadata["Name"]): distribution for distribution in importlib.metadata.distributions()
    }

    def requires_of(requirement: Requirement) -> list[str]:
        name = index.normal(requirement.name)
        distribution = installed.get(lock.REPLACED.get(name, name))
        return (distribution.requires or []) if distribution else []

    asked = index.needed(project["dependencies"], index.environment(target.system, target.machine), requires_of)
    names = {lock.REPLACED.get(name, name) for name in asked}
    return sorted(name for name in names - packages.pins(place.lock).keys() if not name.startswith(lock.CUDA))


def fetch_wheels(place: Place, target: Target, folder: Path) -> None:
    """Fetch the wheels that exist for a target into `folder`, with checked hashes and a `requirements.txt` for pip.

    Raises:
        Stop: The index cannot be reached, or a file is not the locked one.
    """
    locks = wheels.locks(place, target)
    with step(f"Asking the index what it has for {target.name}"):
        lines = look_up(locks, target)
        besides = unlocked(place, target)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "fetch.log"
    wheels.download(locks, target, folder, log, left_out=[line.name for line in lines if not line.wheel])
    wheels.build_pure(place.lock, folder, log)
    write_requirements(folder)
    sizes = [path.stat().st_size for path in folder.glob("*.whl")]
    say_what_is_missing([line for line in missing(lines, target) or lines if not line.wheel], besides)
    say(f"\n{folder}\n{len(sizes)} wheels, {size(sum(sizes))}")


def write_requirements(folder: Path) -> None:
    """Write a lock of a folder's wheels, for `pip install --no-index --find-links . --no-deps --require-hashes -r …`."""
    lines = [
        f"{facts.name}==={facts.version} --hash=sha256:{file_sha256(wheel)}\n"
        for wheel in sorted(folder.glob("*.whl"))
        for facts in [wheels.facts(wheel)]
    ]
    (folder / "requirements.txt").write_text("".join(lines), encoding="utf-8")
