"""`manifest.json`: every file of a bundle, where it came from, and the parts that carry it.

The files of a bundle are concatenated into a single stream of bytes, in manifest order, and the stream is cut
into parts. In a difference bundle, a file the machine already has is listed without being carried. A few loose
files (the setup program, README.txt) lie beside the parts and are listed too.
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
MAX_NAME_CHARACTERS = 255  # limit of FAT32 long names (Microsoft's FAT specification, 1.03) and of Linux (NAME_MAX)
MAX_PATH_CHARACTERS = 1024  # a quarter of Linux's PATH_MAX (limits.h): leaves room for the installation folder
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
SIGNER = "signer.pem"

BundleKind = Literal["full", "difference", "models"]
FileKind = Literal["wheel", "interpreter", "model", "lock", "license", "sbom", "service"]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9]+(\.[0-9]+){1,3}([a-z0-9.+-]{0,20})?")  # also used as a folder name
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFile:
    """A file to install. `path` is relative and uses `/`; `size_bytes` and `sha256` describe its content."""

    path: str
    size_bytes: int
    sha256: str
    kind: FileKind
    origin: str
    license: str
    is_carried: bool = True  # False: a difference bundle expects it from the previous version


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file on the media: a part of the stream or a loose file. `name` contains no folders."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Requirements on the target machine, and the versions the bundle brings."""

    machine: str  # as printed by `uname -m`
    glibc: str  # the newest symbol version any file requires, such as "2.31"
    memory_bytes: int
    unpacked_bytes: int  # disk space for a first installation: the bundle's files and what they unpack to
    python: str  # version of the bundled interpreter
    cuda: str = ""  # version the wheels were built for; "" for a CPU build
    driver: str = ""  # minimum NVIDIA driver for that CUDA version


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The description of a bundle. Times are ISO 8601 in UTC; an empty `expires_at` means never."""

    version: str
    target: str
    kind: BundleKind
    created_at: str
    needs: Needs
    files: tuple[BundleFile, ...]
    parts: tuple[MediaFile, ...]
    loose: tuple[MediaFile, ...] = ()
    since: str = ""  # version a difference bundle builds on
    expires_at: str = ""
    schema: int = 0  # version of the workspace's database schema
    product: str = "garrison"
    format: int = FORMAT

    @property
    def carried(self) -> Iterator[tuple[int, BundleFile]]:
        """The files in the stream, each with its byte offset."""
        offset = 0
        for file in self.files:
            if file.is_carried:
                yield offset, file
                offset += file.size_bytes

    @property
    def carried_bytes(self) -> int:
        """Length of the stream in bytes."""
        return sum(file.size_bytes for file in self.files if file.is_carried)

    def of_kind(self, kind: FileKind) -> list[BundleFile]:
        """Return the files of one kind, in manifest order."""
        return [file for file in self.files if file.kind == kind]

    def to_bytes(self) -> bytes:
        """Serialize the manifest for signing: the same manifest always gives the same bytes."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def load(path: Path) -> Manifest:
    """Read a manifest file.

    Raises:
        SetupError: The file is missing, or this program does not understand it.
    """
    try:
        return from_bytes(path.read_bytes())
    except OSError as error:
        raise SetupError(f"{path} cannot be read ({error.strerror}).", "Give the folder that holds the bundle.") from error


def from_bytes(content: bytes) -> Manifest:
    """Parse a manifest and validate every field.

    Raises:
        SetupError: It is damaged, of another format, or names files no bundle may contain.
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
    """Return whether `text` is a time in UTC; manifest times must be, because they are compared as strings."""
    return datetime.fromisoformat(text).utcoffset() == timedelta(0)


def _is_word(text: str) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable()


def _is_sound(needs: Needs) -> bool:
    words = (needs.machine, needs.glibc, needs.python, needs.cuda, needs.driver)
    return all(map(_is_word, words)) and type(needs.memory_bytes) is int and type(needs.unpacked_bytes) is int


def is_safe_path(path: str) -> bool:
    """Return whether `path` is relative, without `..`, and valid on any file system, FAT32 included."""
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
    """Return names that equal an earlier one or differ only in case: FAT32 would keep just one of them."""
    seen: set[str] = set()
    clashing = []
    for name in names:
        if name.lower() in seen:
            clashing.append(name)
        seen.add(name.lower())
    return clashing
