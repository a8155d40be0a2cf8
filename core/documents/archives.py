"""Unpack zip archives of documents, guarding against zip bombs, path traversal and links."""

import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import InputError

MAX_MEMBERS = 10_000
MAX_MEMBER_BYTES = 512 * 2**20
MAX_ARCHIVE_BYTES = 4 * 2**30  # total over all members
MAX_RATIO = 200  # unpacked to packed size
MAX_DEPTH = 2  # an archive within an archive is opened, anything deeper is not
_RATIO_FROM_BYTES = 2**20  # smaller files may exceed MAX_RATIO: a few blanks compress extremely well and do no harm
_BLOCK = 2**20
_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: `path` is where it was unpacked, or None with the `error` that prevented it."""

    name: str  # the path inside the archive, cleaned up for display
    path: Path | None
    error: InputError | None = None


def expand(path: Path, name: str, *, within: Path | None = None, depth: int = 1) -> Iterator[Member]:
    """Yield the files of the zip archive at `path` one at a time; any other file is yielded as its own only member.

    A member's file is deleted as soon as the next one is requested, so read or copy it first. A bad member is yielded
    with its error, and iteration continues.

    Args:
        path: the archive.
        name: its file name.
        within: the folder to unpack into; a killed process leaves its current member there. Defaults to the system's
            temporary folder.
        depth: nesting level of this archive; 1 for the outermost.

    Raises:
        InputError: the archive cannot be opened, is empty, or has or declares too much as a whole.
    """
    if PurePosixPath(name.replace("\\", "/")).suffix.lower() != ".zip":
        yield Member(name, path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise InputError("The zip archive is damaged, cut short or empty.", "Pack or copy it again.") from error
    with archive, tempfile.TemporaryDirectory(prefix="garrison-", dir=within) as folder:
        members = [info for info in archive.infolist() if not info.is_dir() and not _is_ignored(info.filename)]
        _check_archive(archive, members)
        budget = MAX_ARCHIVE_BYTES
        for index, info in enumerate(members):
            target = Path(folder) / f"{index}"  # never a name taken from the archive
            shown = _shown(info.filename)
            try:
                _check_member(info, depth)
                budget -= _unpack(archive, info, target, limit=min(MAX_MEMBER_BYTES, budget))
                if shown.lower().endswith(".zip"):
                    yield from (_inside(shown, member) for member in expand(target, shown, within=within, depth=depth + 1))
                else:
                    yield Member(shown, target)
            except InputError as error:
                yield Member(shown, None, error)
            finally:
                target.unlink(missing_ok=True)


def _is_ignored(name: str) -> bool:
    return name.startswith(_IGNORED[0]) or name.rsplit("/", 1)[-1] in _IGNORED


def _shown(name: str) -> str:
    """Return the name for display, without anything that could act as a path or break a line."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    return "".join(character if character.isprintable() else "_" for character in "/".join(parts)) or "unnamed"


def _inside(archive_name: str, member: Member) -> Member:
    return Member(f"{archive_name}/{member.name}", member.path, member.error)


def _check_archive(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    if len(archive.infolist()) > MAX_MEMBERS:
        raise InputError(f"The archive holds more than {MAX_MEMBERS:,} files.", "Split it into smaller archives.")
    if not members:
        raise InputError("The zip archive holds no files.", "Pack it again.")
    declared = sum(info.file_size for info in members)
    if declared > MAX_ARCHIVE_BYTES:
        raise InputError(f"The archive would unpack to {declared / 2**30:,.1f} GB: it may be a zip bomb.", "Split it.")


def _check_member(info: zipfile.ZipInfo, depth: int) -> None:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or (len(name) > 1 and name[1] == ":"):
        raise InputError("The archive names a file outside itself.", "Pack it again with plain relative names.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InputError("The archive holds a link instead of a file.", "Pack the file itself.")
    if info.flag_bits & 0x1:
        raise InputError("The file in the archive is encrypted with a password.", "Pack it again without a password.")
    if info.file_size > MAX_MEMBER_BYTES or _is_bomb(info.file_size, info.compress_size):
        raise InputError(
            f"The file in the archive would unpack to {info.file_size / 2**20:,.0f} MB: it may be a zip bomb.",
            "Add the file itself.",
        )
    if name.lower().endswith(".zip") and depth >= MAX_DEPTH:
        raise InputError("Archives are nested too deeply.", "Unpack the inner archive and add its files.")


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > _RATIO_FROM_BYTES and unpacked > MAX_RATIO * max(packed, 1)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, *, limit: int) -> int:
    """Write the member to `target` and return its size in bytes, counted as unpacked rather than as declared."""
    size = 0
    try:
        with archive.open(info) as source, target.open("wb") as file:
            while block := source.read(_BLOCK):
                size += len(block)
                if size > limit or _is_bomb(size, info.compress_size):
                    raise InputError("The file in the archive unpacks to too much: a zip bomb?", "Add the file itself.")
                file.write(block)
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        raise _unpack_error(error) from error
    except Exception as error:  # zlib.error, LZMAError: raised by the decompressors for damaged data
        if isinstance(error, InputError) or type(error).__module__ not in ("zlib", "_lzma", "lzma"):
            raise
        raise _unpack_error(error) from error
    return size


def _unpack_error(error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno is not None:
        return error  # the disk failed, not the archive
    return InputError("The file in the archive is damaged.", "Pack it again.")
