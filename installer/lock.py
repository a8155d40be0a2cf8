"""`lock`: write the two lock files from what is installed in the environment, run on its Python.

The closure of the project's dependencies is walked through the installed metadata, so the result is what
was tried. A requirement with a marker that does not apply here is simply not installed, and drops out; one
without a marker that is not installed is an error.

Each version stands with the SHA-256 of every file that may be installed for it: the wheels of the targets, from the
index's own list (PEP 691), those at hand where `PIP_FIND_LINKS` points, and the source where there is no wheel.
"""

import hashlib
import importlib.metadata as metadata
import json
import os
import re
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

# The same module, without the libraries of a desktop (libGL, X11) that a bare server lacks.
REPLACED = {"opencv-python": "opencv-python-headless"}
PYTHON = (3, 11)
GLIBCS = ["manylinux1", "manylinux2010", "manylinux2014", *(f"manylinux_2_{minor}" for minor in range(5, 40))]
PLATFORMS = [*(f"{name}_{machine}" for machine in ("x86_64", "aarch64") for name in GLIBCS), "win_amd64"]
CUDA = ("nvidia-", "cuda-", "triton")  # come with a CUDA build of torch, never by the lock


def normal(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def split(requirement: str) -> tuple[str, set[str], str]:
    """`Name[a,b]>=1; extra == "c"` -> ("name", {"a", "b"}, "c"); the extra it belongs to is "" for most."""
    head, _, marker = requirement.partition(";")
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?", head)
    if not found:
        raise ValueError(requirement)
    belongs_to = re.search(r"""extra\s*==\s*["']([^"']+)["']""", marker)
    extras = {normal(extra.strip()) for extra in (found[2] or "").split(",") if extra.strip()}
    return normal(found[1]), extras, normal(belongs_to[1]) if belongs_to else ""


def closure(requirements: list[str], installed: dict[str, metadata.Distribution]) -> set[str]:
    """Names of everything `requirements` need, themselves included."""
    todo = list(requirements)
    seen: dict[str, set[str]] = {}
    while todo:
        requirement = todo.pop()
        name, extras, _ = split(requirement)
        if name not in installed and ";" not in requirement:
            sys.exit(f"Not installed in .venv: {requirement}. Install it there with pip, then run this again.")
        if name not in installed or (name in seen and extras <= seen[name]):
            continue
        seen[name] = seen.get(name, set()) | extras
        todo += [child for child in installed[name].requires or [] if split(child)[2] in {"", *seen[name]}]
    return {name for name in seen if not name.startswith(CUDA)}


@cache
def wanted_tags() -> frozenset[Tag]:
    """What the wheels of the targets may be tagged with: Python 3.11, Linux with glibc or Windows."""
    return frozenset([*cpython_tags(PYTHON, platforms=PLATFORMS), *compatible_tags(PYTHON, "cp311", PLATFORMS)])


def is_wanted(name: str) -> bool:
    """Whether a file of the index is a wheel that can be installed for one of the targets."""
    return name.endswith(".whl") and not wanted_tags().isdisjoint(parse_wheel_filename(name)[3])


def index_hashes(name: str, version: str) -> set[str]:
    """SHA-256 of the wanted wheels of one version, else of its source; from the index that pip would ask."""
    address = os.environ.get("PIP_INDEX_URL") or default_index()
    request = urllib.request.Request(  # noqa: S310 - the address is pip's
        f"{address.rstrip('/')}/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
        files = json.load(reply)["files"]
    own = {file["filename"]: file["hashes"]["sha256"] for file in files if version_of(file["filename"]) == version}
    wheels = {digest for file, digest in own.items() if is_wanted(file)}
    return wheels or {digest for file, digest in own.items() if file.endswith((".tar.gz", ".zip"))}


def default_index() -> str:
    """The index that this pip asks when nobody says otherwise."""
    from pip._internal.models.index import PyPI

    return str(PyPI.simple_url)


def version_of(file: str) -> str:
    """The version in a file's name: `torch-2.13.0-cp311-….whl`, `rouge_score-0.1.2.tar.gz`."""
    stem = file.removesuffix(".tar.gz").removesuffix(".zip")
    return file.split("-")[1] if file.endswith(".whl") and file.count("-") > 1 else stem.rpartition("-")[2]


def local_hashes(name: str, version: str) -> Iterator[str]:
    """SHA-256 of wheels of this version (a local build such as `+cpu` too) in the folders of `PIP_FIND_LINKS`."""
    for folder in os.environ.get("PIP_FIND_LINKS", "").split():
        for path in Path(folder).glob(f"{name.replace('-', '_')}-*.whl"):
            if version_of(path.name).partition("+")[0] == version and is_wanted(path.name):
                with path.open("rb") as file:
                    yield hashlib.file_digest(file, "sha256").hexdigest()


def block(pin: tuple[str, str]) -> str:
    """The lines of one package."""
    name, version = pin
    hashes = sorted(index_hashes(name, version) | set(local_hashes(name, version)))
    if not hashes:
        sys.exit(f"The index has no file of {name} {version} for any target.")
    return " \\\n".join([f"{name}=={version}", *(f"    --hash=sha256:{digest}" for digest in hashes)]) + "\n"


def text(names: set[str], installed: dict[str, metadata.Distribution], purpose: str) -> str:
    """A lock file. Local parts of versions (`+cpu`) are dropped: which build is taken is the installer's question."""
    pins = sorted({(REPLACED.get(name, name), installed[name].version.partition("+")[0]) for name in names})
    with ThreadPoolExecutor(8) as pool:
        return f"# {purpose} Written by: python3 installer lock\n" + "".join(pool.map(block, pins))


def write(root: Path) -> None:
    """Write `requirements.lock` and `requirements-test.lock`."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    installed = {normal(found.metadata["Name"]): found for found in metadata.distributions()}
    for wanted, used in REPLACED.items():  # either of the two may be installed; they are released together
        if used in installed:
            installed[wanted] = installed[used]
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"], "pip"]
    run = closure(needed, installed)
    used_in_run = {used for wanted, used in REPLACED.items() if wanted in run}
    extras = project["project"]["optional-dependencies"]
    for name, names, purpose in (
        ("requirements.lock", run, "Garrison runs on these."),
        ("requirements-test.lock", closure(extras["test"], installed) - run - used_in_run, "Its tests need these as well."),
    ):
        (root / "installer" / name).write_text(text(names, installed, purpose), encoding="utf-8")
        print(f"{name}: {len(names)} packages")


if __name__ == "__main__":
    write(Path(__file__).resolve().parent.parent)
