"""What the package index offers, read without downloading a package: files with size and hash, a wheel's requirements.

Runs on the environment's Python: its pip knows the default index, its `packaging` evaluates tags and markers.
"""

import email.parser
import hashlib
import io
import json
import os
import re
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from console import Stop
from machine import PYTHON
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

TIMEOUT_S = 60
AT_ONCE = 16  # concurrent requests to the index


@dataclass(frozen=True, slots=True)
class File:
    """A file on the index or in a `PIP_FIND_LINKS` folder; `size_bytes` is 0 if the index does not say."""

    name: str
    url: str
    sha256: str
    size_bytes: int
    python: str = ""  # version specifier of the supported Pythons
    is_yanked: bool = False

    @property
    def version(self) -> str:
        """The version as found in names such as `torch-2.13.0-cp311-….whl` and `rouge_score-0.1.2.tar.gz`."""
        if self.name.endswith(".whl") and self.name.count("-") > 1:
            return self.name.split("-")[1]
        return self.name.removesuffix(".tar.gz").removesuffix(".zip").rpartition("-")[2]


def normal(name: str) -> str:
    """Normalize a package name as in PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def address() -> str:
    """Return the URL of the index: `PIP_INDEX_URL`, or else this pip's default."""
    if named := os.environ.get("PIP_INDEX_URL"):
        return named.rstrip("/")
    from pip._internal.models.index import PyPI

    return str(PyPI.simple_url).rstrip("/")


@cache
def files(name: str) -> tuple[File, ...]:
    """List the files the index has for a package (PEP 691); empty if it does not know the package.

    Raises:
        Stop: The index cannot be reached, or does not answer in JSON.
    """
    request = urllib.request.Request(  # noqa: S310 - the address is pip's
        f"{address()}/{normal(name)}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:  # noqa: S310
            listed = json.load(reply)["files"]
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return ()
        raise unreachable(error) from error
    except OSError as error:
        raise unreachable(error) from error
    except ValueError as error:
        raise Stop("The package index does not answer in JSON (PEP 691).", "Set PIP_INDEX_URL to one that does.") from error
    return tuple(
        File(
            file["filename"],
            file["url"],
            file["hashes"].get("sha256", ""),
            file.get("size") or 0,
            file.get("requires-python") or "",
            bool(file.get("yanked")),
        )
        for file in listed
    )


def unreachable(error: OSError) -> Stop:
    """Build the Stop for an index that did not answer."""
    return Stop(f"The package index cannot be asked: {error}.", "Set PIP_INDEX_URL to an index that can be reached.")


@cache
def local_files(name: str) -> tuple[File, ...]:
    """List the wheels of a package in the folders of `PIP_FIND_LINKS`."""
    listed = []
    for folder in os.environ.get("PIP_FIND_LINKS", "").split():
        for path in sorted(Path(folder).glob(f"{name.replace('-', '_')}-*.whl")):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            listed.append(File(path.name, path.absolute().as_uri(), digest, path.stat().st_size))
    return tuple(listed)


def tags(platforms: Sequence[str]) -> list[Tag]:
    """List the tags that suit Python 3.11 on these platforms, in pip's order of preference."""
    own = cpython_tags(PYTHON, ["cp311"], platforms)
    return list(dict.fromkeys([*own, *compatible_tags(PYTHON, "cp311", list(platforms))]))


def best(offered: Iterable[File], wanted: Sequence[Tag]) -> File | None:
    """Return the wheel pip would choose, or None if none fits."""
    rank = {tag: number for number, tag in enumerate(wanted)}
    fitting = []
    for file in offered:
        if file.name.endswith(".whl"):
            ranks = [rank[tag] for tag in parse_wheel_filename(file.name)[3] if tag in rank]
            fitting += [(min(ranks), file.name, file)] if ranks else []
    return min(fitting)[2] if fitting else None


def newest(name: str, specifier: SpecifierSet, wanted: Sequence[Tag]) -> File | None:
    """Return the wheel of the newest version allowed by `specifier` (no prereleases), or None if there is none."""
    python = ".".join(map(str, PYTHON))
    allowed = {
        parse_wheel_filename(file.name)[1]: file.version
        for file in files(name)
        if best([file], wanted) and not file.is_yanked and SpecifierSet(file.python).contains(python)
    }
    versions = sorted(specifier.filter(allowed, prereleases=False))
    offered = (file for file in files(name) if versions and file.version == allowed[versions[-1]])
    return best(offered, wanted)


class Remote(io.RawIOBase):
    """A file on the index, read in pieces by HTTP ranges: metadata takes a few KB of a wheel that may have gigabytes."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the current position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Change the position and return it."""
        self._at = offset + (0, self._at, self._file.size_bytes)[whence]
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # any buffer; there is no type for that before 3.12
        """Fill `buffer` from the current position and return the number of bytes read.

        Raises:
            Stop: The index cannot be reached, or serves only whole files.
        """
        end = min(self._at + len(buffer), self._file.size_bytes)
        if end <= self._at:
            return 0
        headers = {"Range": f"bytes={self._at}-{end - 1}"}
        request = urllib.request.Request(self._file.url, headers=headers)  # noqa: S310 - the address is the index's
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:  # noqa: S310
                if reply.status != 206:
                    raise Stop(f"The index gives {self._file.name} as a whole alone.", "Use one that knows HTTP ranges.")
                content = reply.read()
        except OSError as error:
            raise unreachable(error) from error
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


@cache
def requires(wheel: File) -> tuple[str, ...]:
    """Return the requirements in a wheel's metadata."""
    with zipfile.ZipFile(io.BufferedReader(Remote(wheel), 1 << 15)) as archive:
        info = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1)
        said = email.parser.BytesParser().parsebytes(archive.read(info), headersonly=True)
    return tuple(said.get_all("Requires-Dist", []))


def environment(system: str, machine: str) -> dict[str, str]:
    """Return the marker values (PEP 508) for Python 3.11 on a system and machine, named as Python's `platform` does."""
    python = ".".join(map(str, PYTHON))
    return {
        "os_name": "nt" if system == "Windows" else "posix",
        "sys_platform": "win32" if system == "Windows" else "linux",
        "platform_system": system,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "python_version": python,
        "python_full_version": f"{python}.0",
    }


def needed(
    roots: Iterable[str], where: dict[str, str], requires_of: Callable[[Requirement], Iterable[str]]
) -> dict[str, list[Requirement]]:
    """Collect all direct and indirect requirements of `roots`: each package's name with the requirements that name it.

    Args:
        roots: The requirements to start from.
        where: Marker values, see `environment`.
        requires_of: Returns the requirements, markers included, of the package a requirement names.
    """
    requirements: dict[str, list[Requirement]] = {}
    seen: set[tuple[str, str]] = set()
    todo = [Requirement(root) for root in roots]
    while todo:
        requirement = todo.pop()
        name = normal(requirement.name)
        requirements.setdefault(name, []).append(requirement)
        extras = {"", *requirement.extras}
        if all((name, extra) in seen for extra in extras):
            continue
        seen |= {(name, extra) for extra in extras}
        children = [Requirement(line) for line in requires_of(requirement)]
        todo += [
            child
            for child in children
            if child.marker is None or any(child.marker.evaluate(where | {"extra": extra}) for extra in extras)
        ]
    return requirements
