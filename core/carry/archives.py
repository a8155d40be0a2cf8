"""Tar archives of folders: written reproducibly (same content, same bytes), unpacked with every member's name checked."""

import os
import re
import tarfile
from pathlib import Path

from core.errors import SetupError


def pack(folder: Path, archive: Path) -> None:
    """Write a reproducible tar of a folder: sorted, without owners and times, so the same content gives the same bytes."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    partial = archive.with_suffix(".partial")
    with tarfile.open(partial, "w") as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            name = Path(folder.name, path.relative_to(folder)).as_posix()
            tar.add(path, arcname=name, recursive=False, filter=plain)
    partial.rename(archive)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar from the bundle into `folder`.

    `extractall(filter=...)` arrived in Python 3.11.4, and the bundled interpreter is a patched 3.11.2, so names are
    checked here. Unpacked files belong to the current user and are writable by nobody else. They never take more space
    than the tar: compressed tars and sparse files are refused.

    Raises:
        SetupError: A member or its link target lies outside `folder`, a member is not a file, folder or symbolic link,
            or this is not a tar.
    """
    inside = Path(os.path.realpath(folder))
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                if not _is_allowed(member, inside):
                    raise SetupError(
                        f"{archive.name} holds {member.name!r}, which is not allowed.", "Do not install this bundle."
                    )
                member.mode &= 0o755
                member.uid, member.gid, member.uname, member.gname = os.geteuid(), os.getegid(), "", ""
                tar.extract(member, folder, set_attrs=True)
    except tarfile.TarError as error:
        raise SetupError(f"{archive.name} cannot be unpacked ({error}).", "Get the bundle again.") from error


def _is_allowed(member: tarfile.TarInfo, inside: Path) -> bool:
    """Return whether a member stays inside, given every link unpacked so far; a link must hold for later ones as well."""
    if member.issparse() or not (member.isfile() or member.isdir() or member.issym()) or not _is_below(member.name):
        return False
    place = Path(os.path.realpath(inside / (os.path.dirname(member.name) if member.issym() else member.name)))
    if not place.is_relative_to(inside):
        return False
    if not member.issym():
        return True
    # a target may go up only at its start: the meaning of `a/..` would change if `a` became a link
    return _is_below(re.sub(r"^(\.\./)*(\.\.$)?", "", member.linkname) or ".") and Path(
        os.path.normpath(place / member.linkname)
    ).is_relative_to(inside)


def _is_below(name: str) -> bool:
    return not os.path.isabs(name) and ".." not in name.split("/")
