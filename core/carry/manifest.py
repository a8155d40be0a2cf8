"""`manifest.json`: every file of a bundle, where it came from, and the parts that carry it.

The files of a bundle stand one behind the other in a single stream of bytes, in the order of the manifest; the
stream is cut into parts. A file that the machine has already (in a difference bundle) is listed without being
carried. Beside the parts lie a few loose files (the set-up program, README.txt), listed as well.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from core.errors import SetupError

FORMAT = 1
MAX_NAME_CHARACTERS = 255  # of FAT32's long names (Microsoft's FAT specification, 1.03) and of NAME_MAX in Linux's limits.h
MAX_PATH_CHARACTERS = 1024  # a quarter of PATH_MAX in Linux's limits.h: the rest is for where it gets installed
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
SIGNER = "signer.pem"

BundleKind = Literal["full", "difference", "models"]
FileKind = Literal["wheel", "interpreter", "model", "lock", "license", "sbom", "service"]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9]+(\.[0-9]+){1,3}([a-z0-9.+-]{0,20})?")  # a folder's name as well
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFile:
    """A file that gets installed. `path` is relative, with `/`; `size_bytes` and `sha256` are of its content."""

    path: str
    size_bytes: int
    sha256: str
    kind: FileKind
    origin: str
    license: str
    is_carried: bool = True  # False: a difference bundle counts on the version before for it


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file on the media: a part of the stream, or a loose one. `name` has no folders."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the target must have."""

    machine: str  # as `uname -m` says it
    glibc: str  # the newest symbol version that any file asks for, such as "2.31"
    memory_bytes: int
    unpacked_bytes: int  # room that a first installation takes: the files of the bundle, and what they unpack to
    python: str  # of the interpreter inside
    cuda: str = ""  # version that the wheels were built for; "" for a processor alone
    driver: str = ""  # least NVIDIA driver for that CUDA


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A bundle. Times are ISO 8601 in UTC; an empty `expires_at` never comes."""

    version: str
    target: str
    kind: BundleKind
    created_at: str
    needs: Needs
    files: tuple[BundleFile, ...]
    parts: tuple[MediaFile, ...]
    loose: tuple[MediaFile, ...] = ()
    since: str = ""  # version that a difference bundle counts on
    expires_at: str = ""
    schema: int = 0  # of the workspace's database
    product: str = "garrison"
    format: int = FORMAT

    @property
    def carried(self) -> Iterator[tuple[int, BundleFile]]:
        """The files in the stream, each with the offset of its first byte."""
        offset = 0
        for file in self.files:
            if file.is_carried:
                yield offset, file
                offset += file.size_bytes

    @property
    def carried_bytes(self) -> int:
        """Length of the stream."""
        return sum(file.size_bytes for file in self.files if file.is_carried)

    def of_kind(self, kind: FileKind) -> list[BundleFile]:
        """The files of one kind, in order."""
        return [file for file in self.files if file.kind == kind]

    def to_bytes(self) -> bytes:
        """As it is signed: the same manifest always gives the same bytes."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def load(path: Path) -> Manifest:
    """Read a manifest file.

    Raises:
        SetupError: it is not there, or is not one that this program understands.
    """
    try:
        return from_bytes(path.read_bytes())
    except OSError as error:
        raise SetupError(f"{path} cannot be read ({error.strerror}).", "Give the folder that holds the bundle.") from error


def from_bytes(content: bytes) -> Manifest:
    """The manifest in `content`, checked in every field.

    Raises:
        SetupError: it is damaged, or of a newer format, or names files that no bundle may have.
    """
    try:
        values: dict[str, Any] = json.loads(content)
        if (values["product"], values["format"]) != ("garrison", FORMAT):
            raise SetupError(
                f"This is a manifest of {values['product']!r} in format {values['format']!r}, not of Garrison in {FORMAT}.",
                "Use the set-up program that lies beside the bundle.",
            )
        manifest = Manifest(
            **{
                **values,
                "needs": Needs(**values["needs"]),
                "files": tuple(BundleFile(**entry) for entry in values["files"]),
                "parts": tuple(MediaFile(**entry) for entry in values["parts"]),
                "loose": tuple(MediaFile(**entry) for entry in values["loose"]),
            }
        )
        faults = list(_faults(manifest))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SetupError("The manifest is damaged.", "Copy it again from its source.") from error
    if faults:
        raise SetupError(f"The manifest cannot be used: {faults[0]}.", "Get a new copy from where the bundle was built.")
    return manifest


def _faults(manifest: Manifest) -> Iterator[str]:
    yield from _faults_of_words(manifest)
    yield from _faults_of_files(manifest)


def _faults_of_words(manifest: Manifest) -> Iterator[str]:
    if manifest.kind not in get_args(BundleKind):
        yield "unknown kind of bundle"
    if not _VERSION.fullmatch(manifest.version) or (manifest.since and not _VERSION.fullmatch(manifest.since)):
        yield "bad version"
    if not all(_is_time(text) for text in (manifest.created_at, manifest.expires_at or manifest.created_at)):
        yield "bad date"
    if not _is_word(manifest.target) or not isinstance(manifest.schema, int) or not _is_sound(manifest.needs):
        yield "what the machine must have is not said"


def _faults_of_files(manifest: Manifest) -> Iterator[str]:
    for file in manifest.files:
        if file.kind not in get_args(FileKind) or not is_safe_path(file.path):
            yield f"{file.path!r} is no path inside a bundle"
    entries: list[BundleFile | MediaFile] = [*manifest.files, *manifest.parts, *manifest.loose]
    for entry in entries:
        if not _SHA256.fullmatch(entry.sha256) or type(entry.size_bytes) is not int or entry.size_bytes < 0:
            yield "a size or checksum is missing"
    names = [entry.name for entry in (*manifest.parts, *manifest.loose)]
    if any("/" in name or not is_safe_path(name) for name in names):
        yield "a name on the media holds a folder"
    for name in (*case_clashes(names), *case_clashes(file.path for file in manifest.files)):
        yield f"{name!r} stands there twice"
    if sum(part.size_bytes for part in manifest.parts) != manifest.carried_bytes:
        yield "the parts do not add up to the files"


def _is_time(text: str) -> bool:
    """Whether it is a time in UTC, as every time in a manifest: two of them are compared as texts."""
    return datetime.fromisoformat(text).utcoffset() == timedelta(0)


def _is_word(text: str) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable()


def _is_sound(needs: Needs) -> bool:
    words = (needs.machine, needs.glibc, needs.python, needs.cuda, needs.driver)
    return all(map(_is_word, words)) and type(needs.memory_bytes) is int and type(needs.unpacked_bytes) is int


def is_safe_path(path: str) -> bool:
    """True for a relative path without `..`, whose every name any file system (FAT32 too) can hold."""
    parts = PurePosixPath(path).parts
    return (
        bool(parts)
        and str(PurePosixPath(path)) == path
        and not path.startswith("/")
        and len(path) <= MAX_PATH_CHARACTERS
        and all(
            part not in (".", "..")
            and part.isascii()
            and part.isprintable()
            and len(part) <= MAX_NAME_CHARACTERS
            and not set(part) & set('<>:"\\|?*')
            and not part.endswith((".", " "))
            and part.split(".")[0].lower() not in _RESERVED
            for part in parts
        )
    )


def case_clashes(names: Iterable[str]) -> list[str]:
    """Names that differ from an earlier one in case alone, or not at all: FAT32 keeps one of them."""
    seen: set[str] = set()
    clashing = []
    for name in names:
        if name.lower() in seen:
            clashing.append(name)
        seen.add(name.lower())
    return clashing
