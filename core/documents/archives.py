"""Unpacks zip archives of documents, and refuses what archives can do to a machine."""

import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import InputError

MAX_MEMBERS = 10_000
MAX_MEMBER_BYTES = 512 * 2**20
MAX_ARCHIVE_BYTES = 4 * 2**30  # of all members together
MAX_RATIO = 200  # unpacked to packed
MAX_DEPTH = 2  # an archive in an archive is opened, one inside that is not
_RATIO_FROM_BYTES = 2**20  # a small file of blanks packs better than any ratio and harms nobody
_BLOCK = 2**20
_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: `path` is where it was unpacked, None with an `error` that says why it was not."""

    name: str  # as shown to people: the path inside the archive
    path: Path | None
    error: InputError | None = None


def expand(path: Path, name: str, *, within: Path | None = None, depth: int = 1) -> Iterator[Member]:
    """The files of the zip archive at `path`, one at a time; anything else is its own only member.

    A member's file is deleted when the next one is asked for: read or copy it before. A bad member comes with
    its error and the rest goes on.

    Args:
        path: the archive.
        name: what it is called.
        within: the folder to unpack in, where a process that is killed leaves the member it was at; without one, the
            system's for temporary files.
        depth: how many archives it lies in, itself counted.

    Raises:
        InputError: the archive as a whole cannot be opened, has too many members or declares too much.
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
            target = Path(folder) / f"{index}"  # never a name out of the archive
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
    """The name for people, without anything that could act as a path or break a line."""
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
    """Writes the member to `target` and returns its bytes, counting what really comes out."""
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
    except Exception as error:  # zlib.error, LZMAError: what the packing methods raise for damaged data
        if isinstance(error, InputError) or type(error).__module__ not in ("zlib", "_lzma", "lzma"):
            raise
        raise _unpack_error(error) from error
    return size


def _unpack_error(error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno is not None:
        return error  # the disk, not the archive
    return InputError("The file in the archive is damaged.", "Pack it again.")
