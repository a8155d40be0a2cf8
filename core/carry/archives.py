"""Tars of folders: written so that the same content gives the same bytes, unpacked with every name looked at."""

import os
import re
import tarfile
from pathlib import Path

from core.errors import SetupError


def pack(folder: Path, archive: Path) -> None:
    """A tar of a folder that is the same whenever its content is: sorted, without owners and times."""

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
    """Unpack a tar of the bundle.

    `extractall(filter=...)` came with Python 3.11.4, and the interpreter inside is 3.11.2 with patches: names are looked
    at here. What comes out belongs to whoever unpacks, and nobody else may write it. It is never larger than the tar:
    neither a compressed tar nor a file with holes is taken.

    Raises:
        SetupError: a member or what it links to lies outside `folder`, or is no file, folder or link; or this is no tar.
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
    """Whether a member stays inside, over every link that came before it; and over every later one, if it is a link."""
    if member.issparse() or not (member.isfile() or member.isdir() or member.issym()) or not _is_below(member.name):
        return False
    place = Path(os.path.realpath(inside / (os.path.dirname(member.name) if member.issym() else member.name)))
    if not place.is_relative_to(inside):
        return False
    if not member.issym():
        return True
    # up first, then down: `a/..` would be another place once `a` is a link
    return _is_below(re.sub(r"^(\.\./)*(\.\.$)?", "", member.linkname) or ".") and Path(
        os.path.normpath(place / member.linkname)
    ).is_relative_to(inside)


def _is_below(name: str) -> bool:
    return not os.path.isabs(name) and ".." not in name.split("/")
