"""What a native library requires of its machine: symbol versions, glibc's among them, and other libraries.

Reads the version requirements (`.gnu.version_r`) and the dynamic section of 64-bit little-endian ELF files (System V ABI,
chapter 5, and Linux Standard Base, "Symbol Versioning"), without needing `readelf`.
"""

import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\x7fELF\x02\x01"
SHT_DYNAMIC, SHT_GNU_VERNEED = 6, 0x6FFFFFFE
DT_NEEDED = 1
_GLIBC = re.compile(r"GLIBC_(\d+(?:\.\d+)+)")


@dataclass(frozen=True, slots=True)
class Needed:
    """What a file requires: symbol versions and other libraries."""

    versions: frozenset[str]
    libraries: tuple[str, ...]

    @property
    def glibc(self) -> tuple[int, ...]:
        """The newest glibc version required; () if none is."""
        matches = (_GLIBC.fullmatch(version) for version in self.versions)
        return max((as_tuple(match[1]) for match in matches if match), default=())


def as_tuple(version: str) -> tuple[int, ...]:
    """Split a version into numbers: `2.31` becomes (2, 31)."""
    return tuple(int(part) for part in version.split("."))


def needed(content: bytes) -> Needed | None:
    """Return what an ELF file requires; None for anything else (a script, data, another machine's format)."""
    if not content.startswith(MAGIC):
        return None
    sections = list(_sections(content))
    versions: set[str] = set()
    libraries: list[str] = []
    for kind, offset, size, link in sections:
        if kind not in (SHT_DYNAMIC, SHT_GNU_VERNEED) or link >= len(sections):
            continue
        names = sections[link][1]
        if kind == SHT_GNU_VERNEED:
            versions |= {_name(content, names + at) for at in _version_names(content, offset, size)}
        else:
            for tag, value in struct.iter_unpack("<QQ", content[offset : offset + size - size % 16]):
                if tag == DT_NEEDED:
                    libraries.append(_name(content, names + value))
    return Needed(frozenset(versions), tuple(libraries))


def _sections(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield type, offset, size and link of every section."""
    (table,) = struct.unpack_from("<Q", content, 0x28)
    entry_size, count = struct.unpack_from("<HH", content, 0x3A)
    for number in range(count):
        _, kind, _, _, offset, size, link = struct.unpack_from("<IIQQQQI", content, table + number * entry_size)
        yield kind, offset, size, link


def _version_names(content: bytes, offset: int, size: int) -> Iterator[int]:
    """Yield the string table offsets of the required versions, from Verneed entries, each with a chain of Vernaux."""
    at = offset
    while offset <= at < offset + size:
        _, count, _, first, following = struct.unpack_from("<HHIII", content, at)
        auxiliary = at + first
        for _ in range(count):
            _, _, _, name, step = struct.unpack_from("<IHHII", content, auxiliary)
            yield name
            auxiliary += step
        if not following:
            return
        at += following


def _name(content: bytes, at: int) -> str:
    return content[at : content.index(b"\0", at)].decode("ascii", "replace")


def newest_glibc(paths: Iterable[Path], *, ignored: str = "") -> tuple[tuple[int, ...], str]:
    """Return the newest glibc version that any file or wheel member requires, and the name of that file.

    Files whose name matches the regular expression `ignored` do not count: only other hardware ever loads them.
    """
    floor: tuple[int, ...] = ()
    who = ""
    for name, content in _native_files(paths):
        if ignored and re.search(ignored, name):
            continue
        wants = needed(content)
        if wants and wants.glibc > floor:
            floor, who = wants.glibc, name
    return floor, who


def _native_files(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    if ".so" in member.filename.rpartition("/")[2] or member.external_attr >> 16 & 0o111:
                        yield f"{path.name}: {member.filename}", archive.read(member)
        elif not path.is_symlink() and path.is_file():
            yield str(path), path.read_bytes()
