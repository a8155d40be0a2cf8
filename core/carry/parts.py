"""The stream of a bundle's files, cut into parts: writing it, checking it, reading files from it.

Parts are numbered and checked one by one, so that only a damaged one has to be fetched again. They may be spread
over several media; a reader is given every folder that holds some.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.carry.manifest import Manifest, MediaFile
from core.errors import SetupError

CHUNK_BYTES = 1 << 20
Report = Callable[[int], None]  # called with the number of bytes just processed


def file_sha256(path: Path, report: Report = lambda count: None) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return _sha256(file, report)


def _sha256(file: IO[bytes], report: Report) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        report(len(chunk))
    return digest.hexdigest()


def is_plain_file(path: Path) -> bool:
    """Return whether `path` is a regular file, not a link: a link could lead to /dev/zero or a pipe and hang the reader."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def open_plain(path: Path) -> IO[bytes]:
    """Open a file on a medium for reading, safely even if it is swapped for a link or pipe at that very moment.

    Raises:
        OSError: It cannot be read or is not a regular file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no plain file", str(path))
    return os.fdopen(handle, "rb")


@dataclass(slots=True)
class PartWriter:
    """Writes a stream into numbered parts of at most `part_bytes` bytes each, hashing them as it goes."""

    folder: Path
    stem: str
    part_bytes: int
    parts: list[MediaFile] = field(default_factory=list)
    _file: IO[bytes] | None = None
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _written: int = 0

    def write(self, chunk: bytes) -> None:
        """Append `chunk` to the stream."""
        view = memoryview(chunk)
        while view:
            if self._file is None:
                self._file = (self.folder / self._name).open("wb")
            fitting = view[: self.part_bytes - self._written]
            self._file.write(fitting)
            self._digest.update(fitting)
            self._written += len(fitting)
            view = view[len(fitting) :]
            if self._written == self.part_bytes:
                self._close_part()

    def close(self) -> tuple[MediaFile, ...]:
        """Finish the last part and return all parts."""
        if self._file is not None:
            self._close_part()
        return tuple(self.parts)

    @property
    def _name(self) -> str:
        return f"{self.stem}.part{len(self.parts) + 1:03d}"

    def _close_part(self) -> None:
        if self._file is None:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.parts.append(MediaFile(name=self._name, size_bytes=self._written, sha256=self._digest.hexdigest()))
        self._file, self._digest, self._written = None, hashlib.sha256(), 0


def write_parts(
    sources: Sequence[Path], folder: Path, *, stem: str, part_bytes: int, report: Report = lambda count: None
) -> tuple[MediaFile, ...]:
    """Write the files of a bundle, in order, as parts `stem.part001` …, replacing any existing parts of that stem."""
    for old in folder.glob(f"{stem}.part[0-9][0-9][0-9]"):
        old.unlink()
    writer = PartWriter(folder, stem, part_bytes)
    for source in sources:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                writer.write(chunk)
                report(len(chunk))
    return writer.close()


class PartReader:
    """Reads from the parts in `folders`, opening each part only when it is needed."""

    def __init__(self, manifest: Manifest, folders: Sequence[Path]) -> None:
        self.manifest = manifest
        self.folders = folders

    def find(self, entry: MediaFile) -> Path | None:
        """Return the path of a part or loose file; None if no medium has it."""
        return next((folder / entry.name for folder in self.folders if is_plain_file(folder / entry.name)), None)

    def fault(self, entry: MediaFile, report: Report = lambda count: None) -> str:
        """Read all of a part or loose file and return what is wrong with it; "" if nothing is."""
        path = self.find(entry)
        try:
            if path is None:
                return "missing"
            with open_plain(path) as file:
                if (size := os.fstat(file.fileno()).st_size) != entry.size_bytes:
                    return f"{size:,} bytes long, not {entry.size_bytes:,}"
                is_right = _sha256(file, report) == entry.sha256
            return "" if is_right else "changed: its SHA-256 is not the one in the manifest"
        except OSError as error:
            return f"cannot be read ({error.strerror})"

    def read(self, offset: int, size_bytes: int) -> Iterator[bytes]:
        """Yield `size_bytes` bytes of the stream from `offset` on, in chunks.

        Raises:
            SetupError: A part is missing or cannot be read.
        """
        start = 0
        for part in self.manifest.parts:
            end = start + part.size_bytes
            if start < offset + size_bytes and end > offset:
                first, last = max(offset, start) - start, min(offset + size_bytes, end) - start
                yield from self._slice(part, first, last)
            start = end

    def read_loose(self, entry: MediaFile) -> Iterator[bytes]:
        """Yield the bytes of a loose file in chunks, as many as the manifest says it has.

        Raises:
            SetupError: The file is missing or cannot be read.
        """
        yield from self._slice(entry, 0, entry.size_bytes)

    def _slice(self, part: MediaFile, first: int, last: int) -> Iterator[bytes]:
        path = self.find(part)
        if path is None:
            raise SetupError(
                f"{part.name} is on none of the media.", "Put the medium that holds it in and give its folder as well."
            )
        try:
            with open_plain(path) as file:
                file.seek(first)
                while first < last and (chunk := file.read(min(CHUNK_BYTES, last - first))):
                    first += len(chunk)
                    yield chunk
        except OSError as error:
            raise SetupError(f"{part.name} cannot be read ({error.strerror}).", "Copy that part again.") from error
        if first < last:
            raise SetupError(f"{part.name} is cut short.", "Copy that part again.")
