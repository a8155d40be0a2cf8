"""Write files that are either complete or absent: write beside the target, fsync, rename."""

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import GarrisonError, Hint, InputError, SetupError

CHUNK_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM)
_NO_PLACE = (errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
_LEFT = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")  # names of the temporary folders below
_SHORT_WRITE = re.compile(r"\d+ requested and \d+ written")  # numpy's message when the disk is full
_RUST_ERROR = re.compile(r"\(os error (\d+)\)")  # errno in messages of Rust libraries such as safetensors


def disk_error(error: Exception, folder: Path) -> SetupError | None:
    """Return a SetupError that explains a full, read-only or unusable `folder`; None if `error` has another cause."""
    number = _errno(error, folder)
    if number in _FULL:
        return SetupError(
            f"The disk that holds {folder} is full.", "Free some space and start again; nothing stored is lost."
        )
    if number in _REFUSED:
        return SetupError(
            f"{folder} cannot be written to.",
            Hint("Ask for write access, or choose another folder.", command="--home FOLDER"),
        )
    if number in _NO_PLACE:
        return SetupError(f"{folder} cannot be used as a folder ({os.strerror(number)}).", "Choose another folder.")
    return None


def _errno(error: Exception, folder: Path) -> int:
    """Return the errno of an error, including those raised by SQLite and Rust libraries; 0 if there is none."""
    if isinstance(error, OSError):
        is_short = error.errno is None and _SHORT_WRITE.match(str(error))
        if error.errno == errno.EEXIST and not folder.is_dir():  # a file stands where the folder should be made
            return errno.ENOTDIR
        return errno.ENOSPC if is_short else error.errno or 0
    if name := getattr(error, "sqlite_errorname", ""):  # only sqlite3's errors have it
        if name.startswith("SQLITE_READONLY"):
            return errno.EROFS
        # without room for the index of its write-ahead log, SQLite reports an input/output error
        is_full = name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and _is_full(folder))
        return errno.ENOSPC if is_full else 0
    match = _RUST_ERROR.search(str(error))
    return int(match.group(1)) if match else 0


def _is_full(folder: Path) -> bool:
    return folder.is_dir() and shutil.disk_usage(folder).free < 65_536


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors from a full or read-only disk inside the block into a SetupError that names the folder."""
    try:
        yield
    except GarrisonError:
        raise
    except Exception as error:
        known = disk_error(error, path.parent)
        if known is None:
            raise
        raise known from error


def check_target(target: Path, *, is_forced: bool) -> None:
    """Check that a file can be written to `target`, before the work for it begins.

    Raises:
        InputError: `target` is a folder, exists while `is_forced` is false, or its folder does not exist.
    """
    if target.is_dir():
        raise InputError(f"{target} is a folder.", "Name a file in it.")
    if target.exists() and not is_forced:
        raise InputError(
            f"{target} exists already.", Hint("Choose another name, or replace what is there.", command="--force")
        )
    if not target.absolute().parent.is_dir():
        raise InputError(f"There is no folder {target.parent}.", "Make it first, or choose another.")


def check_folder(target: Path) -> None:
    """Check that a folder can be written to `target`, before the work for it begins.

    Raises:
        InputError: `target` exists and is not an empty folder, or its parent does not exist.
    """
    _check_empty(target)
    if not target.absolute().parent.is_dir():
        raise InputError(f"There is no folder {target.parent}.", "Make it first, or choose another.")


def _check_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} exists and is not empty.", "Choose another folder.")


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) so that readers, even after a crash, see either the old file or the new one.

    Raises:
        SetupError: the disk is full or read-only.
    """
    with file_atomic(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def file_atomic(path: Path) -> Iterator[BinaryIO]:
    """Yield an open file that becomes `path` when the block ends without an error.

    Raises:
        SetupError: the disk is full or read-only.
    """
    with place_atomic(path) as beside, beside.open("wb") as file:
        yield file


@contextmanager
def place_atomic(path: Path) -> Iterator[Path]:
    """Yield a path to write a file to, beside `path`; that file becomes `path` when the block ends without an error.

    Raises:
        SetupError: the disk is full or read-only.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(path.parent)


@contextmanager
def folder_atomic(target: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `target` that becomes `target` when the block ends without an error.

    It is locked meanwhile. What processes that were killed left beside `target` is not locked any more, and removed.

    Raises:
        InputError: `target` exists and is not an empty folder.
        SetupError: the disk is full or read-only.
    """
    _check_empty(target)
    with folder_beside(target) as beside:
        yield beside
        keep_folder(beside, target)


@contextmanager
def folder_beside(target: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `target`, which is removed in the end unless `keep_folder` made it `target`.

    It is locked meanwhile. What processes that were killed left beside `target` is not locked any more, and removed.

    Raises:
        SetupError: the disk is full or read-only.
    """
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_left_folders(target.parent)
        beside.mkdir()
        lock = _lock(beside)
        try:
            yield beside
        finally:
            shutil.rmtree(beside, ignore_errors=True)
            if lock is not None:
                os.close(lock)


def keep_folder(beside: Path, target: Path) -> None:
    """Make a folder of `folder_beside` become `target`, which may be an empty folder, once its files are on the disk."""
    for file in beside.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
    if target.exists():
        target.rmdir()
    beside.rename(target)
    _sync_folder(target.parent)


def _remove_left_folders(parent: Path) -> None:
    for left in parent.glob(".*.tmp"):
        if _LEFT.fullmatch(left.name) and left.is_dir() and not left.is_symlink():
            lock = _lock(left)
            if lock is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path) -> int | None:
    """Lock a folder; return the descriptor that holds the lock, or None if it is locked or its file system has no locks."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_text(text: str) -> str:
    """Return the hexadecimal SHA-256 of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    hash_file(path, digest.update)
    return digest.hexdigest()


def hash_file(path: Path, update: Callable[[bytes], None]) -> None:
    """Give the bytes of a file to a hash, in pieces of 1 MiB."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            update(chunk)


def file_key(path: Path) -> str:
    """Return 16 hexadecimal digits that change with a file's path, size and modification time, without reading it."""
    status = path.stat()
    return sha256_text(f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}")[:16]


def sha256_folder(folder: Path) -> str:
    """Return the SHA-256 of the folder's `sha256sum` listing, sorted by path.

    Each line of the listing is a file's hash, two spaces, its path in the folder with `/`, and a newline; `model.json` at
    the top is left out.
    """
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    lines = [f"{sha256_file(folder / name)}  {name}\n" for name in names if name != "model.json"]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
